/** Sampling from weights in half precision: what it draws, when it rounds, and the memory it takes. */
import { afterAll, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { PlanningGpu } from '../../src/gpu/plan';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { Sampler } from '../../src/nn/sampler';
import { Weights } from '../../src/nn/weights';
import { halvesAround } from '../reference/half';
import { testGpu } from '../support/kernel';

const gpu = await testGpu();
const has = gpu.verified.has('shader-f16');
const model = { n_layer: 2, n_embd: 32, n_head: 4, n_positions: 32, vocab_size: 64 };
const layout = layoutOf(model, 'lm');
const OPTIONS = {
  ...{ B: 19, P: 3, R: 20 },
  ...{ temperature: 1, topK: 0, topP: 1, eot: 0, pad: 0, stopAtEot: false },
};
const prompts = Array.from({ length: OPTIONS.B }, (_, b) => [1 + b, 2 + b, 3 + b]);

/** The same device, with nothing but these features used. */
const using = (...features: string[]): Gpu =>
  Object.create(gpu, { trusted: { value: new Set(features) } });
const [halves, floats] = [using('shader-f16'), using()];

/** Weights large enough to tell tokens apart; the other seed's are another policy's. */
const policy = (seed: number) => initialWeights(layout, seed).map((value) => 10 * value);
const weights = Weights.from(gpu, layout, 'weights', policy(1));
afterAll(() => gpu.free(weights.arena));

async function draw(sampler: Sampler) {
  sampler.start(prompts, 5, 0);
  const { tokens, logprobs } = await sampler.finish();
  return { tokens, logprobs };
}

async function drawOnce(device: Gpu, values: Float32Array<ArrayBuffer>) {
  gpu.write(weights.arena, values);
  const sampler = await Sampler.make(device, weights, OPTIONS);
  const kernels = sampler.recorded.describe().flatMap((info) => info?.kernel.name ?? []);
  const drawn = await draw(sampler);
  sampler.free();
  return { ...drawn, kernels };
}

test('reads every layer and the head in half precision', async () => {
  if (!has) return;
  const { kernels } = await drawOnce(halves, policy(1));
  const linear = kernels.filter((name) => name.startsWith('decode_linear'));
  expect(linear).toEqual(Array(4 * model.n_layer + 1).fill('decode_linear_half'));
});

test('draws what f32 draws where the weights are halves, and nearly that where they are not', async () => {
  if (!has) return;
  const exact = policy(1).map((value) => halvesAround(value)[0]);
  const [met, wanted] = [await drawOnce(halves, exact), await drawOnce(floats, exact)];
  expect(met.tokens).toEqual(wanted.tokens);
  expect(met.logprobs).toEqual(wanted.logprobs);

  const [near, plain] = [await drawOnce(halves, policy(1)), await drawOnce(floats, policy(1))];
  // The first token of each sequence has the same text before it.
  const firsts = (logprobs: Float32Array) => prompts.map((_, b) => logprobs[b * OPTIONS.R]!);
  const apart = firsts(near.logprobs).map((value, b) => value - firsts(plain.logprobs)[b]!);
  const worst = Math.max(...apart.map(Math.abs));
  expect(worst).toBeGreaterThan(1e-6);
  expect(worst).toBeLessThan(0.05);
});

test('rounds anew at every start, since a policy learns between two', async () => {
  if (!has) return;
  gpu.write(weights.arena, policy(1));
  const sampler = await Sampler.make(halves, weights, OPTIONS);
  const first = await draw(sampler);
  gpu.write(weights.arena, policy(2));
  const second = await draw(sampler);
  sampler.free();
  const { tokens, logprobs } = await drawOnce(halves, policy(2));
  expect(second).toEqual({ tokens, logprobs });
  expect(second.tokens).not.toEqual(first.tokens);
});

test('takes two bytes a weight that is read so, as planned, and gives them back', async () => {
  const memoryOf = async (device: Gpu) => {
    const arena = Weights.zeros(device, layout, 'weights');
    const before = device.counters.bytes;
    const sampler = await Sampler.make(device, arena, OPTIONS);
    const bytes = device.counters.bytes - before;
    sampler.free();
    expect(device.counters.bytes).toBe(before);
    device.free(arena.arena);
    return bytes;
  };
  const { adapter } = gpu;
  const plan = (...trusted: ('shader-f16' | 'subgroups')[]) =>
    memoryOf(new PlanningGpu({ adapter, trusted }));
  const { n_layer, n_embd: C, vocab_size: V } = model;
  const planned = await plan('shader-f16');
  expect(planned - (await plan())).toBe(2 * (n_layer * 12 * C * C + V * C));
  if (has) expect(await memoryOf(halves)).toBe(planned);
});
