/** Agreement of labelers: pairs ordered alike, and Krippendorff's α. */
import { describe, expect, test } from 'vitest';
import { agreementOf, krippendorffAlpha, pairedRankings } from '../../src/rlhf/agreement';

const item = (ranks: number[], prompt = 'Q') => ({ prompt, completions: ['a', 'b', 'c'], ranks });

describe("Krippendorff's α", () => {
  // The example of "Computing Krippendorff's Alpha-Reliability" (2011), missing values left out.
  const units = [
    [1, 1, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [5, 5, 5],
    [1, 1],
    [3],
  ];
  test('is what its author computed, for categories and for numbers', () => {
    expect(krippendorffAlpha(units, (a, b) => (a === b ? 0 : 1))).toBeCloseTo(0.743, 3);
    expect(krippendorffAlpha(units)).toBeCloseTo(0.849, 3);
  });
  test('is not a number where all ratings are one', () => {
    expect(krippendorffAlpha([[2, 2]])).toBeNaN();
  });
});

describe('agreement of two labelers', () => {
  test('is whole where they rank alike, and a pair that either ties is left out', () => {
    const same = agreementOf([[item([1, 2, 3]), item([1, 2, 3])]]);
    expect(same).toEqual({ items: 1, pairs: 3, alike: 3, alpha: 1 });
    const tied = agreementOf([[item([1, 2, 3]), item([1, 1, 2])]]);
    expect(tied).toMatchObject({ pairs: 2, alike: 2 });
    expect(tied.alpha).toBeLessThan(1);
  });
  test('is none where they rank the other way round, whatever comes first', () => {
    expect(agreementOf([[item([1, 2, 3]), item([3, 2, 1])]])).toMatchObject({ pairs: 3, alike: 0 });
    const a = agreementOf([[item([1, 3, 2]), item([1, 2, 3])]]).alpha;
    const b = agreementOf([[item([3, 1, 2]), item([2, 1, 3])]]).alpha;
    expect(a).toBeCloseTo(b, 12);
  });
  test('counts only items of the same prompt and completions', () => {
    const pairs = pairedRankings([item([1, 2, 3]), item([1, 2, 3], 'R')], [item([2, 1, 3], 'R')]);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]![0].prompt).toBe('R');
  });
});
