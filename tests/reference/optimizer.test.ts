/** AdamW, clipping and the moving average on cases worked out by hand. */
import { describe, expect, test } from 'vitest';
import { adamwStep, clipCoefficient, ema, globalNorm } from './adamw';
import { expectClose } from './compare';
import { decays, initOptimizer, optimizerStep } from './optimizer';
import { gptShapes } from './params';

const settings = { lr: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 };

describe('AdamW', () => {
  test('the first step moves by the learning rate against the sign, whatever the size', () => {
    const { x } = adamwStep([1, 1], [1e-3, -50], [0, 0], [0, 0], { ...settings, step: 1 });
    expectClose(x, [0.9, 1.1], 2e-6);
  });

  test('the second step follows both moments and both corrections', () => {
    const { x, m, v } = adamwStep([1], [2], [0.5], [0.2], {
      ...settings,
      weightDecay: 0.1,
      step: 2,
    });
    expect(m[0]).toBeCloseTo(0.45 + 0.2, 14);
    expect(v[0]).toBeCloseTo(0.19 + 0.2, 14);
    const update = 0.65 / (1 - 0.81) / (Math.sqrt(0.39 / (1 - 0.9025)) + 1e-8);
    expect(x[0]).toBeCloseTo(0.99 - 0.1 * update, 14);
  });

  test('matrices and embeddings decay, gains and biases do not', () => {
    for (const [name, shape] of Object.entries(gptShapes({ L: 1, C: 4, H: 1, V: 5, T: 3 }))) {
      expect(decays(name), name).toBe(shape.length === 2);
    }
    expect(decays('score.weight')).toBe(true);
  });

  test('a zero gradient leaves a bias and shrinks a matrix', () => {
    const name = { bias: 'transformer.h.0.mlp.c_fc.bias', matrix: 'transformer.wte.weight' };
    const params = { [name.bias]: Float64Array.of(1), [name.matrix]: Float64Array.of(1) };
    const grads = { [name.bias]: Float64Array.of(0), [name.matrix]: Float64Array.of(0) };
    const options = { ...settings, weightDecay: 0.1, maxNorm: 1 };
    const once = optimizerStep(initOptimizer(params), grads, options);
    expect(once.params[name.bias]![0]).toBe(1);
    expect(once.params[name.matrix]![0]).toBeCloseTo(0.99, 15);
    const all = optimizerStep(initOptimizer(params), grads, { ...options, decayAll: true });
    expect(all.params[name.bias]![0]).toBeCloseTo(0.99, 15);
  });
});

describe('clipping', () => {
  test('the norm runs over all tensors together', () => {
    expect(globalNorm([[3], [0, 4]])).toBe(5);
  });

  test('scales to the limit and never scales up', () => {
    expect(clipCoefficient(4, 1)).toBeCloseTo(0.25, 6);
    expect(clipCoefficient(4, 1)).toBeLessThan(0.25);
    expect(clipCoefficient(0.5, 1)).toBe(1);
    expect(clipCoefficient(0, 1)).toBe(1);
  });

  test('clipped gradients reach the moments', () => {
    const params = { 'transformer.wte.weight': Float64Array.of(0, 0) };
    const grads = { 'transformer.wte.weight': Float64Array.of(30, 40) };
    const state = optimizerStep(initOptimizer(params), grads, { ...settings, maxNorm: 1 });
    expect(state.gradNorm).toBe(50);
    expectClose(state.m['transformer.wte.weight']!, [0.06, 0.08], 1e-7);
    expectClose(state.v['transformer.wte.weight']!, [0.05 * 0.36, 0.05 * 0.64], 1e-7);
  });
});

test('the moving average keeps its share of the past', () => {
  expectClose(ema([1, 2], [3, -2], 0.75), [1.5, 1], 1e-15);
});
