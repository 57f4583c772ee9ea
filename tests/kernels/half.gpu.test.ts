/** Rounding to half precision, and the check of `shader-f16` at start-up. */
import { describe, expect, it } from 'vitest';
import { compiles } from '../../src/gpu/features';
import { decodeLinear, decodeLinearHalf, toHalf } from '../../src/kernels/decode_linear';
import { matmulDevice } from '../../src/kernels/linear_choice';
import { trustFeatures, verifyFeatures } from '../../src/kernels/trust';
import { random } from '../reference/compare';
import { halvesAround } from '../reference/half';
import { runKernel, testGpu } from '../support/kernel';

const adapter = (await navigator.gpu.requestAdapter())!;
const has = compiles(toHalf.features!, adapter);

/** Smaller numbers have fewer digits as halves, and a GPU may make them 0. */
const SMALLEST_NORMAL = 2 ** -14;

describe('half precision', () => {
  it('is there in Firefox, so that one browser at least runs these kernels', () => {
    if (navigator.userAgent.includes('Firefox')) expect(has).toBe(true);
  });

  it.each([4, 12, 68, 4096])('rounds %i numbers to a half next to them', async (n) => {
    if (!has) return;
    const special = [0, 1, -1, 65_504, 65_505, -1e6, 1 + 2 ** -11, 3e-5];
    const scale = (i: number) => 10 ** ((i % 9) - 4);
    const x = Float32Array.from(random(n, 7), (value, i) => special[i] ?? value * scale(i));
    const { out } = await runKernel(toHalf, { n }, { x });
    for (const [i, value] of x.entries()) {
      const tiny = Math.abs(value) < SMALLEST_NORMAL ? [0] : [];
      expect([...halvesAround(value), ...tiny], `${value}`).toContain(out![i]! + 0);
    }
  });

  it('of weights has the bits of the plain layer where the weights are halves', async () => {
    if (!has) return;
    const size = { B: 11, N: 68, K: 40 };
    const x = random(size.B * size.K, 1);
    const w = Float32Array.from(random(size.K * size.N, 2), (value) => halvesAround(value)[0]);
    const rows = Array.from({ length: size.B }, (_, r) => r);
    const wanted = await runKernel(decodeLinear, size, { rows, x, w });
    const met = await runKernel(decodeLinearHalf, size, { rows, x, w });
    expect(met['out']).toEqual(wanted['out']);
  });

  it('is verified where the device has it, and not used before somebody asks', async () => {
    const gpu = await testGpu();
    await verifyFeatures(gpu);
    expect(gpu.verified.has('shader-f16')).toBe(has);
    trustFeatures(gpu);
    expect(matmulDevice(gpu).halves).toBe(false);
    trustFeatures(gpu, gpu.verified);
    expect(matmulDevice(gpu).halves).toBe(has);
    trustFeatures(gpu);
  });
});
