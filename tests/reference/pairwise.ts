/** The K-wise ranking loss of the reward model (Ouyang et al. 2022, equation 1). */
import type { Values } from './types';

export interface PairwiseResult {
  /** Mean over prompts with at least one ordered pair of −1/P · Σ log σ(r_w − r_l); 0 without any. */
  loss: number;
  /** [N] gradient of the loss by each completion's score. */
  dscores: Float64Array;
  /** Ordered pairs whose better completion scores strictly higher. */
  correct: number;
  /** All ordered pairs. Completions that tie in rank make no pair. */
  pairs: number;
  /** correct / pairs; 0 without pairs. Equal scores count as not correct. */
  accuracy: number;
  /** Mean of r_w − r_l over all ordered pairs; 0 without pairs. */
  margin: number;
  /** Prompts with at least one ordered pair, the denominator of the loss. */
  prompts: number;
}

/**
 * For N completions with scores [N], group [N] (which prompt) and rank [N] (1 is best, equal is a
 * tie). All pairs of a prompt are one batch element: each prompt weighs the same, whatever its K.
 */
export function pairwiseLoss(scores: Values, group: Values, rank: Values): PairwiseResult {
  const N = scores.length;
  const pairsOf = new Map<number, { winner: number; loser: number }[]>();
  for (let winner = 0; winner < N; winner++) {
    for (let loser = 0; loser < N; loser++) {
      if (group[winner] !== group[loser] || rank[winner]! >= rank[loser]!) continue;
      const list = pairsOf.get(group[winner]!) ?? [];
      list.push({ winner, loser });
      pairsOf.set(group[winner]!, list);
    }
  }
  const prompts = pairsOf.size;
  const dscores = new Float64Array(N);
  let loss = 0;
  let correct = 0;
  let pairs = 0;
  let margin = 0;
  for (const list of pairsOf.values()) {
    for (const { winner, loser } of list) {
      const difference = scores[winner]! - scores[loser]!;
      const weight = 1 / (prompts * list.length);
      loss += weight * softplus(-difference);
      dscores[winner]! -= weight * sigmoid(-difference);
      dscores[loser]! += weight * sigmoid(-difference);
      if (difference > 0) correct++;
      margin += difference;
      pairs++;
    }
  }
  const accuracy = pairs > 0 ? correct / pairs : 0;
  return {
    loss,
    dscores,
    correct,
    pairs,
    accuracy,
    margin: pairs > 0 ? margin / pairs : 0,
    prompts,
  };
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + eˣ) = −log σ(−x), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
