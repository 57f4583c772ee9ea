/** Gradient accumulation: batches in parts take the steps of whole batches. */
import { describe, expect, test } from 'vitest';
import type { GpuCounters } from '../../src/gpu/device';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { type LmStep, LmTrainer } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { expectClose, random } from '../reference/compare';
import { lmLoss } from '../reference/losses';
import { initOptimizer, optimizerStep } from '../reference/optimizer';
import { initParams } from '../reference/params';
import { testGpu } from '../support/kernel';
import { expectGradients, nnConfig, readTensors, rounded, TOLERANCE, uploadModel } from './support';

const gpu = await testGpu();
const model = { L: 2, C: 12, H: 3, V: 53, T: 9 };
const { T } = model;
const layout = layoutOf(nnConfig(model), 'lm');
const B = 5;

/**
 * Completions of very different lengths behind masked prompts, as in SFT: the first sequence has one
 * target, the second none, the last a target everywhere.
 */
function batch(seed: number) {
  const id = (z: number) => Math.floor(Math.abs(z) * 1000) % model.V;
  const begins = [T - 1, T, 4, 2, 0];
  return {
    inputIds: Int32Array.from(random(B * T, 2 * seed), id),
    targets: Int32Array.from(random(B * T, 2 * seed + 1), (z, i) =>
      i % T < begins[Math.floor(i / T)]! ? -100 : id(z),
    ),
  };
}

const options = (accumulate: number, dropout = 0) => ({
  B,
  T,
  accumulate,
  dropout,
  seed: 5,
  adamw: { ...ADAMW, weightDecay: 0.1 },
});

const widened = (tensors: Record<string, Float32Array>) =>
  Object.fromEntries(Object.entries(tensors).map(([k, x]) => [k, Float64Array.from(x)]));

const params = rounded(initParams(model, 21, { std: 0.3, noise: 0.2 }));

/** One step from the same weights: metrics, gradients, masks and what was counted. */
async function step(accumulate: number, dropout = 0) {
  const weights = uploadModel(gpu, model, 'lm', params);
  const met: LmStep[] = [];
  const trainer = await LmTrainer.make(gpu, weights, options(accumulate, dropout), (row) =>
    met.push(row),
  );
  await trainer.step(1, 1e-3, batch(1));
  await trainer.drain();
  const grads = await readTensors(gpu, trainer.grads);
  const after = await readTensors(gpu, weights);
  const masks = await trainer.masks();
  trainer.free();
  gpu.free(weights.arena);
  return { met: met[0]!, grads, after, masks };
}

describe('a batch of ragged completions', () => {
  test.each([2, 3, 5, 64])('in %i parts has the reference’s loss and gradients', async (parts) => {
    const { inputIds, targets } = batch(1);
    const { loss, grads } = lmLoss(model, params, inputIds, targets, { B, T });
    const met = await step(parts);
    expectClose([met.met.loss], [loss], TOLERANCE, 'loss');
    expectGradients(met.grads, grads);
    const whole = await step(1);
    expectClose([met.met.gradNorm], [whole.met.gradNorm], TOLERANCE, 'norm');
    expectGradients(met.grads, widened(whole.grads));
    // One clipping and one AdamW update of the sum; from the GPU's own gradients, since a first step
    // is little but their signs.
    const settings = { ...ADAMW, lr: 1e-3, weightDecay: 0.1 };
    const stepped = optimizerStep(initOptimizer(params), widened(met.grads), settings);
    for (const [name, wanted] of Object.entries(stepped.params)) {
      expectClose(met.after[name]!, wanted, 1e-6, name);
    }
  });

  test('in 2 parts drops what the whole batch drops', async () => {
    const [whole, met] = [await step(1, 0.25), await step(2, 0.25)];
    expect(met.masks).toEqual(whole.masks);
    const dropoutMasks = Object.fromEntries(
      met.masks.flatMap((block, layer) =>
        (['attn', 'mlp'] as const).map((site) => [
          `h.${layer}.${site}`,
          Float64Array.from(block[site]),
        ]),
      ),
    );
    const { inputIds, targets } = batch(1);
    const { loss, grads } = lmLoss(model, params, inputIds, targets, { B, T, dropoutMasks });
    expectClose([met.met.loss], [loss], TOLERANCE, 'loss');
    expectGradients(met.grads, grads);
  });

  test('in parts gives the same bits twice', async () => {
    const [one, again] = [await step(3, 0.25), await step(3, 0.25)];
    expect(again).toEqual(one);
  });
});

describe('a step in parts', () => {
  test('is one submit, and a steady one makes nothing', async () => {
    const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
    const trainer = await LmTrainer.make(
      gpu,
      weights,
      { ...options(3, 0.25), metricsEvery: 4 },
      () => {},
    );
    const next = async (from: number, to: number) => {
      for (let at = from; at <= to; at++) trainer.queue(at, 1e-3, batch(1));
      await trainer.drain();
    };
    await next(1, 12);
    const before: GpuCounters = { ...gpu.counters };
    for (let at = 13; at <= 20; at++) trainer.queue(at, 1e-3, batch(1));
    const after: GpuCounters = { ...gpu.counters };
    await trainer.drain();
    trainer.free();
    gpu.free(weights.arena);
    expect(after.submits - before.submits).toBe(8);
    expect(after.bindGroups).toBe(before.bindGroups);
    expect(after.buffers).toBe(before.buffers);
    expect(after.bytes).toBe(before.bytes);
  });

  test('holds less the more parts there are, and leaves nothing behind', async () => {
    const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
    const start = { ...gpu.counters };
    const held: number[] = [];
    for (const parts of [1, 2, 5]) {
      const trainer = await LmTrainer.make(gpu, weights, options(parts, 0.25), () => {});
      held.push(gpu.counters.bytes - start.bytes);
      trainer.free();
    }
    expect(held).toEqual(held.toSorted((a, b) => b - a));
    expect(held[2]).toBeLessThan(held[0]! * 0.7);
    expect(gpu.counters).toMatchObject({ buffers: start.buffers, bytes: start.bytes });
    gpu.free(weights.arena);
  });
});
