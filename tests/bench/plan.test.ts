/** How often a contestant runs, what its runs amount to, and when it is refused. */
import { describe, expect, test } from 'vitest';
import { planOf, sampledOf, trainedOf } from '../../bench/plan';
import { compareLosses } from '../../bench/steps';
import type { SampleAnswer, TrainAnswer } from '../../src/hooks/benchApi';

const config = {
  n_layer: 1,
  n_embd: 8,
  n_head: 1,
  vocab_size: 16,
  n_positions: 64,
  batch: 2,
};
const trained = (...stepMs: number[]): TrainAnswer => ({
  losses: stepMs.map((_, step) => 3 - step / 10),
  stepMs,
  blockMs: 100,
  jsMs: 0.5,
  dispatches: 60 * stepMs.length,
  submits: stepMs.length,
  readbacks: stepMs.length,
  bindGroups: 0,
  bytes: 1e6,
});
const sampled = (ms: number, tokens: number): SampleAnswer => ({
  tokens: new Int32Array(config.batch * tokens),
  logprobs: new Float32Array(config.batch * tokens),
  ms,
  dispatches: 20 * tokens,
  submits: 4,
  readbacks: 1,
});

describe('the plan', () => {
  test('lets the fast run their full share, without the step that compiles', () => {
    const plan = planOf(trained(90_000, 10), sampled(20, 4), config);
    expect(plan).toEqual({ rounds: 3, steps: 5, queued: 16, tokens: 63 });
  });

  test('lets the slow run a little of each', () => {
    const plan = planOf(trained(90_000, 20_000), sampled(40_000, 4), config);
    expect(plan).toEqual({ rounds: 1, steps: 1, queued: 1, tokens: 4 });
  });
});

describe('results', () => {
  const plan = { rounds: 2, steps: 2, queued: 4, tokens: 8 };

  test('of training: medians of timed steps, counts of one step', () => {
    const runs = [trained(500, 10, 20), trained(400, 30, 40)];
    const work = { operations: 5e8, peakGflops: 40 };
    const result = trainedOf(config, plan, work, runs, [trained(1)]);
    expect(result).toMatchObject({ ms: { median: 25, min: 10, max: 40 }, dispatches: 60 });
    // Half a GFLOP in 25 ms.
    expect([result.gflops, result.share]).toEqual([20, 0.5]);
    // 2·64 tokens in 25 ms; four such steps queued in 100 ms.
    expect([result.tokensPerSecond, result.queuedTokensPerSecond]).toEqual([5120, 5120]);
  });

  test('of sampling: tokens of all sequences, counts of one token', () => {
    const result = sampledOf(config, plan, [sampled(100, 8), sampled(50, 8)]);
    expect(result.tokensPerSecond).toEqual({ median: 240, min: 160, max: 320 });
    expect([result.dispatches, result.submits]).toEqual([20, 0.5]);
  });
});

describe('losses', () => {
  test('that part by more than a thousandth, or are no numbers, are other work', () => {
    expect(() => compareLosses([2, 1], [2.001, 1])).not.toThrow();
    expect(() => compareLosses([2, 1], [2, 1.1])).toThrow('it does other work: losses 2, 1.1');
    expect(() => compareLosses([2, 1], [2, Number.NaN])).toThrow('NaN');
  });
});
