/**
 * From rankings of K completions to the pairs that they order (InstructGPT, section 3.5): one
 * comparison for each of the up to K(K−1)/2 pairs, a tie giving none.
 */

import type { ComparisonRow, RankingRow } from './schemas';

/** Index pairs [preferred, other] that a ranking orders; rank 1 is best, equal ranks are ties. */
export function orderedPairs(ranks: readonly number[]): [chosen: number, rejected: number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranks.length; i++) {
    for (let j = i + 1; j < ranks.length; j++) {
      if (ranks[i] < ranks[j]) pairs.push([i, j]);
      else if (ranks[j] < ranks[i]) pairs.push([j, i]);
    }
  }
  return pairs;
}

/** All comparisons of the rankings, in their order. */
export function rankingsToComparisons(rankings: Iterable<RankingRow>): ComparisonRow[] {
  return Array.from(rankings).flatMap(({ prompt, completions, ranks, labeler }) =>
    orderedPairs(ranks).map(([chosen, rejected]) => ({
      prompt,
      chosen: completions[chosen],
      rejected: completions[rejected],
      labeler,
    })),
  );
}
