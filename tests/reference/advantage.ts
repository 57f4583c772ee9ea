/**
 * From scores to advantages: KL rewards, GAE and whitening (Ouyang et al. 2022, 3.5; Schulman et al.
 * 2016; Ziegler et al. 2019). All tensors are [N,R] over response positions, real where r < lengths[n]
 * and 0 past the end.
 */
import type { Values } from './types';

/** Calls visit(index in [N,R], n, r) for every real response token. */
export function eachToken(
  lengths: Values,
  R: number,
  visit: (index: number, n: number, r: number) => void,
): void {
  for (let n = 0; n < lengths.length; n++) {
    for (let r = 0; r < lengths[n]!; r++) visit(n * R + r, n, r);
  }
}

/** rewards [N,R] = −klCoef·(logp − refLogp), plus scores[n] at the last real token. */
export function klRewards(
  logprobs: Values,
  refLogprobs: Values,
  scores: Values,
  lengths: Values,
  R: number,
  klCoef: number,
): Float64Array {
  const rewards = new Float64Array(lengths.length * R);
  eachToken(lengths, R, (i, n, r) => {
    rewards[i] = -klCoef * (logprobs[i]! - refLogprobs[i]!);
    if (r === lengths[n]! - 1) rewards[i]! += scores[n]!;
  });
  return rewards;
}

/**
 * Generalised advantage estimation: δ_r = reward_r + γ·V_{r+1} − V_r with V = 0 past the end,
 * A_r = δ_r + γλ·A_{r+1}; returns = advantages + values.
 */
export function gae(
  rewards: Values,
  values: Values,
  lengths: Values,
  R: number,
  gamma: number,
  lam: number,
): { advantages: Float64Array; returns: Float64Array } {
  const advantages = new Float64Array(lengths.length * R);
  const returns = new Float64Array(lengths.length * R);
  for (let n = 0; n < lengths.length; n++) {
    let nextAdvantage = 0;
    let nextValue = 0;
    for (let r = lengths[n]! - 1; r >= 0; r--) {
      const i = n * R + r;
      const delta = rewards[i]! + gamma * nextValue - values[i]!;
      advantages[i] = delta + gamma * lam * nextAdvantage;
      returns[i] = advantages[i]! + values[i]!;
      nextAdvantage = advantages[i]!;
      nextValue = values[i]!;
    }
  }
  return { advantages, returns };
}

export const WHITEN_EPS = 1e-8;

/** (x − mean)/√(var + 1e-8) over real tokens, with the population variance; 0 past the end. */
export function whiten(x: Values, lengths: Values, R: number): Float64Array {
  const { mean, variance } = moments(x, lengths, R);
  const out = new Float64Array(lengths.length * R);
  eachToken(lengths, R, (i) => {
    out[i] = (x[i]! - mean) / Math.sqrt(variance + WHITEN_EPS);
  });
  return out;
}

/** Mean and population variance over real tokens, and their number; 0 where there are none. */
export function moments(
  x: Values,
  lengths: Values,
  R: number,
): { mean: number; variance: number; count: number } {
  let count = 0;
  let sum = 0;
  eachToken(lengths, R, (i) => {
    count++;
    sum += x[i]!;
  });
  if (count === 0) return { mean: 0, variance: 0, count };
  const mean = sum / count;
  let squares = 0;
  eachToken(lengths, R, (i) => {
    squares += (x[i]! - mean) ** 2;
  });
  return { mean, variance: squares / count, count };
}
