/** Tapes that read matrices as images: what is copied, what is shared, and whole steps by images. */
import { describe, expect, test, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { PlanningGpu } from '../../src/gpu/plan';
import { readFloats } from '../../src/gpu/readback';
import { Scratch } from '../../src/gpu/scratch';
import { real, type Slot } from '../../src/gpu/slots';
import { Tape } from '../../src/gpu/tape';
import { matmulNN } from '../../src/kernels/linear';
import { matmulNNImage } from '../../src/kernels/linear_images';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { Sampler } from '../../src/nn/sampler';
import { LmTrainer } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { expectClose, random } from '../reference/compare';
import { matmulNN as wanted } from '../reference/matmul';
import { testGpu } from '../support/kernel';

const gpu = await testGpu();
const SIDE = 64;
const square = (stream: number) => {
  const values = Float32Array.from(random(SIDE * SIDE, stream));
  return { values, view: gpu.upload(`square ${stream}`, values) };
};
const multiply = (tape: Tape, a: Slot, b: Slot, out: Slot, rows = SIDE) =>
  tape.dispatch(matmulNNImage, { M: rows, N: SIDE, K: SIDE }, { a, b, out });

/** Copies of a tape: what stands between its dispatches. */
const copies = (tape: Tape) => tape.describe().filter((info) => !info).length;

describe('images', () => {
  test('of weights are copied once, of temporaries once for dispatches in a row', async () => {
    const [x, w] = [square(1), square(2)];
    const tape = new Tape(gpu, 'chain');
    const temps = ['one', 'two', 'three', 'four'].map((name) => tape.temp(name, SIDE * SIDE));
    const [one, two, three, four] = temps as [Slot, Slot, Slot, Slot];
    multiply(tape, x.view, w.view, one);
    expect(copies(tape)).toBe(2);
    multiply(tape, one, w.view, two);
    expect(copies(tape), 'w is there').toBe(3);
    multiply(tape, one, w.view, three);
    expect(copies(tape), 'one was read just before').toBe(3);
    multiply(tape, two, w.view, four);
    multiply(tape, one, w.view, four);
    expect(copies(tape), 'one was read before that').toBe(5);
    tape.keep(tape.describe().at(-1)!.slots.at(-1) as (typeof temps)[number]);
    await tape.finish();
    tape.run();
    const met = await readFloats(gpu, real(four), SIDE * SIDE);
    tape.free();
    gpu.free(x.view, w.view);
    const first = wanted(x.values, w.values, SIDE, SIDE, SIDE);
    const second = wanted(first, w.values, SIDE, SIDE, SIDE);
    const worst = met.reduce((most, value, at) => Math.max(most, Math.abs(value - second[at]!)), 0);
    expect(worst).toBeLessThan(1e-4);
  });

  test('are copied anew after a dispatch or a copy has written what they show', async () => {
    const [x, w] = [square(3), square(4)];
    const out = gpu.alloc('out', 4 * SIDE * SIDE);
    const tape = new Tape(gpu, 'written');
    multiply(tape, x.view, w.view, out);
    multiply(tape, out, w.view, x.view);
    multiply(tape, x.view, w.view, out);
    tape.copy(w.view, x.view, 4 * SIDE * SIDE);
    multiply(tape, x.view, w.view, out);
    // x, w; out; x again; w to x; x again.
    expect(copies(tape)).toBe(6);
    await tape.finish();
    tape.run();
    const met = await readFloats(gpu, out, SIDE * SIDE);
    tape.free();
    gpu.free(x.view, w.view, out);
    const squared = wanted(w.values, w.values, SIDE, SIDE, SIDE);
    const worst = met.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - squared[at]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-4);
  });

  test('of what a tape never writes are copied once for all replays of one submit', async () => {
    const [x, w, other] = [square(8), square(9), square(10)];
    const tape = new Tape(gpu, 'repeated', undefined, true);
    const between = tape.temp('between', SIDE * SIDE);
    multiply(tape, x.view, w.view, between);
    multiply(tape, between, w.view, x.view);
    await tape.finish();
    const encoder = gpu.device.createCommandEncoder();
    const copied = vi.spyOn(encoder, 'copyBufferToTexture');
    tape.encode(encoder, 3);
    // x and what lies between at every replay, w at the first.
    expect(copied).toHaveBeenCalledTimes(3 * 2 + 1);
    gpu.submit(encoder.finish());
    const times = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      wanted(wanted(a, b, SIDE, SIDE, SIDE), b, SIDE, SIDE, SIDE);
    const thrice = times(times(times(x.values, w.values), w.values), w.values);
    expectClose(await readFloats(gpu, x.view, SIDE * SIDE), thrice, 1e-4, 'three replays');
    // Weights that were written between two submits are shown as they are.
    gpu.write(x.view, x.values);
    gpu.write(w.view, other.values);
    tape.run();
    const once = times(x.values, other.values);
    expectClose(await readFloats(gpu, x.view, SIDE * SIDE), once, 1e-4, 'other weights');
    tape.free();
    gpu.free(x.view, w.view, other.view);
  });

  test('share textures where their lives are apart, lent by a scratch, counted and freed', async () => {
    const [x, w] = [square(5), square(6)];
    const before = gpu.counters.bytes;
    const scratch = new Scratch(gpu, 'shared');
    const record = async (rows: number) => {
      const tape = new Tape(gpu, `${rows} rows`, scratch);
      const temps = [0, 1, 2, 3].map((at) => tape.temp(`t${at}`, rows * SIDE));
      for (const [at, temp] of temps.entries()) {
        multiply(tape, temps[at - 1] ?? x.view, w.view, temp, rows);
      }
      tape.keep(temps[3]!);
      const held = gpu.counters.bytes;
      await tape.finish();
      return { tape, last: temps[3]!, grown: gpu.counters.bytes - held };
    };
    const [all, some] = [await record(64), await record(17)];
    const matrix = 4 * SIDE * SIDE;
    const texture = matrix + 4 * 16 * SIDE;
    const unbound = 2 * 256;
    // One buffer, since a temporary is in its image before the next is written; w's image and a's.
    expect(all.grown).toBe(matrix + 2 * texture + unbound);
    expect(some.grown).toBe(unbound);
    some.tape.run();
    const few = await readFloats(gpu, real(some.last), 17 * SIDE);
    all.tape.run();
    const many = await readFloats(gpu, real(all.last), 64 * SIDE);
    expect(few).toEqual(many.slice(0, 17 * SIDE));
    for (const { tape } of [all, some]) tape.free();
    scratch.free();
    expect(gpu.counters.bytes).toBe(before);
    gpu.free(x.view, w.view);
  });
});

/** The same device, taken for one that reads images and for one that does not. */
const trusting = (features: readonly string[]): Gpu =>
  Object.create(gpu, {
    adapter: { value: { ...gpu.adapter, is_fallback: true } },
    trusted: { value: new Set(features) },
  });

test('training by images has the bits of training by buffers, and the memory that was planned', async () => {
  const model = { n_layer: 2, n_embd: 64, n_head: 4, n_positions: 32, vocab_size: 128 };
  const layout = layoutOf(model, 'lm');
  const [B, T] = [4, model.n_positions];
  const options = { B, T, dropout: 0.1, seed: 1, adamw: ADAMW };
  const inputIds = Int32Array.from({ length: B * T }, (_, at) => (at * 7) % 128);
  const targets = Int32Array.from({ length: B * T }, (_, at) => (at * 5) % 128);
  const trained = async (device: Gpu) => {
    const weights = Weights.from(device, layout, 'weights', initialWeights(layout, 1));
    const held = gpu.counters.bytes;
    const trainer = await LmTrainer.make(device, weights, options, () => {});
    const bytes = gpu.counters.bytes - held;
    for (let step = 1; step <= 3; step++) await trainer.step(step, 1e-3, { inputIds, targets });
    await trainer.drain();
    const floats = await weights.floats(gpu);
    const kernels = trainer.recorded.describe().flatMap((info) => info?.kernel.name ?? []);
    trainer.free();
    gpu.free(weights.arena);
    return { floats, kernels, bytes };
  };
  const [images, buffers] = [await trained(trusting(['images'])), await trained(trusting([]))];
  const matmuls = (names: string[]) => names.filter((name) => name.startsWith('matmul_'));
  expect(matmuls(images.kernels).every((name) => name.endsWith('_image'))).toBe(true);
  expect(matmuls(buffers.kernels).every((name) => name.endsWith('_vec4'))).toBe(true);
  expect(images.kernels.length).toBe(buffers.kernels.length);
  expect(images.floats).toEqual(buffers.floats);
  expect(images.bytes).toBeGreaterThan(buffers.bytes);

  const plan = new PlanningGpu({ adapter: trusting([]).adapter, trusted: ['images'] });
  const weights = Weights.zeros(plan, layout, 'weights');
  const before = plan.counters.bytes;
  await LmTrainer.make(plan, weights, options, () => {});
  expect(plan.counters.bytes - before).toBe(images.bytes);
});

test('sampling by images draws what sampling by buffers draws', async () => {
  const model = { n_layer: 2, n_embd: 128, n_head: 4, n_positions: 32, vocab_size: 512 };
  const layout = layoutOf(model, 'lm');
  const draws = { temperature: 1, topK: 0, topP: 1, eot: 0, pad: 0, stopAtEot: false };
  const prompts = Array.from({ length: 19 }, (_, b) => [1 + b, 2 + b, 3 + b]);
  const sampled = async (device: Gpu) => {
    const weights = Weights.from(device, layout, 'weights', initialWeights(layout, 2));
    const sampler = await Sampler.make(device, weights, { B: 19, P: 3, R: 20, ...draws });
    sampler.start(prompts, 5, 0);
    const result = await sampler.finish();
    const kernels = sampler.recorded.describe().flatMap((info) => info?.kernel.name ?? []);
    sampler.free();
    gpu.free(weights.arena);
    return { ...result, kernels };
  };
  const [images, buffers] = [await sampled(trusting(['images'])), await sampled(trusting([]))];
  expect(images.kernels.filter((name) => name.endsWith('_image'))).toHaveLength(2 * 3 + 1);
  expect(buffers.kernels.filter((name) => name.endsWith('_image'))).toEqual([]);
  expect(images.tokens).toEqual(buffers.tokens);
  expectClose(images.logprobs, buffers.logprobs, 1e-5);
});

test('a product of buffers is never given images', () => {
  const tape = new Tape(gpu, 'buffers');
  const [x, w] = [square(7), square(8)];
  const out = gpu.alloc('out', 4 * SIDE * SIDE);
  tape.dispatch(matmulNN, { M: SIDE, N: SIDE, K: SIDE }, { a: x.view, b: w.view, out });
  expect(copies(tape)).toBe(0);
  gpu.free(x.view, w.view, out);
});
