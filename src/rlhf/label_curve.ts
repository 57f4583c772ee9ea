/**
 * Accuracy against number of labels (RLHF.md section 2): reward models trained on nested shares of
 * the ranked prompts, each held against the same held-out pairs.
 */
import { orderedPairs } from '../text/datasets/comparisons';
import { epochPermutation } from '../text/datasets/order';
import type { Ranking } from './rankings';

/** Shares of the ranked prompts; the last is the experiment's own reward model. */
export const SHARES = [1 / 8, 1 / 4, 1 / 2, 1] as const;

/** The share that stands for little data. */
export const FEW = SHARES[0];

/** Rankings of a share of the prompts, in their order; a smaller share lies within a larger one. */
export function rankingsOfShare(
  rankings: readonly Ranking[],
  share: number,
  seed: number,
): Ranking[] {
  const prompts = [...new Set(rankings.map(({ prompt }) => prompt))];
  const order = epochPermutation(prompts.length, seed, 0);
  const count = Math.max(1, Math.round(share * prompts.length));
  const kept = new Set(Array.from(order.subarray(0, count), (at) => prompts[at]!));
  return rankings.filter(({ prompt }) => kept.has(prompt));
}

/** A share of pairs and half its 95 % interval. */
export interface Accuracy {
  readonly share: number;
  readonly half: number;
}

/**
 * Share of the pairs with a positive margin; equal scores are neither. The pairs of a prompt stand
 * and fall together, so the interval is over prompts (a ratio of means, linearised).
 * @param margins score of the better minus score of the worse, for every ordered pair of `rankings`
 */
export function accuracyOverPrompts(
  rankings: readonly Ranking[],
  margins: readonly number[],
): Accuracy {
  const prompts = new Map<string, { right: number; pairs: number }>();
  let at = 0;
  for (const { prompt, ranks } of rankings) {
    const tally = prompts.get(prompt) ?? { right: 0, pairs: 0 };
    for (const margin of margins.slice(at, at + orderedPairs(ranks).length)) {
      if (margin !== 0) tally.pairs++;
      if (margin > 0) tally.right++;
    }
    at += orderedPairs(ranks).length;
    prompts.set(prompt, tally);
  }
  const tallies = [...prompts.values()];
  const pairs = tallies.reduce((sum, tally) => sum + tally.pairs, 0);
  const share = tallies.reduce((sum, { right }) => sum + right, 0) / pairs;
  const squares = tallies.reduce((sum, tally) => sum + (tally.right - share * tally.pairs) ** 2, 0);
  return { share, half: (1.96 * Math.sqrt(squares)) / pairs };
}
