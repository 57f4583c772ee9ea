/** Philox against the published known answers, and sampling against the distribution asked for. */
import { describe, expect, test } from 'vitest';
import { random } from './compare';
import { logSoftmax } from './crossEntropy';
import { philox4x32, uniformFromU32 } from './philox';
import { sampleToken } from './sampling';

describe('Philox4x32-10', () => {
  // Known answers distributed with Random123 (Salmon et al. 2011), kat_vectors.
  test.each([
    { counter: [0, 0, 0, 0], key: [0, 0], words: '6627e8d5 e169c58d bc57ac4c 9b00dbd8' },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: '408f276d 41c83b0e a20bc7c6 6d5451fd',
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: 'd16cfe09 94fdcceb 5001e420 24126ea1',
    },
  ] as const)('counter $counter gives $words', ({ counter, key, words }) => {
    const hex = Array.from(philox4x32(counter, key), (x) => x.toString(16).padStart(8, '0'));
    expect(hex.join(' ')).toBe(words);
  });

  test('a uniform number lies in [0, 1) and is exact in f32', () => {
    expect(uniformFromU32(0)).toBe(0);
    expect(uniformFromU32(0xffffffff)).toBe(1 - 2 ** -24);
    expect(Math.fround(uniformFromU32(0x9b00dbd8))).toBe(uniformFromU32(0x9b00dbd8));
  });
});

describe('sampling', () => {
  const logits = random(9).map((x) => 2 * x);

  test('an even grid of uniforms draws every token in proportion to its probability', () => {
    const draws = 20_000;
    const counts = new Float64Array(9);
    for (let i = 0; i < draws; i++) {
      counts[sampleToken(logits, (i + 0.5) / draws, { temperature: 0.8 }).token]!++;
    }
    const expected = logSoftmax(logits.map((x) => x / 0.8)).map(Math.exp);
    // A grid point on either side of each boundary.
    for (let v = 0; v < 9; v++) {
      expect(Math.abs(counts[v]! - draws * expected[v]!)).toBeLessThanOrEqual(2);
    }
  });

  test('temperature 0 takes the largest logit, the lowest id among equals', () => {
    expect(sampleToken([1, 5, 5, 0], 0.99, { temperature: 0 })).toMatchObject({ token: 1 });
  });

  test('top-k keeps k tokens, and ties with the k-th', () => {
    const kept = (topK: number) =>
      [...sampleToken([3, 1, 2, 2], 0.5, { temperature: 1, topK }).probs].map((p) => p > 0);
    expect(kept(1)).toEqual([true, false, false, false]);
    expect(kept(2)).toEqual([true, false, true, true]);
    expect(kept(0)).toEqual([true, true, true, true]);
  });

  test('top-p keeps the fewest most probable tokens that reach the mass', () => {
    const probs = [0.1, 0.5, 0.15, 0.25];
    const kept = (topP: number) =>
      [...sampleToken(probs.map(Math.log), 0.5, { temperature: 1, topP }).probs].map((p) => p > 0);
    expect(kept(0.4)).toEqual([false, true, false, false]);
    expect(kept(0.6)).toEqual([false, true, false, true]);
    expect(kept(0.8)).toEqual([false, true, true, true]);
    expect(kept(1)).toEqual([true, true, true, true]);
  });

  test('the log-probability is that of the whole vocabulary', () => {
    const { token, logp } = sampleToken(logits, 0.3, { temperature: 0.8, topK: 3, topP: 0.7 });
    expect(logp).toBeCloseTo(logSoftmax(logits.map((x) => x / 0.8))[token]!, 14);
  });

  test('the largest uniform draws the last kept token', () => {
    expect(sampleToken([0, 0, -1e4], 1 - 2 ** -24, { temperature: 1 }).token).toBe(1);
  });
});
