/**
 * Best of n (Nakano et al. 2021, WebGPT; Gao et al. 2022): n answers are sampled and the one with
 * the highest learned reward is given. From N samples of a prompt its mean over all C(N, n) subsets
 * is known exactly, without drawing any: with the samples in ascending order of the learned reward,
 * the i-th (from 1) is the best of C(i−1, n−1) subsets.
 */
import { mean, variance } from './statistics';

/** KL from the model that samples, in nats: log n − (n−1)/n (Stiennon et al. 2020, appendix G). */
export const bestOfNKl = (n: number): number => Math.log(n) - (n - 1) / n;

/** 1, 2, 4, … up to N. */
export function subsetSizes(N: number): number[] {
  return Array.from({ length: Math.floor(Math.log2(N)) + 1 }, (_, power) => 2 ** power);
}

/** C(i−1, n−1) / C(N, n) for i = 1 … N: how often the i-th of the ascending order is the best. */
export function bestWeights(N: number, n: number): Float64Array {
  const weights = new Float64Array(N);
  weights[N - 1] = n / N;
  for (let i = N; i > n; i--) weights[i - 2] = (weights[i - 1]! * (i - n)) / (i - 1);
  return weights;
}

/**
 * Mean of `values` at the best of n, over all subsets of size n. Among equal rewards each is taken
 * as often as the others.
 * @param rewards [N], by which the best is chosen
 * @param values [N], what is asked of it: the rewards themselves, or the true ones
 */
export function bestOfNMean(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  n: number,
): number {
  const N = rewards.length;
  const order = Array.from({ length: N }, (_, i) => i).sort((a, b) => rewards[a]! - rewards[b]!);
  const weights = bestWeights(N, n);
  let sum = 0;
  for (let from = 0; from < N; ) {
    let to = from;
    let weight = 0;
    let value = 0;
    while (to < N && rewards[order[to]!] === rewards[order[from]!]) {
      weight += weights[to]!;
      value += values[order[to]!]!;
      to++;
    }
    sum += weight * (value / (to - from));
    from = to;
  }
  return sum;
}

/** A mean over prompts and half its 95 % interval. */
export interface Gain {
  readonly mean: number;
  readonly half: number;
}

/** Best of n against a plain sample (n = 1). */
export interface BestOfNPoint {
  readonly n: number;
  readonly kl: number;
  /** Learned reward above that of a plain sample. */
  readonly learned: Gain;
  /** True reward above that of a plain sample. */
  readonly truth: Gain;
}

/**
 * Learned and true reward by n, means over prompts.
 * @param learned [prompts·N], the rewards that choose
 * @param truth [prompts·N]
 */
export function bestOfNCurve(
  learned: Float32Array,
  truth: Float32Array,
  N: number,
): BestOfNPoint[] {
  const prompts = Math.floor(learned.length / N);
  const of = (values: Float32Array, p: number) => values.subarray(p * N, (p + 1) * N);
  const gain = (values: Float32Array, n: number): Gain => {
    const gains = Array.from({ length: prompts }, (_, p) => {
      const rewards = of(learned, p);
      return bestOfNMean(rewards, of(values, p), n) - bestOfNMean(rewards, of(values, p), 1);
    });
    const half = 1.96 * Math.sqrt(variance(gains) / Math.max(1, prompts - 1));
    return { mean: mean(gains), half };
  };
  if (prompts === 0) return [];
  return subsetSizes(N).map((n) => ({
    n,
    kl: bestOfNKl(n),
    learned: gain(learned, n),
    truth: gain(truth, n),
  }));
}
