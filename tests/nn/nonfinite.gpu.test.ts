/** Where a value that is not finite came from, and that nothing which is kept takes it. */
import { afterAll, describe, expect, test } from 'vitest';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { type LmStep, LmTrainer } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { random } from '../reference/compare';
import { testGpu } from '../support/kernel';
import { nnConfig } from './support';

const gpu = await testGpu();
const model = { L: 2, C: 12, H: 3, V: 53, T: 8 };
const layout = layoutOf(nnConfig(model), 'lm');
const [B, T] = [4, 8];
const LR = 1e-2;
const bits = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset);

function batch(seed: number) {
  const id = (z: number) => Math.floor(Math.abs(z) * 1000) % model.V;
  return {
    inputIds: Int32Array.from(random(B * T, 2 * seed), id),
    targets: Int32Array.from(random(B * T, 2 * seed + 1), (z, i) => (i % 7 === 2 ? -100 : id(z))),
  };
}

const tensorOf = (name: string) => layout.tensors.find((tensor) => tensor.name === name)!;

/** A model in training, and how to put values into its tensors. */
async function training(changes: { dropout?: number; accumulate?: number } = {}) {
  const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
  const met: LmStep[] = [];
  const options = { B, T, dropout: 0, seed: 5, adamw: ADAMW, ...changes };
  const trainer = await LmTrainer.make(gpu, weights, options, (step) => met.push(step));
  const { optimizer } = trainer;
  const arenas = [weights, optimizer.m, optimizer.v];
  return {
    weights,
    trainer,
    met,
    /** Weights and moments, once the queue is empty. */
    state: async () => {
      await trainer.drain();
      return Promise.all(arenas.map(async (arena) => bits(await arena.floats(gpu))));
    },
    /** Queues `change` of every value of a tensor. */
    change: async (name: string, of: (value: number, at: number) => number, arena = weights) => {
      const { offset, size } = tensorOf(name);
      const floats = await arena.floats(gpu);
      gpu.write(arena.tensor(name), floats.slice(offset, offset + size).map(of));
    },
    free: () => {
      trainer.free();
      gpu.free(weights.arena);
    },
  };
}

describe('a step that is well', () => {
  test.each([
    { dropout: 0, accumulate: 1 },
    { dropout: 0.25, accumulate: 3 },
  ])('has no such value in all that its dispatches write: %o', async (changes) => {
    const { trainer, state, free } = await training(changes);
    await trainer.step(1, LR, batch(1));
    const before = await state();
    expect(await trainer.diagnose(2, batch(2))).toBeUndefined();
    expect(await trainer.tries(2, batch(2))).toBe(true);
    expect(await state()).toEqual(before);
    free();
  });
});

describe('the first value that is not finite', () => {
  const c_fc = 'transformer.h.1.mlp.c_fc.weight';

  test.each([
    ['weights', '', Number.POSITIVE_INFINITY],
    ['m', "AdamW's m of ", Number.NaN],
    ['v', "AdamW's v of ", Number.NEGATIVE_INFINITY],
  ] as const)('in %s was there before, and is named by its tensor', async (role, prefix, bad) => {
    const { weights, trainer, change, free } = await training();
    const arena = role === 'weights' ? weights : trainer.optimizer[role];
    await change(c_fc, (value, at) => (at === 37 || at === 300 ? bad : value), arena);
    const found = await trainer.diagnose(1, batch(1));
    expect(found).toEqual({ what: `${prefix}${c_fc}`, kernel: undefined, element: 37 });
    free();
  });

  test('is an activation that overflows: of its layer, whatever comes of it later', async () => {
    const { trainer, change, free } = await training();
    // Normalised values pass 1.2 somewhere, and so the product passes 3.4e38.
    await change('transformer.h.1.ln_2.weight', () => 3e38);
    const found = await trainer.diagnose(1, batch(1));
    expect(found?.what).toBe('transformer.h.1.ln_2.out');
    expect(found?.kernel).toMatch(/^layernorm_forward/);
    expect(found?.element).toBeLessThan(B * T * model.C);
    expect(await trainer.diagnose(1, batch(1))).toEqual(found);
    free();
  });

  test('is a gradient that overflows behind a forward pass that does not', async () => {
    const { trainer, change, free, met } = await training();
    // ln_2's output of 1e35 meets weights of 1e-37: the activations stay, the product dW does not.
    await change('transformer.h.1.ln_2.weight', () => 1e35);
    await change(c_fc, (value) => value * 1e-35);
    await change('transformer.ln_f.weight', () => 1e9);
    const found = await trainer.diagnose(1, batch(1));
    expect(found?.what).toBe(`∂ ${c_fc}`);
    expect(found?.kernel).toMatch(/^matmul_tn/);
    await trainer.step(1, LR, batch(1));
    await trainer.drain();
    expect(Number.isFinite(met[0]!.loss)).toBe(true);
    expect(met[0]!.finite).toBe(false);
    free();
  });

  test('is the norm where only the sum of the squares overflows', async () => {
    const { trainer, change, free } = await training();
    await change('transformer.ln_f.weight', () => 1e25);
    const found = await trainer.diagnose(1, batch(1));
    expect(found).toMatchObject({ what: 'partial norms', kernel: 'grad_norm_partial' });
    free();
  });
});

describe('an update that met one', async () => {
  const { trainer, met, state, change, free } = await training();
  afterAll(free);
  const tensor = 'transformer.ln_f.weight';

  test('leaves weights and moments alone, and so do those queued behind it', async () => {
    trainer.queue(1, LR, batch(1));
    const good = await state();
    const gain = (await trainer.weights.floats(gpu)).slice(
      tensorOf(tensor).offset,
      tensorOf(tensor).offset + model.C,
    );
    await change(tensor, () => 3e38);
    trainer.queue(2, LR, batch(2));
    gpu.write(trainer.weights.tensor(tensor), gain);
    // Their own gradients are finite again.
    for (let step = 3; step <= 6; step++) trainer.queue(step, LR, batch(step));
    expect(await state()).toEqual(good);
    expect(met.map(({ finite }) => finite)).toEqual([true, false, true, true, true, true]);
    // Looking for the cause changes nothing either.
    expect(await trainer.diagnose(2, batch(2))).toBeUndefined();
    expect(await state()).toEqual(good);
  });

  test('once released, training goes on as if there had been none', async () => {
    trainer.optimizer.release();
    for (let step = 2; step <= 4; step++) trainer.queue(step, LR, batch(step));
    const whole = await training();
    for (let step = 1; step <= 4; step++) whole.trainer.queue(step, LR, batch(step));
    expect(await state()).toEqual(await whole.state());
    whole.free();
  });

  test('weights that lead nowhere are known before an update takes hold', async () => {
    await change(tensor, () => 3e38);
    const before = await state();
    expect(await trainer.tries(5, batch(5))).toBe(false);
    expect(await state()).toEqual(before);
  });
});
