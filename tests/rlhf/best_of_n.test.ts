/** The best of n against brute force over all subsets, and its KL against a sum over ranks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bestOfNCurve,
  bestOfNKl,
  bestOfNMean,
  bestWeights,
  subsetSizes,
} from '../../src/rlhf/best_of_n';

/** All subsets of size n of 0 … N−1. */
function subsets(N: number, n: number, from = 0): number[][] {
  if (n === 0) return [[]];
  return Array.from({ length: N - from }, (_, i) => from + i).flatMap((first) =>
    subsets(N, n - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

/** The mean over all subsets of the mean value of those with the subset's highest reward. */
function bruteForce(rewards: readonly number[], values: readonly number[], n: number): number {
  const all = subsets(rewards.length, n).map((subset) => {
    const best = Math.max(...subset.map((i) => rewards[i]!));
    const chosen = subset.filter((i) => rewards[i] === best);
    return chosen.reduce((sum, i) => sum + values[i]!, 0) / chosen.length;
  });
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

describe('the mean at the best of n', () => {
  test('is that over all subsets of size n, ties shared', () => {
    const samples = fc.integer({ min: 1, max: 9 }).chain((N) =>
      fc.tuple(
        // Few distinct rewards, so that ties are common.
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: N, maxLength: N }),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: N, maxLength: N }),
        fc.integer({ min: 1, max: N }),
      ),
    );
    fc.assert(
      fc.property(samples, ([rewards, values, n]) => {
        // Sums of at most 126 terms of order 1 in f64.
        expect(bestOfNMean(rewards, values, n)).toBeCloseTo(bruteForce(rewards, values, n), 12);
      }),
      { numRuns: 200 },
    );
  });

  test('is the plain mean for n = 1 and the value of the best for n = N', () => {
    const rewards = [0.2, 0.9, -1, 0.3];
    expect(bestOfNMean(rewards, [1, 2, 3, 4], 1)).toBeCloseTo(2.5, 14);
    expect(bestOfNMean(rewards, [1, 2, 3, 4], 4)).toBeCloseTo(2, 14);
  });

  test('has weights that sum to 1, also where the binomials overflow', () => {
    for (const n of [1, 2, 700, 2048]) {
      const sum = bestWeights(4096, n).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 10);
    }
  });
});

test('the KL is that of the distribution of the best of n draws', () => {
  // The best of n uniform draws has density n·u^(n−1): its KL is ∫ n·u^(n−1)·log(n·u^(n−1)) du.
  for (const n of [1, 2, 8, 64]) {
    const steps = 2_000_000;
    let kl = 0;
    for (let i = 0; i < steps; i++) {
      const u = (i + 0.5) / steps;
      const density = n * u ** (n - 1);
      if (density > 0) kl += (density * Math.log(density)) / steps;
    }
    // The midpoint rule with two million steps.
    expect(bestOfNKl(n)).toBeCloseTo(kl, 5);
  }
});

test('n doubles up to the samples there are', () => {
  expect(subsetSizes(1)).toEqual([1]);
  expect(subsetSizes(64)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  expect(subsetSizes(100)).toEqual([1, 2, 4, 8, 16, 32, 64]);
});

test('a curve starts at no gain, and its intervals are over prompts', () => {
  const learned = Float32Array.of(0, 1, 2, 3, 10, 11, 13, 12);
  const truth = Float32Array.of(0, 0, 1, 1, 0.5, 0.5, 0.5, 0.5);
  const [first, , last] = bestOfNCurve(learned, truth, 4);
  expect(first).toEqual({
    n: 1,
    kl: 0,
    learned: { mean: 0, half: 0 },
    truth: { mean: 0, half: 0 },
  });
  expect(last!.learned.mean).toBeCloseTo(1.5, 6);
  // Gains of ½ and 0: mean ¼, standard error ¼.
  expect(last!.truth.mean).toBeCloseTo(0.25, 6);
  expect(last!.truth.half).toBeCloseTo(1.96 * 0.25, 6);
  expect(bestOfNCurve(new Float32Array(), new Float32Array(), 4)).toEqual([]);
});
