/** One PPO-ptx update against PyTorch, composed of the recorded model and the kernels. */
import { afterAll, describe, expect, test } from 'vitest';
import type { View } from '../../src/gpu/device';
import {
  gae,
  gatherResponse,
  klReward,
  ppoPolicyLoss,
  ppoValueLoss,
  whiten,
} from '../../src/kernels/rlhf';
import { workgroup } from '../../src/nn/choice';
import { recordTrunk } from '../../src/nn/gpt';
import {
  recordLmBackward,
  recordLmHead,
  recordScores,
  recordScoresBackward,
} from '../../src/nn/heads';
import { expectClose } from '../reference/compare';
import { loadGolden } from '../reference/golden';
import { testGpu } from '../support/kernel';
import {
  dirtyGradients,
  expectGradients,
  goldenConfig,
  meanWeights,
  readTensors,
  runOnce,
  TOLERANCE,
  upload,
  uploadModel,
} from './support';

/** Targets of a language model: each token's successor; −100 at the last. */
const successors = (ids: ArrayLike<number>, T: number) =>
  Array.from(ids, (_, i) => (i % T === T - 1 ? -100 : ids[i + 1]!));

describe('PPO against PyTorch', async () => {
  const golden = await loadGolden('model/ppo.safetensors');
  const { tensors, number, group } = golden;
  const t = (name: string) => tensors[name]!;
  const config = goldenConfig(golden);
  const { T } = config;
  const [S, R] = [number('N'), number('R')];
  const gpu = await testGpu();
  const lengthPairs = Array.from(t('prompt_length')).flatMap((prompt, s) => [
    prompt,
    t('response_length')[s]!,
  ]);
  const floats = ['old_logprobs', 'ref_logprobs', 'old_values', 'scores', 'whitened_advantages'];
  const rollout: Record<string, View> = Object.fromEntries(
    [...floats, 'returns'].map((name) => [name, upload.floats(gpu, t(name))]),
  );
  const view = (name: string) => rollout[name]!;
  const ids = upload.ints(gpu, t('input_ids'));
  const lengths = upload.ints(gpu, lengthPairs);
  const rows = upload.ints(
    gpu,
    Array.from({ length: S }, (_, s) => s),
  );
  const step = gpu.upload('kl_coef', new Float32Array([number('kl_coef'), 0, 0, 0]));
  afterAll(() => gpu.free(ids, lengths, rows, step, ...Object.values(rollout)));

  test('rewards, advantages, whitened advantages and returns', async () => {
    const [gamma, lam] = [number('gamma'), number('lam')];
    const met = await runOnce(gpu, (tape) => {
      const named = ['rewards', 'advantages', 'returns', 'whitened'] as const;
      const [rewards, advantages, returns, whitened] = named.map((name) => tape.temp(name, S * R));
      tape.dispatch(
        klReward,
        { S, R },
        {
          logprobs: view('old_logprobs'),
          ref_logprobs: view('ref_logprobs'),
          scores: view('scores'),
          lengths,
          step,
          rewards: rewards!,
        },
        workgroup(gpu, klReward),
      );
      tape.dispatch(
        gae,
        { S, R, gamma, lam },
        {
          rewards: rewards!,
          values: view('old_values'),
          lengths,
          advantages: advantages!,
          returns: returns!,
        },
        workgroup(gpu, gae),
      );
      const slots = { x: advantages!, lengths, out: whitened! };
      tape.dispatch(whiten, { S, R }, slots, workgroup(gpu, whiten));
      return {
        rewards: rewards!,
        advantages: advantages!,
        returns: returns!,
        whitened_advantages: whitened!,
      };
    });
    for (const [name, values] of Object.entries(met)) expectClose(values, t(name), TOLERANCE, name);
  });

  test('policy loss, its statistics, ptx loss and the gradient of both', async () => {
    const temperature = number('temperature');
    const weights = uploadModel(gpu, config, 'lm', group('policy/before'));
    const grads = dirtyGradients(gpu, weights);
    const ptxB = t('ptx_input_ids').length / T;
    const views = {
      targets: upload.ints(gpu, successors(t('input_ids'), T)),
      ptxIds: upload.ints(gpu, t('ptx_input_ids')),
      ptxTargets: upload.ints(gpu, t('ptx_targets')),
      ptxWeight: upload.floats(
        gpu,
        meanWeights(t('ptx_targets')).map((w) => number('ptx_coef') * w),
      ),
    };
    const { logprobs, entropy, stats, ptx } = await runOnce(gpu, (tape) => {
      const trunk = recordTrunk(gpu, tape, weights, ids, S, T);
      const head = recordLmHead(gpu, tape, weights, trunk, views.targets, temperature);
      const [logprobs, entropy] = [tape.temp('logprobs', S * R), tape.temp('entropies', S * R)];
      for (const [source, out] of [
        [head.logprob, logprobs],
        [head.entropy, entropy],
      ] as const) {
        const slots = { source, lengths, out };
        tape.dispatch(gatherResponse, { S, T, R }, slots, workgroup(gpu, gatherResponse));
      }
      const [weight, stats] = [tape.temp('weight', S * T), tape.temp('stats', 8)];
      tape.dispatch(
        ppoPolicyLoss,
        { S, M: S, T, R, cliprange: number('cliprange') },
        {
          logprob: head.logprob,
          entropy: head.entropy,
          old_logprobs: view('old_logprobs'),
          advantages: view('whitened_advantages'),
          rows,
          lengths,
          weight,
          stats,
        },
        workgroup(gpu, ppoPolicyLoss),
      );
      recordLmBackward(gpu, tape, weights, grads, head, weight);
      const ptxTrunk = recordTrunk(gpu, tape, weights, views.ptxIds, ptxB, T);
      const ptxHead = recordLmHead(gpu, tape, weights, ptxTrunk, views.ptxTargets);
      recordLmBackward(gpu, tape, weights, grads, ptxHead, views.ptxWeight, true);
      return { logprobs, entropy, stats, ptx: ptxHead.logprob };
    });
    const met = await readTensors(gpu, grads);
    gpu.free(weights.arena, grads.arena, ...Object.values(views));

    expectClose(logprobs, t('logprobs'), TOLERANCE, 'logprobs');
    expectClose(entropy, t('entropy'), TOLERANCE, 'entropy');
    const variance = stats[5]! - stats[4]! ** 2;
    for (const [name, value] of Object.entries({
      policy_loss: stats[0]!,
      approxkl: stats[1]!,
      clipfrac: stats[2]!,
      ratio_mean: stats[4]!,
      ptx_loss: meanWeights(t('ptx_targets')).reduce((sum, w, i) => sum - w * ptx[i]!, 0),
    })) {
      expectClose([value], [number(name)], TOLERANCE, name);
    }
    // The variance is the small difference of two means near 1.
    expect(Math.abs(variance - number('ratio_var'))).toBeLessThan(1e-5);
    expect(stats[6]).toBe(t('response_length').reduce((sum, length) => sum + length, 0));
    expectGradients(met, group('policy/grad'));
  });

  test('value loss and the gradient with its coefficient', async () => {
    const weights = uploadModel(gpu, config, 'score', group('value/before'));
    const grads = dirtyGradients(gpu, weights);
    const { values, stats } = await runOnce(gpu, (tape) => {
      const trunk = recordTrunk(gpu, tape, weights, ids, S, T);
      const value = recordScores(gpu, tape, weights, trunk);
      const [values, dvalue, stats] = [
        tape.temp('values', S * R),
        tape.temp('dvalue', S * T),
        tape.temp('stats', 4),
      ];
      const slots = { source: value, lengths, out: values };
      tape.dispatch(gatherResponse, { S, T, R }, slots, workgroup(gpu, gatherResponse));
      tape.dispatch(
        ppoValueLoss,
        { S, M: S, T, R, cliprange: number('cliprange_value'), vf_coef: number('vf_coef') },
        {
          value,
          old_values: view('old_values'),
          returns: view('returns'),
          rows,
          lengths,
          dvalue,
          stats,
        },
        workgroup(gpu, ppoValueLoss),
      );
      recordScoresBackward(gpu, tape, weights, grads, trunk, dvalue);
      return { values, stats };
    });
    const met = await readTensors(gpu, grads);
    gpu.free(weights.arena, grads.arena);

    expectClose(values, t('values'), TOLERANCE, 'values');
    expectClose([stats[0]!], [number('value_loss')], TOLERANCE, 'value_loss');
    expectClose([stats[1]!], [number('value_clipfrac')], TOLERANCE, 'value_clipfrac');
    expectGradients(met, group('value/grad'));
  });
});
