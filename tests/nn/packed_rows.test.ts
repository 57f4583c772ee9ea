/** Sequences in rows: each whole, none over another, and back again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lay, layPositions, lengthsOf, packRows, rowCounts, unlay } from '../../src/nn/packed_rows';

const batches = fc
  .integer({ min: 1, max: 40 })
  .chain((T) =>
    fc.tuple(fc.constant(T), fc.array(fc.integer({ min: 0, max: T }), { maxLength: 40 })),
  );

describe('packing', () => {
  it('gives every sequence tokens of its own within a row', () => {
    fc.assert(
      fc.property(batches, fc.constantFrom(1, 4), ([T, lengths], align) => {
        const packed = packRows(lengths, T, align);
        const taken = new Set<number>();
        lengths.forEach((length, at) => {
          const start = packed.starts[at]!;
          if (length === 0) return;
          expect((start % T) % align).toBe(0);
          expect(Math.floor(start / T)).toBe(Math.floor((start + length - 1) / T));
          for (let n = start; n < start + length; n++) taken.add(n);
        });
        const tokens = lengths.reduce((sum, length) => sum + length, 0);
        expect(taken.size).toBe(tokens);
        expect(Math.max(-1, ...taken)).toBeLessThan(packed.rows * T);
        expect(packed.rows).toBeGreaterThanOrEqual(Math.ceil(tokens / T));
        expect(packRows(lengths, T, align)).toEqual(packed);
      }),
      { seed: 1 },
    );
  });

  it('lays values and brings them back', () => {
    fc.assert(
      fc.property(batches, ([T, lengths]) => {
        const packed = packRows(lengths, T);
        const values = Float32Array.from({ length: lengths.length * T }, (_, n) => n + 1);
        const laid = new Float32Array(packed.rows * T);
        lay(packed, values, laid);
        const back = unlay(packed, laid, 1, -1);
        lengths.forEach((length, row) => {
          for (let t = 0; t < T; t++) {
            expect(back[row * T + t]).toBe(t < length ? values[row * T + t] : -1);
          }
        });
      }),
      { seed: 2 },
    );
  });

  it('brings several channels a token back', () => {
    const packed = packRows([1, 2], 3);
    expect(packed).toMatchObject({ rows: 1, starts: [2, 0] });
    const laid = Float32Array.of(1, 10, 2, 20, 3, 30);
    expect([...unlay(packed, laid, 2, 7)]).toEqual([3, 30, 7, 7, 7, 7, 1, 10, 2, 20, 7, 7]);
  });

  it('counts positions from the beginning of each sequence, and of what is unfilled', () => {
    const positions = new Int32Array(3 * 5);
    layPositions(packRows([2, 0, 4, 3], 5), positions);
    expect([...positions]).toEqual([0, 1, 2, 3, 0, 0, 1, 2, 0, 1, 0, 1, 2, 3, 4]);
  });
});

it('a row ends with its last target', () => {
  const targets = Int32Array.of(-100, 5, -100, -100, -100, -100, 1, 2, 3);
  expect(lengthsOf(targets, 3)).toEqual([2, 0, 3]);
});

it.each([1, 2, 8, 16, 72, 1000])('%i rows are recorded in steps of an eighth', (most) => {
  const counts = rowCounts(most);
  expect(counts.at(-1)).toBe(most);
  counts.forEach((count, at) => {
    expect(count).toBeGreaterThan(0);
    if (at > 0) expect(counts[at - 1]).toBe(Math.floor(0.88 * count));
  });
  expect(counts[0]).toBeLessThanOrEqual(Math.max(1, most / 5));
});
