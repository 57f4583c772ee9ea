/** How a batch is taken apart. */
import { describe, expect, test } from 'vitest';
import { partsOf } from '../../src/nn/batch';

describe('parts of a batch', () => {
  test.each([
    [1, 1],
    [8, 2],
    [8, 3],
    [7, 7],
    [512, 100],
  ])(
    '%i rows in %i parts: every row once, in order, and no part two rows longer',
    (rows, wanted) => {
      const parts = partsOf(rows, wanted);
      expect(parts).toHaveLength(wanted);
      const all = parts.flatMap(({ from, count }) =>
        Array.from({ length: count }, (_, i) => from + i),
      );
      expect(all).toEqual(Array.from({ length: rows }, (_, i) => i));
      const counts = parts.map(({ count }) => count);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    },
  );

  test('there are never more parts than rows', () => {
    expect(partsOf(3, 8)).toEqual(partsOf(3, 3));
  });
});
