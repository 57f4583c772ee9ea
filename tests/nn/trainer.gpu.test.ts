/** Supervised training on the GPU: dropout, reproducibility, weight decay, lifetimes. */
import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { type LmStep, LmTrainer, type LmTrainerOptions } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { expectClose, random } from '../reference/compare';
import { lmLoss } from '../reference/losses';
import { initOptimizer, optimizerStep } from '../reference/optimizer';
import { initParams } from '../reference/params';
import { testGpu } from '../support/kernel';
import { nnConfig, readTensors, rounded, TOLERANCE, uploadModel } from './support';

const gpu = await testGpu();
const model = { L: 2, C: 12, H: 3, V: 53, T: 8 };
const layout = layoutOf(nnConfig(model), 'lm');
const [B, T] = [4, 8];
const bits = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset);

function batch(seed: number) {
  const id = (z: number) => Math.floor(Math.abs(z) * 1000) % model.V;
  return {
    inputIds: Int32Array.from(random(B * T, 2 * seed), id),
    targets: Int32Array.from(random(B * T, 2 * seed + 1), (z, i) => (i % 7 === 2 ? -100 : id(z))),
  };
}

const options = (changes: Partial<LmTrainerOptions> = {}): LmTrainerOptions => ({
  B,
  T,
  dropout: 0.25,
  seed: 5,
  adamw: { ...ADAMW, weightDecay: 0.1 },
  ...changes,
});

/** Trains from the same first weights for `steps` batches; the metrics, the weights and the masks. */
async function train(steps: number, changes: Partial<LmTrainerOptions> = {}) {
  const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
  const met: LmStep[] = [];
  const trainer = await LmTrainer.make(gpu, weights, options(changes), (step) => met.push(step));
  for (let step = 1; step <= steps; step++) await trainer.step(step, 1e-2, batch(step % 3));
  await trainer.drain();
  const after = await weights.floats(gpu);
  trainer.free();
  gpu.free(weights.arena);
  return { met, after };
}

describe('dropout', () => {
  test('a training step with masks drawn on the GPU is the reference with those masks', async () => {
    const params = rounded(initParams(model, 21, { std: 0.3, noise: 0.2 }));
    const weights = uploadModel(gpu, model, 'lm', params);
    const met: LmStep[] = [];
    const trainer = await LmTrainer.make(gpu, weights, options(), (step) => met.push(step));
    const { inputIds, targets } = batch(1);
    let state = initOptimizer(params);
    const drawn: Float64Array[] = [];
    for (let step = 1; step <= 2; step++) {
      await trainer.step(step, 1e-3, { inputIds, targets });
      await trainer.drain();
      const dropoutMasks: Record<string, Float64Array> = {};
      for (const [layer, masks] of (await trainer.masks()).entries()) {
        for (const site of ['attn', 'mlp'] as const) {
          const mask = Float64Array.from(masks[site]);
          dropoutMasks[`h.${layer}.${site}`] = mask;
          drawn.push(mask);
        }
      }
      const { loss, grads } = lmLoss(model, state.params, inputIds, targets, {
        B,
        T,
        dropoutMasks,
      });
      const settings = { ...ADAMW, lr: 1e-3, weightDecay: 0.1 };
      const next = optimizerStep(state, grads, settings);
      expectClose([met[step - 1]!.loss], [loss], TOLERANCE, `loss of step ${step}`);
      expectClose([met[step - 1]!.gradNorm], [next.gradNorm], TOLERANCE, `norm of step ${step}`);
      state = next;
    }
    trainer.free();
    gpu.free(weights.arena);

    // Eight masks, two blocks of two at two steps, all of them different draws.
    expect(new Set(drawn.map((mask) => mask.join())).size).toBe(8);
    const all = drawn.flatMap((mask) => Array.from(mask));
    expect([...new Set(all)].sort()).toEqual([0, Math.fround(1 / 0.75)]);
    // 3072 draws: the standard deviation of the share is √(.25·.75/3072) = 0.008.
    const share = all.filter((x) => x === 0).length / all.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
  });
});

describe('reproducibility', () => {
  test('the same seed gives the same bits after five steps; another seed others', async () => {
    const [one, again, other] = [await train(5), await train(5), await train(5, { seed: 6 })];
    expect(bits(again.after)).toEqual(bits(one.after));
    expect(again.met).toEqual(one.met);
    expect(bits(other.after)).not.toEqual(bits(one.after));
  });

  test('metrics arrive in the order of the steps, whatever their number', async () => {
    const { met } = await train(7, { metricsEvery: 3 });
    expect(met.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(met).toEqual((await train(7, { metricsEvery: 16 })).met);
  });
});

test('weight decay acts on matrices and embeddings alone, or on everything when asked', async () => {
  // With no target there is no gradient, so that decay alone moves weights: by 1 − lr·decay.
  const nothing = { inputIds: batch(1).inputIds, targets: new Int32Array(B * T).fill(-100) };
  for (const decayAll of [false, true]) {
    const params = rounded(initParams(model, 22, { std: 0.3, noise: 0.2 }));
    const weights = uploadModel(gpu, model, 'lm', params);
    const adamw = { ...ADAMW, weightDecay: 0.5, decayAll };
    const trainer = await LmTrainer.make(gpu, weights, options({ dropout: 0, adamw }), () => {});
    await trainer.step(1, 0.1, nothing);
    await trainer.drain();
    const after = await readTensors(gpu, weights);
    trainer.free();
    gpu.free(weights.arena);
    for (const { name, shape } of layout.tensors) {
      const factor = decayAll || shape.length > 1 ? 0.95 : 1;
      const wanted = params[name]!.map((x) => factor * x);
      expectClose(after[name]!, wanted, 1e-6, name);
    }
  }
});

/** Every buffer of the device, those that `Gpu` does not count (uniforms, staging) included. */
function watchBuffers({ device }: Gpu) {
  const live = new Set<GPUBuffer>();
  let made = 0;
  const create = device.createBuffer;
  device.createBuffer = (descriptor) => {
    const buffer = create.call(device, descriptor);
    const destroy = buffer.destroy;
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy.call(buffer);
    };
    made++;
    live.add(buffer);
    return buffer;
  };
  return {
    live,
    made: () => made,
    stop: () => {
      device.createBuffer = create;
    },
  };
}

describe('lifetimes', () => {
  test('a steady step is one submit and makes nothing', async () => {
    const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
    const met: LmStep[] = [];
    const settings = options({ dropout: 0, metricsEvery: 4 });
    const trainer = await LmTrainer.make(gpu, weights, settings, (step) => met.push(step));
    const watch = watchBuffers(gpu);
    const next = async (from: number, to: number) => {
      for (let step = from; step <= to; step++) {
        trainer.queue(step, 1e-3, batch(1));
        // As many staging buffers as a throttled queue ever has in flight.
        if (step % 12 === 0) await trainer.drain();
      }
    };
    await next(1, 12);
    const before = { ...gpu.counters, made: watch.made() };
    await next(13, 32);
    const after = { ...gpu.counters, made: watch.made() };
    await trainer.drain();
    watch.stop();
    trainer.free();
    gpu.free(weights.arena);

    expect(after.submits - before.submits).toBe(20);
    expect(after.bindGroups).toBe(before.bindGroups);
    expect(after.made).toBe(before.made);
    expect(after.bytes).toBe(before.bytes);
    expect(met).toHaveLength(32);
  });

  test.each([
    [2, 0, 65],
    [2, 0.25, 65],
    [4, 0, 115],
    [4, 0.25, 115],
  ])('a step of %i layers with dropout %f is at most %i dispatches', async (L, dropout, most) => {
    const deep = layoutOf(nnConfig({ ...model, L }), 'lm');
    const weights = Weights.from(gpu, deep, 'weights', initialWeights(deep, 3));
    const trainer = await LmTrainer.make(gpu, weights, options({ dropout }), () => {});
    const before = gpu.counters.dispatches;
    await trainer.step(1, 1e-3, batch(1));
    expect(gpu.counters.dispatches - before).toBeLessThanOrEqual(most);
    await trainer.drain();
    trainer.free();
    gpu.free(weights.arena);
  });

  test('a freed trainer leaves no buffer behind', async () => {
    const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
    const { buffers, bytes } = gpu.counters;
    const watch = watchBuffers(gpu);
    const trainer = await LmTrainer.make(gpu, weights, options({ metricsEvery: 2 }), () => {});
    for (let step = 1; step <= 5; step++) await trainer.step(step, 1e-3, batch(1));
    await trainer.drain();
    expect(gpu.counters.buffers).toBeGreaterThan(buffers);
    trainer.free();
    watch.stop();
    expect(gpu.counters).toMatchObject({ buffers, bytes });
    expect([...watch.live].map(({ label }) => label)).toEqual([]);
    gpu.free(weights.arena);
  });
});
