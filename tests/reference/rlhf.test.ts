/** Reward loss, KL rewards, advantages and PPO's clipped losses on cases worked out by hand. */
import { describe, expect, test } from 'vitest';
import { gae, klRewards, moments, whiten } from './advantage';
import { expectClose, GRADIENT_TOLERANCE, numericGradient, random } from './compare';
import { pairwiseLoss } from './pairwise';
import { policyLoss, valueLoss } from './ppo';

describe('K-wise pairwise loss', () => {
  const group = [5, 5, 5, 5, 2, 2, 9, 9, 9];
  const rank = [1, 3, 2, 2, 2, 1, 1, 1, 1];

  test('equals −1/P Σ log σ(r_w − r_l), averaged over prompts that have an order', () => {
    const r = [0.3, -0.2, 0.7, 0.1, 0.4, 0.4, 1, 2, 3];
    const log = (w: number, l: number) => -Math.log(1 / (1 + Math.exp(r[l]! - r[w]!)));
    const first = (log(0, 1) + log(0, 2) + log(0, 3) + log(2, 1) + log(3, 1)) / 5;
    const second = log(5, 4);
    const result = pairwiseLoss(r, group, rank);
    expect(result.loss).toBeCloseTo((first + second) / 2, 14);
    expect(result.prompts).toBe(2);
    expect([result.correct, result.pairs]).toEqual([4, 6]);
    expect(result.margin).toBeCloseTo((0.5 - 0.4 + 0.2 + 0.9 + 0.3 + 0) / 6, 14);
  });

  test('gradient by the scores', () => {
    const scores = random(9);
    const f = (s: Float64Array) => pairwiseLoss(s, group, rank).loss;
    const { dscores } = pairwiseLoss(scores, group, rank);
    expectClose(dscores, numericGradient(f, scores), GRADIENT_TOLERANCE);
    expect([...dscores.slice(6)]).toEqual([0, 0, 0]);
  });

  test('is finite without any ordered pair and for far scores', () => {
    expect(pairwiseLoss([1, 2], [0, 0], [1, 1])).toMatchObject({ loss: 0, accuracy: 0, pairs: 0 });
    expect(pairwiseLoss([-2000, 0], [0, 0], [1, 2]).loss).toBe(2000);
  });
});

describe('advantages', () => {
  const R = 3;
  const lengths = [3, 1];

  test('the reward is the scaled log-ratio, with the score on the last real token', () => {
    const logp = [-1, -2, -3, -4, 9, 9];
    const ref = [-1.5, -1, -3, -2, 9, 9];
    const rewards = klRewards(logp, ref, [10, 20], lengths, R, 0.5);
    expect([...rewards]).toEqual([-0.25, 0.5, 10, 21, 0, 0]);
  });

  test('GAE follows its recursion and stops at the end of a response', () => {
    const values = [1, 2, 3, 4, 7, 7];
    const rewards = [0, 0.5, 10, 20, 0, 0];
    const { advantages, returns } = gae(rewards, values, lengths, R, 0.9, 0.5);
    const a2 = 10 - 3;
    const a1 = 0.5 + 0.9 * 3 - 2 + 0.45 * a2;
    const a0 = 0.9 * 2 - 1 + 0.45 * a1;
    expectClose(advantages, [a0, a1, a2, 16, 0, 0], 1e-15);
    expectClose(returns, [a0 + 1, a1 + 2, 10, 20, 0, 0], 1e-15);
  });

  test('with λ = γ = 1 a return is the sum of the rewards to come', () => {
    const { returns } = gae([1, 2, 3, 4, 0, 0], random(6), lengths, R, 1, 1);
    expectClose(returns, [6, 5, 3, 4, 0, 0], 1e-14);
  });

  test('whitening gives real tokens mean 0 and population variance 1', () => {
    const x = random(6, 3).map((value) => 5 * value + 2);
    const white = whiten(x, lengths, R);
    const { mean, variance, count } = moments(white, lengths, R);
    expect(count).toBe(4);
    expect(mean).toBeCloseTo(0, 14);
    expect(variance).toBeCloseTo(1, 7);
    expect([...white.slice(4)]).toEqual([0, 0]);
  });
});

describe('PPO losses', () => {
  const R = 4;
  const lengths = [4, 2];

  test('policy: only a ratio that leaves the range in its advantage’s favour is clipped', () => {
    const ratio = [1.5, 1.5, 0.5, 0.5, 1.1, 1];
    const advantages = [1, -1, 1, -1, 2, -3, 99, 99];
    const logp = [...ratio.map(Math.log), 99, 99];
    const result = policyLoss(logp, new Float64Array(8), advantages, lengths, R, 0.2);
    expect(result.loss).toBeCloseTo((-1.2 + 1.5 - 0.5 + 0.8 - 2.2 + 3) / 6, 14);
    expectClose(result.dlogp, [0, 1.5 / 6, -0.5 / 6, 0, -2.2 / 6, 3 / 6, 0, 0], 1e-14);
    expect(result.clipfrac).toBeCloseTo(2 / 6, 14);
    expect(result.ratioMean).toBeCloseTo(6.1 / 6, 14);
    const squares = ratio.reduce((sum, x) => sum + (x - 6.1 / 6) ** 2, 0);
    expect(result.ratioVar).toBeCloseTo(squares / 6, 14);
    const logs = ratio.reduce((sum, x) => sum + Math.log(x) ** 2, 0);
    expect(result.approxkl).toBeCloseTo((0.5 * logs) / 6, 14);
  });

  test('policy: gradient by the log-probabilities', () => {
    const [logp, old, advantages] = [random(8, 1), random(8, 2), random(8, 3)];
    const loss = (x: Float64Array) => policyLoss(x, old, advantages, lengths, R, 0.2).loss;
    const { dlogp } = policyLoss(logp, old, advantages, lengths, R, 0.2);
    expectClose(dlogp, numericGradient(loss, logp), GRADIENT_TOLERANCE);
  });

  test('value: the larger of both errors counts, and a clipped value gets no gradient', () => {
    const values = [1, 0.1, -1, 2, 0, 0, 99, 99];
    const returns = [3, 3, 1, 1.9, 5, -5, 99, 99];
    const result = valueLoss(values, new Float64Array(8), returns, lengths, R, 0.2);
    // Values clipped to ±0.2: .2, .1, −.2, .2, 0, 0.
    const worse = [2.8 ** 2, 2.9 ** 2, 2 ** 2, 1.7 ** 2, 25, 25];
    expect(result.loss).toBeCloseTo((0.5 * worse.reduce((a, b) => a + b)) / 6, 13);
    expectClose(result.dvalues, [0, -2.9 / 6, -2 / 6, 0, -5 / 6, 5 / 6, 0, 0], 1e-14);
    expect(result.clipfrac).toBeCloseTo(2 / 6, 14);
  });

  test('value: gradient by the values', () => {
    const [values, old, returns] = [random(8, 4), random(8, 5), random(8, 6)];
    const loss = (x: Float64Array) => valueLoss(x, old, returns, lengths, R, 0.2).loss;
    const { dvalues } = valueLoss(values, old, returns, lengths, R, 0.2);
    expectClose(dvalues, numericGradient(loss, values), GRADIENT_TOLERANCE);
  });
});
