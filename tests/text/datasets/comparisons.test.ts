/** Rankings as pairs. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderedPairs, rankingsToComparisons } from '../../../src/text/datasets/comparisons';

describe('comparisons from rankings', () => {
  test('are the ordered pairs, ties left out', () => {
    expect(orderedPairs([2, 1, 2])).toEqual([
      [1, 0],
      [1, 2],
    ]);
    expect(orderedPairs([1, 1, 1])).toEqual([]);
  });

  test('are K(K−1)/2 where nothing ties, the better one always chosen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 9 }), (ranks) => {
        const pairs = orderedPairs(ranks);
        for (const [chosen, rejected] of pairs) expect(ranks[chosen] < ranks[rejected]).toBe(true);
        const ties = ranks.flatMap((a, i) => ranks.slice(i + 1).filter((b) => a === b)).length;
        expect(pairs.length + ties).toBe(Math.max(0, (ranks.length * (ranks.length - 1)) / 2));
        expect(new Set(pairs.map(String)).size).toBe(pairs.length);
      }),
    );
  });

  test('carry the prompt and the labeler', () => {
    const ranking = {
      prompt: 'Q:',
      completions: [' no', ' yes', ' yes!'],
      ranks: [2, 1, 1],
      likert: [1, 6, 6],
      flags: [[], [], []],
      labeler: 'Ida',
    };
    expect(rankingsToComparisons([ranking])).toEqual([
      { prompt: 'Q:', chosen: ' yes', rejected: ' no', labeler: 'Ida' },
      { prompt: 'Q:', chosen: ' yes!', rejected: ' no', labeler: 'Ida' },
    ]);
  });
});
