/**
 * The whole reference model: gradients of all four losses by every tensor against central differences
 * along two random directions a tensor, which a single wrong element cannot pass.
 */
import { describe, expect, test } from 'vitest';
import { directional, random } from './compare';
import { gptForward, lmLogits } from './gpt';
import { lmLoss, ppoPolicyLoss, ppoValueLoss, responseLogprobs, rewardLoss } from './losses';
import type { Tensors } from './optimizer';
import { type GptConfig, gptShapes, initParams } from './params';

const config: GptConfig = { L: 2, C: 8, H: 2, V: 13, T: 6 };
const [N, T, R] = [3, 6, 4];
const policy = initParams(config, 1, { std: 0.5, noise: 0.3 });
const scored = initParams(config, 2, { std: 0.5, noise: 0.3, scoreHead: true });
const ids = [3, 1, 12, 4, 4, 0, 7, 7, 2, 11, 0, 0, 5, 6, 9, 10, 8, 1];
const responses = { N, T, R, promptLength: [2, 3, 1], responseLength: [4, 2, 3] };

/** Directional derivatives carry the rounding of a whole forward pass, about 1e-13/h. */
const TOLERANCE = 1e-6;

function checkEveryTensor(params: Tensors, grads: Tensors, loss: (params: Tensors) => number) {
  expect(Object.keys(grads).sort()).toEqual(Object.keys(params).sort());
  Object.keys(params).forEach((name, tensor) => {
    for (const stream of [2 * tensor, 2 * tensor + 1]) {
      const { numeric, analytic } = directional(
        (x) => loss({ ...params, [name]: x }),
        params[name]!,
        grads[name]!,
        random(params[name]!.length, stream),
      );
      const size = Math.max(Math.abs(numeric), 1e-2);
      expect(Math.abs(analytic - numeric) / size, name).toBeLessThanOrEqual(TOLERANCE);
    }
  });
}

describe('gradients of every tensor', () => {
  test('language-modelling loss, with ignored targets and residual dropout', () => {
    const targets = [1, 12, 4, 4, 0, -100, 7, 2, 11, -100, -100, -100, -100, -100, 10, 8, 1, 3];
    const mask = (stream: number) =>
      random(N * T * config.C, stream).map((z) => (z < -0.8 ? 0 : 1.25));
    const dropoutMasks = {
      'h.0.attn': mask(100),
      'h.0.mlp': mask(101),
      'h.1.attn': mask(102),
      'h.1.mlp': mask(103),
    };
    const shape = { B: N, T, dropoutMasks };
    const run = (params: Tensors) => lmLoss(config, params, ids, targets, shape);
    checkEveryTensor(policy, run(policy).grads, (params) => run(params).loss);
  });

  test('reward loss over completions of unequal lengths, one pair tied', () => {
    const run = (params: Tensors) =>
      rewardLoss(config, params, ids, [4, 6, 5], [0, 0, 0], [2, 1, 2], { N, T });
    checkEveryTensor(scored, run(scored).grads, (params) => run(params).loss);
  });

  test('policy loss at a temperature, some tokens clipped', () => {
    const current = responseLogprobs(config, policy, ids, responses, 0.7).logprobs;
    const rollout = {
      logprobs: current.map((x, i) => x + 0.3 * random(N * R, 7)[i]!),
      advantages: random(N * R, 8),
    };
    const settings = { temperature: 0.7, cliprange: 0.2 };
    const run = (params: Tensors) =>
      ppoPolicyLoss(config, params, ids, responses, rollout, settings);
    const { clipfrac, grads } = run(policy);
    expect(clipfrac).toBeGreaterThan(0);
    expect(clipfrac).toBeLessThan(0.6);
    checkEveryTensor(policy, grads, (params) => run(params).loss);
  });

  test('value loss, some tokens clipped', () => {
    const rollout = { values: random(N * R, 9), returns: random(N * R, 10) };
    const run = (params: Tensors) =>
      ppoValueLoss(config, params, ids, responses, rollout, { cliprangeValue: 0.2 });
    const { clipfrac, grads } = run(scored);
    expect(clipfrac).toBeGreaterThan(0);
    expect(clipfrac).toBeLessThan(0.8);
    checkEveryTensor(scored, grads, (params) => run(params).loss);
  });
});

describe('the model', () => {
  test('changing a token changes no logits before it and the logits at it', () => {
    const logits = (tokens: number[]) =>
      lmLogits(config, policy, gptForward(config, policy, tokens, { B: 1, T }).hidden);
    const [before, after] = [logits([1, 2, 3, 4, 5, 6]), logits([1, 2, 3, 9, 5, 6])];
    expect(after.slice(0, 3 * config.V)).toEqual(before.slice(0, 3 * config.V));
    expect(after.slice(3 * config.V, 4 * config.V)).not.toEqual(
      before.slice(3 * config.V, 4 * config.V),
    );
  });

  test('GPT-2’s first weights have the spread asked for, and one seed gives one model', () => {
    const wide = initParams({ L: 2, C: 32, H: 4, V: 100, T: 16 }, 3);
    const spread = (name: string) =>
      Math.sqrt(wide[name]!.reduce((sum, x) => sum + x * x, 0) / wide[name]!.length);
    // 3,072 draws and more: the standard error of a spread is below 1.3 %.
    expect(spread('transformer.wte.weight') / 0.02).toBeCloseTo(1, 1);
    expect(spread('transformer.h.1.mlp.c_proj.weight') / 0.01).toBeCloseTo(1, 1);
    expect(new Set(wide['transformer.ln_f.weight'])).toEqual(new Set([1]));
    expect(initParams(config, 3)).toEqual(initParams(config, 3));
    expect(initParams(config, 4)).not.toEqual(initParams(config, 3));
    for (const [name, shape] of Object.entries(gptShapes(config))) {
      expect(policy[name]!.length, name).toBe(shape.reduce((a, b) => a * b, 1));
    }
  });
});
