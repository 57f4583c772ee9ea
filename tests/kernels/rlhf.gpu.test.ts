/**
 * The scalar head (score_forward, score_backward, score_backward_weight), the gather, rewards to
 * advantages (kl_reward, gae, whiten), and the PPO losses, over uneven responses.
 */
import { describe, expect, it } from 'vitest';
import {
  gae,
  gatherResponse,
  klReward,
  ppoPolicyLoss,
  ppoValueLoss,
  scoreBackward,
  scoreBackwardWeight,
  scoreForward,
  whiten,
} from '../../src/kernels/rlhf';
import * as advantage from '../reference/advantage';
import { expectClose, random } from '../reference/compare';
import { responseRows } from '../reference/losses';
import { policyLoss, valueLoss } from '../reference/ppo';
import { scoreHeadBackward, scoreHeadForward } from '../reference/scoreHead';
import { runKernel } from '../support/kernel';

/** Sums of at most a thousand terms in f32: about 1e-6 of the largest value. */
const TOLERANCE = 1e-5;

/** Responses of 1, of R and between; prompts of 1 and more; T just holds the longest. */
const ROLLOUTS = [
  { S: 1, T: 2, R: 1, prompt: [1], response: [1] },
  { S: 5, T: 13, R: 7, prompt: [1, 6, 3, 2, 4], response: [7, 7, 1, 5, 2] },
  {
    S: 9,
    T: 64,
    R: 32,
    prompt: [32, 1, 9, 5, 8, 31, 2, 3, 4],
    response: [32, 1, 17, 32, 3, 2, 1, 30, 31],
  },
];
type Rollout = (typeof ROLLOUTS)[number];

const lengthsOf = ({ prompt, response }: Rollout) => prompt.flatMap((p, s) => [p, response[s]!]);

/** Random [S, R], with something other than 0 past the end, which must not count. */
const tokenValues = ({ S, R }: Rollout, stream: number) => random(S * R, stream);

const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe.each([8, 64])('with workgroups of %i', (WG) => {
  it.each([
    [1, 1],
    [7, 13],
    [33, 64],
    [130, 33],
  ])('the scalar head of [%i, %i], forward and backward', async (N, C) => {
    const h = random(N * C, 1);
    const weight = random(C, 2);
    const dscore = random(N, 3);
    const { score } = await runKernel(scoreForward, { N, C }, { h, weight }, { WG });
    expectClose(score!, scoreHeadForward(h, weight, N, C), TOLERANCE, 'score');
    const { dh, dw } = scoreHeadBackward(dscore, h, weight, N, C);
    const back = await runKernel(scoreBackward, { N, C }, { dscore, weight }, { WG });
    expectClose(back.dh!, dh, TOLERANCE, 'dh');
    const sum = (given: object, ACCUMULATE: number) =>
      runKernel(scoreBackwardWeight, { N, C }, { dscore, h, ...given }, { WG, ACCUMULATE });
    const replaced = await sum({}, 0);
    expectClose(replaced.dweight!, dw, TOLERANCE, 'dweight');
    expect(await sum({}, 0), 'same bits twice').toEqual(replaced);
    const before = random(C, 4);
    const added = await sum({ dweight: before }, 1);
    expectClose(
      added.dweight!,
      dw.map((x, c) => x + before[c]!),
      TOLERANCE,
      'added',
    );
  });

  it.each(ROLLOUTS)('rewards, advantages and returns of %o', async (rollout) => {
    const { S, T, R, prompt, response } = rollout;
    const lengths = lengthsOf(rollout);

    const source = random(S * T, 1).map(Math.fround);
    const expected = new Float32Array(S * R);
    const rows = new Int32Array(S * R).fill(-1);
    const shape = { N: S, T, R, promptLength: prompt, responseLength: response };
    for (const { index, row } of responseRows(shape)) {
      expected[index] = source[row]!;
      rows[index] = row;
    }
    const params = { N: S * T, S, R };
    const gathered = await runKernel(gatherResponse, params, { source, rows }, { WG });
    expect(gathered.out).toEqual(expected);

    const logprobs = tokenValues(rollout, 2);
    const ref_logprobs = tokenValues(rollout, 3);
    const scores = random(S, 4);
    const { rewards } = await runKernel(
      klReward,
      { S, R },
      { logprobs, ref_logprobs, scores, lengths, step: [bitsOf(0.07), 0, 0, 0] },
      { WG },
    );
    const wanted = advantage.klRewards(logprobs, ref_logprobs, scores, response, R, 0.07);
    expectClose(rewards!, wanted, TOLERANCE, 'rewards');

    const values = tokenValues(rollout, 5);
    for (const [gamma, lam] of [
      [1, 0.95],
      [0.9, 0.5],
    ] as const) {
      const given = { rewards: wanted, values, lengths };
      const actual = await runKernel(gae, { S, R, gamma, lam }, given, { WG });
      const exact = advantage.gae(wanted, values, response, R, gamma, lam);
      expectClose(actual.advantages!, exact.advantages, TOLERANCE, 'advantages');
      expectClose(actual.returns!, exact.returns, TOLERANCE, 'returns');
    }
  });

  it.each(ROLLOUTS)('whiten of %o counts real tokens only', async (rollout) => {
    const { S, R, response } = rollout;
    const x = tokenValues(rollout, 6).map((value) => Math.fround(5 + 2 * value));
    const run = () => runKernel(whiten, { S, R }, { x, lengths: lengthsOf(rollout) }, { WG });
    const { out } = await run();
    const expected = advantage.whiten(x, response, R);
    // A lone token whitens to 0 exactly.
    expectClose(out!, expected, TOLERANCE);
    expect(await run()).toEqual({ out });
  });

  /** A minibatch of some rows of the rollout, in another order; [M·T] from [S, R] by `at`. */
  function minibatch(rollout: Rollout, rows: number[]) {
    const { T, R, prompt, response } = rollout;
    const picked = {
      N: rows.length,
      T,
      R,
      promptLength: rows.map((s) => prompt[s]!),
      responseLength: rows.map((s) => response[s]!),
    };
    const places = responseRows(picked);
    const take = (all: ArrayLike<number>) =>
      Float64Array.from(
        { length: rows.length * R },
        (_, i) => all[rows[Math.floor(i / R)]! * R + (i % R)]!,
      );
    const spread = (perToken: ArrayLike<number>, filler: number) => {
      const out = new Float64Array(rows.length * T).fill(filler);
      for (const { index, row } of places) out[row] = perToken[index]!;
      return out;
    };
    const placed = new Float64Array(rows.length * T).fill(-1);
    for (const { index, row } of places) {
      placed[row] = rows[Math.floor(index / R)]! * R + (index % R);
    }
    const params = { N: rows.length * T, S: rollout.S, R };
    const count = [places.length, 0, 0, 0];
    const responses = picked.responseLength;
    return { take, spread, params, places: placed, count, responses, tokens: places.length };
  }

  type Run = Awaited<ReturnType<typeof runKernel>>;
  type Stats = { stats?: ArrayLike<number> };
  const ADD = ({ stats }: Stats) => ({ ACCUMULATE: stats ? 1 : 0 });

  /** The first sequence of a minibatch and then the others, whose statistics add to the first's. */
  async function inParts(
    M: number,
    T: number,
    all: Record<string, Float64Array>,
    run: (N: number, values: Record<string, Float64Array>, start: Stats) => Promise<Run>,
  ): Promise<Run[]> {
    const rowsOf = (from: number, to: number) =>
      Object.fromEntries(Object.entries(all).map(([k, x]) => [k, x.subarray(from * T, to * T)]));
    const one = await run(T, rowsOf(0, 1), {});
    return [one, await run((M - 1) * T, rowsOf(1, M), { stats: one.stats! })];
  }

  const MINIBATCHES: [Rollout, number[]][] = [
    [ROLLOUTS[0]!, [0]],
    [ROLLOUTS[1]!, [4, 2]],
    [ROLLOUTS[2]!, [8, 0, 3, 1, 7, 5]],
  ];

  it.each(MINIBATCHES)('ppo_policy_loss of %o, sequences %o', async (rollout, rows) => {
    const { take, spread, params, places, count, responses, tokens } = minibatch(rollout, rows);
    const old_logprobs = tokenValues(rollout, 7);
    const advantages = tokenValues(rollout, 8);
    // A third of the ratios leave the clip range on either side.
    const change = random(rows.length * rollout.R, 9).map((x) => 0.3 * x);
    const logprob = take(old_logprobs).map((x, i) => x + change[i]!);
    const entropy = random(rows.length * rollout.R, 10);
    const given = { old_logprobs, advantages, count };
    const all = { logprob: spread(logprob, 99), entropy: spread(entropy, 99), places };
    const settings = { ...params, cliprange: 0.2 };
    const run = () => runKernel(ppoPolicyLoss, settings, { ...given, ...all }, { WG });
    const actual = await run();
    const exact = policyLoss(
      logprob,
      take(old_logprobs),
      take(advantages),
      responses,
      rollout.R,
      0.2,
    );
    expectClose(
      actual.weight!,
      spread(
        exact.dlogp.map((d) => -d),
        0,
      ),
      TOLERANCE,
      'weight',
    );
    const { mean } = advantage.moments(entropy, responses, rollout.R);
    const { loss, approxkl, clipfrac, ratioMean, ratioVar } = exact;
    const stats = [loss, approxkl, clipfrac, mean, ratioMean, ratioVar + ratioMean ** 2];
    expectClose(actual.stats!.slice(0, 6), stats, TOLERANCE, 'stats');
    expect(Array.from(actual.stats!.slice(6))).toEqual([tokens, 0]);
    expect(await run()).toEqual(actual);
    if (rows.length === 1) return;
    const parts = await inParts(rows.length, rollout.T, all, (N, values, start) =>
      runKernel(
        ppoPolicyLoss,
        { ...settings, N },
        { ...given, ...values, ...start },
        { WG, ...ADD(start) },
      ),
    );
    expect(parts.flatMap(({ weight }) => Array.from(weight!))).toEqual(Array.from(actual.weight!));
    expectClose(parts[1]!.stats!.slice(0, 6), stats, TOLERANCE, 'stats of two parts');
    expect(Array.from(parts[1]!.stats!.slice(6))).toEqual([tokens, 0]);
  });

  it.each(MINIBATCHES)('ppo_value_loss of %o, sequences %o', async (rollout, rows) => {
    const { take, spread, params, places, count, responses, tokens } = minibatch(rollout, rows);
    const old_values = tokenValues(rollout, 11);
    const returns = tokenValues(rollout, 12);
    const change = random(rows.length * rollout.R, 13).map((x) => 0.4 * x);
    const value = take(old_values).map((x, i) => x + change[i]!);
    const given = { old_values, returns, count };
    const all = { value: spread(value, 99), places };
    const settings = { ...params, cliprange: 0.2, vf_coef: 0.1 };
    const run = () => runKernel(ppoValueLoss, settings, { ...given, ...all }, { WG });
    const actual = await run();
    const exact = valueLoss(value, take(old_values), take(returns), responses, rollout.R, 0.2);
    expectClose(
      actual.dvalue!,
      spread(
        exact.dvalues.map((d) => 0.1 * d),
        0,
      ),
      TOLERANCE,
      'dvalue',
    );
    const { mean } = advantage.moments(value, responses, rollout.R);
    const stats = [exact.loss, exact.clipfrac, mean];
    expectClose(actual.stats!.slice(0, 3), stats, TOLERANCE, 'stats');
    expect(actual.stats![3]).toBe(tokens);
    expect(await run()).toEqual(actual);
    if (rows.length === 1) return;
    const parts = await inParts(rows.length, rollout.T, all, (N, values, start) =>
      runKernel(
        ppoValueLoss,
        { ...settings, N },
        { ...given, ...values, ...start },
        { WG, ...ADD(start) },
      ),
    );
    expect(parts.flatMap(({ dvalue }) => Array.from(dvalue!))).toEqual(Array.from(actual.dvalue!));
    expectClose(parts[1]!.stats!.slice(0, 3), stats, TOLERANCE, 'stats of two parts');
    expect(parts[1]!.stats![3]).toBe(tokens);
  });
});
