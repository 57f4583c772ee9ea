/**
 * The reference against PyTorch and `transformers` (tests/golden/make_model_golden.py). The files were
 * computed in f64 and rounded to f32, which leaves 6e-8 of a tensor's largest element; both sides start
 * from the same f32 inputs.
 */
import { describe, expect, test } from 'vitest';
import { globalNorm } from './adamw';
import { gae, klRewards, whiten } from './advantage';
import { expectClose } from './compare';
import { type Golden, loadGolden } from './golden';
import { lmLoss, ppoPolicyLoss, ppoValueLoss, rewardLoss } from './losses';
import { initOptimizer, optimizerStep, type Tensors } from './optimizer';
import type { GptConfig } from './params';

/** Twice the rounding to f32. */
const TOLERANCE = 1.2e-7;

const configOf = ({ number }: Golden): GptConfig => ({
  L: number('L'),
  C: number('C'),
  H: number('H'),
  V: number('V'),
  T: number('T'),
});

function expectTensors(actual: Tensors, expected: Tensors) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const name of Object.keys(expected)) {
    expectClose(actual[name]!, expected[name]!, TOLERANCE, name);
  }
}

describe('language model', async () => {
  const golden = await loadGolden('model/lm.safetensors');
  const { tensors, number, group } = golden;
  const config = configOf(golden);
  const ids = tensors['input_ids']!;
  const targets = tensors['targets']!;
  const shape = { B: number('B'), T: config.T };

  test('logits, loss and every named gradient', () => {
    const { logits, loss, grads } = lmLoss(config, group('before'), ids, targets, shape);
    expectClose(logits, tensors['logits']!, TOLERANCE);
    expectClose([loss], [tensors['losses']![0]!], TOLERANCE);
    expectTensors(grads, group('grad'));
  });

  test('losses, gradient norms and final weights of ten clipped AdamW steps', () => {
    const settings = {
      lr: number('lr'),
      beta1: number('beta1'),
      beta2: number('beta2'),
      eps: number('eps'),
      weightDecay: number('weight_decay'),
      maxNorm: number('max_grad_norm'),
    };
    let state = initOptimizer(group('before'));
    const losses: number[] = [];
    const norms: number[] = [];
    for (let step = 0; step < number('steps'); step++) {
      const { loss, grads } = lmLoss(config, state.params, ids, targets, shape);
      const next = optimizerStep(state, grads, settings);
      losses.push(loss);
      norms.push(next.gradNorm);
      state = next;
    }
    expectClose(losses, tensors['losses']!, TOLERANCE);
    expectClose(norms, tensors['grad_norms']!, TOLERANCE);
    expect(Math.max(...norms)).toBeGreaterThan(settings.maxNorm);
    expectTensors(state.params, group('after'));
  });
});

test('reward model: scores, K-wise loss and every named gradient', async () => {
  const golden = await loadGolden('model/reward.safetensors');
  const { tensors, number, group } = golden;
  const config = configOf(golden);
  const result = rewardLoss(
    config,
    group('before'),
    tensors['input_ids']!,
    tensors['lengths']!,
    tensors['group']!,
    tensors['rank']!,
    { N: number('N'), T: config.T },
  );
  expectClose(result.scores, tensors['scores']!, TOLERANCE);
  expectClose(result.dscores, tensors['dscores']!, TOLERANCE);
  expectClose([result.loss], tensors['loss']!, TOLERANCE);
  expect(result).toMatchObject({ correct: number('correct'), pairs: number('pairs'), prompts: 2 });
  expectClose([result.margin], [number('margin')], TOLERANCE);
  // Adding a constant to every score changes nothing, so that this gradient is rounding alone.
  const shift = 'transformer.ln_f.bias';
  expect(globalNorm([result.grads[shift]!])).toBeLessThan(1e-15);
  expect(globalNorm([group('grad')[shift]!])).toBeLessThan(1e-15);
  const { [shift]: _, ...grads } = result.grads;
  const { [shift]: __, ...expected } = group('grad');
  expectTensors(grads, expected);
});

describe('PPO', async () => {
  const golden = await loadGolden('model/ppo.safetensors');
  const { tensors, number, group } = golden;
  const config = configOf(golden);
  const t = (name: string) => tensors[name]!;
  const [N, R] = [number('N'), number('R')];
  const lengths = t('response_length');
  const shape = { N, R, T: config.T, promptLength: t('prompt_length'), responseLength: lengths };

  test('rewards, advantages, whitened advantages and returns of the rollout', () => {
    const kl = number('kl_coef');
    const rewards = klRewards(t('old_logprobs'), t('ref_logprobs'), t('scores'), lengths, R, kl);
    const values = t('old_values');
    const { advantages, returns } = gae(
      rewards,
      values,
      lengths,
      R,
      number('gamma'),
      number('lam'),
    );
    expectClose(rewards, t('rewards'), TOLERANCE);
    expectClose(advantages, t('advantages'), TOLERANCE);
    expectClose(returns, t('returns'), TOLERANCE);
    expectClose(whiten(advantages, lengths, R), t('whitened_advantages'), TOLERANCE);
  });

  test('policy loss with its statistics, ptx loss and the gradient of both', () => {
    const params = group('policy/before');
    const rollout = { logprobs: t('old_logprobs'), advantages: t('whitened_advantages') };
    const settings = { temperature: number('temperature'), cliprange: number('cliprange') };
    const ppo = ppoPolicyLoss(config, params, t('input_ids'), shape, rollout, settings);
    const ptxShape = { B: t('ptx_input_ids').length / config.T, T: config.T };
    const ptx = lmLoss(config, params, t('ptx_input_ids'), t('ptx_targets'), ptxShape);
    expectClose(ppo.logprobs, t('logprobs'), TOLERANCE);
    expectClose(ppo.entropy, t('entropy'), TOLERANCE);
    // The advantages were rounded to f32 in the file, so that these sums carry their rounding.
    expectClose([ppo.loss], [number('policy_loss')], 1e-6);
    expectClose([ptx.loss], [number('ptx_loss')], 1e-12);
    expectClose([ppo.approxkl], [number('approxkl')], 1e-12);
    expect(number('clipfrac')).toBeGreaterThan(0);
    expectClose([ppo.clipfrac], [number('clipfrac')], 1e-12);
    expectClose([ppo.ratioMean, ppo.ratioVar], [number('ratio_mean'), number('ratio_var')], 1e-12);
    const total: Tensors = {};
    for (const name of Object.keys(params)) {
      total[name] = ppo.grads[name]!.map((g, i) => g + number('ptx_coef') * ptx.grads[name]![i]!);
    }
    expectTensors(total, group('policy/grad'));
  });

  test('value loss and the gradient with its coefficient', () => {
    const rollout = { values: t('old_values'), returns: t('returns') };
    const result = ppoValueLoss(config, group('value/before'), t('input_ids'), shape, rollout, {
      cliprangeValue: number('cliprange_value'),
    });
    expectClose(result.values, t('values'), TOLERANCE);
    expectClose([result.loss], [number('value_loss')], 1e-6);
    expect(number('value_clipfrac')).toBeGreaterThan(0);
    expectClose([result.clipfrac], [number('value_clipfrac')], 1e-12);
    const total: Tensors = {};
    for (const [name, grad] of Object.entries(result.grads)) {
      total[name] = grad.map((g) => number('vf_coef') * g);
    }
    expectTensors(total, group('value/grad'));
  });
});
