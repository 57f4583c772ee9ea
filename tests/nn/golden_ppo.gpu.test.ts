/** A PPO-ptx iteration against PyTorch: the rollout's passes and credit, one update of both models. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rollout } from '../../src/rlhf/ppo_rollout';
import { sequencesOf } from '../../src/rlhf/ppo_rows';
import { PPO_ADAMW, Updater, type UpdateStats } from '../../src/rlhf/ppo_update';
import { globalNorm } from '../reference/adamw';
import { expectClose } from '../reference/compare';
import { loadGolden } from '../reference/golden';
import { gptForward } from '../reference/gpt';
import { initOptimizer, optimizerStep } from '../reference/optimizer';
import { scoreHeadForward } from '../reference/scoreHead';
import { testGpu } from '../support/kernel';
import { expectGradients, goldenConfig, readTensors, TOLERANCE, uploadModel } from './support';

describe.each([1, 3])('PPO against PyTorch, a minibatch in %i parts', async (A) => {
  const golden = await loadGolden('model/ppo.safetensors');
  const { tensors, number, group } = golden;
  const t = (name: string) => tensors[name]!;
  const config = goldenConfig(golden);
  const { T } = config;
  const [S, R] = [number('N'), number('R')];
  const options = {
    temperature: number('temperature'),
    cliprange: number('cliprange'),
    cliprangeValue: number('cliprange_value'),
    vfCoef: number('vf_coef'),
    ptxCoef: number('ptx_coef'),
    emaDecay: 0.75,
    gamma: number('gamma'),
    lam: number('lam'),
  };
  const promptLengths = Array.from(t('prompt_length'));
  const responseLengths = Int32Array.from(t('response_length'));
  const sequences = sequencesOf(Int32Array.from(t('input_ids')), promptLengths, responseLengths, T);
  const gpu = await testGpu();
  const before = { ...gpu.counters };
  const models = {
    policy: uploadModel(gpu, config, 'lm', group('policy/before')),
    reference: uploadModel(gpu, config, 'lm', group('policy/before')),
    value: uploadModel(gpu, config, 'score', group('value/before')),
    reward: uploadModel(gpu, config, 'score', group('value/before')),
  };
  // The passes run over a part of three sequences at a time, the update over parts of all six.
  const rollout = await Rollout.make(gpu, models, { S, M: 3, A, T, R }, options);
  const place = (name: keyof typeof rollout.arrays, values: ArrayLike<number>) =>
    gpu.write(rollout.arrays[name], Float32Array.from(values));
  const own = gpu.counters.buffers - before.buffers;
  let all = 0;
  beforeAll(() => {
    all = gpu.counters.buffers;
  });
  afterAll(() => {
    rollout.free();
    gpu.free(...Object.values(models).map(({ arena }) => arena));
    expect(gpu.counters.buffers).toBe(all - own);
  });

  test('log-probabilities, values and scores of the rollout', async () => {
    const scores = await rollout.pass(sequences);
    const { logprobs, ref_logprobs, values } = await rollout.readArrays();
    expectClose(logprobs, t('logprobs'), TOLERANCE, 'logprobs');
    expect(ref_logprobs).toEqual(logprobs);
    expectClose(values, t('values'), TOLERANCE, 'values');
    const params = group('value/before');
    const { hidden } = gptForward(config, params, t('input_ids'), { B: S, T });
    const everywhere = scoreHeadForward(hidden, params['score.weight']!, S * T, config.C);
    const last = promptLengths.map((p, s) => everywhere[s * T + p + responseLengths[s]! - 1]!);
    expectClose(scores, last, TOLERANCE, 'scores');
  });

  test('rewards, advantages, whitened advantages and returns', async () => {
    place('logprobs', t('old_logprobs'));
    place('ref_logprobs', t('ref_logprobs'));
    place('values', t('old_values'));
    rollout.assignCredit(Float32Array.from(t('scores')), number('kl_coef'));
    const met = await rollout.readArrays();
    for (const name of ['rewards', 'advantages', 'whitened_advantages', 'returns'] as const) {
      expectClose(met[name], t(name), TOLERANCE, name);
    }
  });

  test('a first update has ratio 1 and approximate KL 0 to the bit', async () => {
    await rollout.pass(sequences);
    rollout.assignCredit(Float32Array.from(t('scores')), number('kl_coef'));
    const { whitened_advantages } = await rollout.readArrays();
    const met: UpdateStats[] = [];
    const trained = { ...models, policy: uploadModel(gpu, config, 'lm', group('policy/before')) };
    const updater = await Updater.make(
      gpu,
      { ...trained, value: models.reward },
      rollout,
      { S, M: 3, A, T, R },
      { X: 0, T },
      models.reference.arena,
      options,
      (stats) => met.push(stats),
    );
    const rows = [4, 0, 2];
    await updater.step(1, { policy: 0, value: 0 }, sequences, rows, undefined, 0);
    await updater.drain();
    updater.free();
    gpu.free(trained.policy.arena);
    expect(met[0]).toMatchObject({ ratio: 1, approxkl: 0, clipfrac: 0, ptxLoss: 0 });
    const chosen = rows.flatMap((s) =>
      Array.from(whitened_advantages.subarray(s * R, s * R + responseLengths[s]!)),
    );
    const mean = chosen.reduce((sum, a) => sum + a, 0) / chosen.length;
    expectClose([met[0]!.policyLoss], [-mean], TOLERANCE, 'policy loss');
  });

  test('one update: losses, statistics, both gradients, both steps, the moving average', async () => {
    const X = t('ptx_input_ids').length / T;
    const ptx = {
      inputIds: Int32Array.from(t('ptx_input_ids')),
      targets: Int32Array.from(t('ptx_targets')),
    };
    // Corpus windows have a target everywhere, so that an update divides by all positions.
    const counted = ptx.targets.filter((target) => target !== -100).length / ptx.targets.length;
    place('logprobs', t('old_logprobs'));
    place('values', t('old_values'));
    place('returns', t('returns'));
    place('whitened_advantages', t('whitened_advantages'));
    gpu.write(rollout.lengths, sequences.lengths);
    const average = uploadModel(gpu, config, 'lm', group('policy/before'));
    const met: UpdateStats[] = [];
    const updater = await Updater.make(
      gpu,
      models,
      rollout,
      { S, M: S, A, T, R },
      { X, T },
      average.arena,
      options,
      (stats) => met.push(stats),
    );
    const lr = { policy: 1e-3, value: 2e-3 };
    // A minibatch in another order than the rollout's.
    const rows = [3, 1, 5, 0, 2, 4];
    await updater.step(1, lr, sequences, rows, ptx, options.ptxCoef / counted);
    await updater.drain();
    // Sequences of 9, 10, 2, 11, 5 and 9 tokens: in one part the short ones share a row.
    expect(updater.rows).toBe(A === 1 ? 5 : S / A);
    const policyGrads = await readTensors(gpu, updater.policyGrads);
    const valueGrads = await readTensors(gpu, updater.valueGrads);
    const stepped = {
      policy: await readTensors(gpu, models.policy),
      value: await readTensors(gpu, models.value),
      average: await readTensors(gpu, average),
    };
    updater.free();
    gpu.free(average.arena);

    const stats = met[0]!;
    for (const [name, value] of Object.entries({
      policy_loss: stats.policyLoss,
      approxkl: stats.approxkl,
      clipfrac: stats.clipfrac,
      ratio_mean: stats.ratio,
      value_loss: stats.valueLoss,
      value_clipfrac: stats.valueClipfrac,
      ptx_loss: stats.ptxLoss / options.ptxCoef,
    })) {
      expectClose([value], [number(name)], TOLERANCE, name);
    }
    const tokens = responseLengths.reduce((sum, length) => sum + length, 0);
    const entropy = t('entropy').reduce((sum, value) => sum + value, 0) / tokens;
    expectClose([stats.entropy], [entropy], TOLERANCE, 'entropy');
    // The variance is the small difference of two means near 1.
    expect(Math.abs(stats.ratioVar - number('ratio_var'))).toBeLessThan(1e-5);
    expect(stats).toMatchObject({ update: 1, finite: true });

    expectGradients(policyGrads, group('policy/grad'));
    expectGradients(valueGrads, group('value/grad'));
    for (const [name, grads] of Object.entries({ policy: policyGrads, value: valueGrads })) {
      const role = name as 'policy' | 'value';
      const norm = globalNorm(Object.values(grads));
      expectClose([stats[`${role}GradNorm`]], [norm], TOLERANCE, `${role} norm`);
      // From the gradients of the GPU itself, since Adam's first step is little but their signs.
      const state = initOptimizer(group(`${role}/before`));
      const wide = Object.fromEntries(
        Object.entries(grads).map(([key, g]) => [key, Float64Array.from(g)]),
      );
      const { params } = optimizerStep(state, wide, { ...PPO_ADAMW, lr: lr[role] });
      for (const [key, wanted] of Object.entries(params)) {
        expectClose(stepped[role][key]!, wanted, 1e-6, `${role} ${key}`);
      }
    }
    for (const [key, start] of Object.entries(group('policy/before'))) {
      const wanted = start.map((x, i) => 0.75 * x + 0.25 * stepped.policy[key]![i]!);
      expectClose(stepped.average[key]!, wanted, 1e-6, `average ${key}`);
    }
  });
});
