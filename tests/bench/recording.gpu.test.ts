/** The shapes that the benchmark measures are recorded without the model's memory. */
import { expect, test } from 'vitest';
import { CONFIGS } from '../../bench/configs';
import { recordedBy, stepOperations } from '../../bench/kernels';
import { openGpu } from '../../src/kernels/trust';

test('GPT-2 124 M gives its kernels and shapes, and no buffer is made', async () => {
  const gpu = await openGpu();
  const before = { ...gpu.counters };
  const found = await recordedBy(gpu, CONFIGS.gpt2);
  expect(gpu.counters).toEqual(before);
  // The forward c_fc of each of 12 blocks, over 256 rows.
  const expand = found.filter(
    ({ info: { kernel, params } }) =>
      kernel.name.startsWith('matmul_nn') && params['N'] === 3072 && params['M'] === 256,
  );
  expect(expand.map(({ step }) => step)).toEqual([12]);
  const head = found.filter(({ info: { params } }) => Object.values(params).includes(50257));
  expect(head.length).toBeGreaterThan(3);
  gpu.close();
});

test('a kernel that waits to be asked for is measured, and counted for nothing', async () => {
  const gpu = await openGpu();
  const half: typeof gpu = Object.create(gpu, { verified: { value: new Set(['shader-f16']) } });
  const named = (all: Awaited<ReturnType<typeof recordedBy>>) =>
    all.filter(({ info }) => info.kernel.name === 'decode_linear_half');
  gpu.verified.delete('shader-f16');
  expect(named(await recordedBy(gpu, CONFIGS.tiny))).toEqual([]);
  const found = named(await recordedBy(half, CONFIGS.tiny));
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(({ step, token }) => step === 0 && token === 0)).toBe(true);
  expect(await stepOperations(half, CONFIGS.tiny)).toBe(await stepOperations(gpu, CONFIGS.tiny));
  gpu.close();
});

test('a step computes three products of each weight with each token, and attention', async () => {
  const gpu = await openGpu();
  const { n_layer: L, n_embd: C, vocab_size: V, n_positions: T, batch: B } = CONFIGS.tiny;
  const products = 6 * B * T * (12 * L * C * C + C * V);
  const attention = (2 + 3 + 4) * L * B * T * T * C;
  expect(await stepOperations(gpu, CONFIGS.tiny)).toBe(products + attention);
  gpu.close();
});
