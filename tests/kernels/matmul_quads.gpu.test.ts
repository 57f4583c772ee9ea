/**
 * The matrix products whose loads quads of threads share, against f64, and the check that decides
 * whether they are used. A device without subgroups is offered none of them.
 */
import { describe, expect, it } from 'vitest';
import type { Kernel, Values } from '../../src/gpu/kernel';
import { matmulNNVec4, matmulNTVec4, matmulTNVec4 } from '../../src/kernels/linear';
import { matmulDevice, matmulVariants } from '../../src/kernels/linear_choice';
import { matmulNNQuad, matmulNTQuad, matmulTNQuad } from '../../src/kernels/linear_quads';
import { trustFeatures, verifyFeatures } from '../../src/kernels/trust';
import { expectClose, random } from '../reference/compare';
import { geluBackward, geluForward } from '../reference/gelu';
import * as reference from '../reference/matmul';
import { type Arrays, runKernel, testGpu } from '../support/kernel';
import { expectations, type Product, product, type Size, tolerance } from './matmul_products';

/** Multiples of 4, below, at and above the tiles' 8 and 16 rows and 32, 64 and 256 columns. */
const FOURS: Size[] = [
  [4, 4, 4],
  [12, 8, 20],
  [36, 68, 28],
  [64, 192, 64],
  [100, 72, 256],
  [20, 260, 1020],
];
/** Where only N and K must be multiples of 4. */
const FOURS_ODD_M: Size[] = [...FOURS, [1, 64, 64], [17, 12, 36], [33, 36, 12]];

const TILINGS = [
  { TILE_M: 8, WG_N: 4 },
  { TILE_M: 16, WG_N: 8 },
  { TILE_M: 8, WG_N: 32 },
];

/** The exponential of a GPU may be off by some units in the last place (WGSL allows 3 + 2|x|). */
const GELU_ERROR = 2e-6;

/** Runs a kernel that needs subgroups; where there are none, none may be offered. */
async function runQuads(kernel: Kernel, params: Values, inputs: Arrays, constants: Values) {
  const gpu = await testGpu();
  if (gpu.device.features.has('subgroups')) return runKernel(kernel, params, inputs, constants);
  expect(gpu.trusted.has('subgroups')).toBe(false);
  return undefined;
}

/** The plain kernel gives the same to the bit; a GPU's compiler may fuse products and sums as it likes. */
async function expectBits(
  met: Readonly<Record<string, ArrayLike<number>>>,
  plain: Kernel,
  params: Values,
  inputs: Arrays,
  constants: Values,
) {
  if (!(await testGpu()).adapter.is_fallback) return;
  const bits = await runKernel(plain, params, inputs, constants);
  for (const name of Object.keys(bits)) {
    expect(met[name], `${name} of ${plain.name}`).toEqual(bits[name]);
  }
}

describe.each([
  ['a·b', matmulNNQuad, matmulNNVec4, FOURS_ODD_M, reference.matmulNN],
  ['a·bᵀ', matmulNTQuad, matmulNTVec4, FOURS_ODD_M, reference.matmulNT],
  ['aᵀ·b', matmulTNQuad, matmulTNVec4, FOURS, reference.matmulTN],
] as unknown as [string, Kernel, Kernel, Size[], Product][])(
  '%s by quads, for sizes that divide the tiles and sizes that do not',
  (_, kernel, plain, sizes, expected) => {
    const wanted = expectations(sizes, expected);
    it.each(TILINGS)('%o', async (tiling) => {
      for (const { size, params, a, b, out } of wanted) {
        const met = await runQuads(kernel, params, { a, b }, tiling);
        if (!met) continue;
        expectClose(met['out']!, out, tolerance(params.K), size.join('×'));
        await expectBits(met, plain, params, { a, b }, {});
      }
    });
  },
);

describe('the epilogues of products by quads', () => {
  const size: Size = [37, 28, 20];
  const [M, N, K] = size;

  it.each([
    { BIAS: 1, GELU: 1, DROPOUT: 1, RESIDUAL: 1 },
    { BIAS: 1, GELU: 0, DROPOUT: 1, RESIDUAL: 1 },
    { BIAS: 1, GELU: 1, DROPOUT: 0, RESIDUAL: 0 },
    { BIAS: 0, GELU: 0, DROPOUT: 0, RESIDUAL: 1 },
  ])('add bias, apply GELU, drop and add the residual, in this order: %o', async (constants) => {
    const { params, a, b } = product(size);
    const bias = random(N, 2);
    const residual = random(M * N, 3);
    const mask = random(M * N, 4).map((x) => (x > -0.5 ? 1.25 : 0));
    const pre = new Float32Array(M * N).fill(7);
    const met = await runQuads(
      matmulNNQuad as Kernel,
      params,
      {
        a,
        b,
        ...(constants.BIAS ? { bias } : {}),
        ...(constants.GELU ? { pre } : {}),
        ...(constants.DROPOUT ? { mask } : {}),
        ...(constants.RESIDUAL ? { residual } : {}),
      },
      { ...constants, TILE_M: 16 },
    );
    if (!met) return;
    const sum = reference.matmulNN(a, b, ...size, constants.BIAS ? bias : undefined);
    let expected = constants.GELU ? geluForward(sum) : sum;
    if (constants.DROPOUT) expected = expected.map((x, i) => x * mask[i]!);
    if (constants.RESIDUAL) expected = reference.add(expected, residual);
    expectClose(met['out']!, expected, tolerance(K) + GELU_ERROR, 'out');
    if (constants.GELU) expectClose(met['pre']!, sum, tolerance(K), 'pre');
  });

  it('multiply by the slope of GELU', async () => {
    const { params, a, b } = product(size, 10);
    const pre = random(M * N, 12).map((x) => 2 * x);
    const constants = { GELU_BACKWARD: 1 };
    const met = await runQuads(matmulNTQuad as Kernel, params, { a, b, pre }, constants);
    if (!met) return;
    const expected = geluBackward(reference.matmulNT(a, b, ...size), pre);
    expectClose(met['out']!, expected, tolerance(K) + GELU_ERROR, 'out');
  });

  it.each([0, 1])('sum the columns of b, and add to what was there: ACCUMULATE %i', async (on) => {
    const even: Size = [36, 76, 60];
    const { params, a, b } = product(even, 20);
    const before = { out: random(36 * 76, 22), dbias: random(76, 23) };
    const constants = { BIAS: 1, ACCUMULATE: on, TILE_M: 16 };
    const met = await runQuads(matmulTNQuad as Kernel, params, { a, b, ...before }, constants);
    if (!met) return;
    const plus = (x: Float64Array, y: ArrayLike<number>) => (on ? reference.add(x, y) : x);
    const expected = plus(reference.matmulTN(a, b, ...even), before.out);
    expectClose(met['out']!, expected, tolerance(60), 'out');
    const columns = plus(reference.columnSum(b, 60, 76), before.dbias);
    expectClose(met['dbias']!, columns, tolerance(60), 'dbias');
    const parts = { BIAS: 1, ACCUMULATE: on };
    await expectBits(met, matmulTNVec4 as unknown as Kernel, params, { a, b, ...before }, parts);
  });
});

describe('subgroups', () => {
  const named = (names: { name: string }[]) => names.filter(({ name }) => name.includes('quad'));
  const size = { M: 100, N: 72, K: 256 };

  it('are trusted where the device has them and quads give what the plain product gives', async () => {
    const gpu = await testGpu();
    const has = gpu.device.features.has('subgroups');
    const offered = () => named(matmulVariants('nn', size, matmulDevice(gpu))).length > 0;
    await verifyFeatures(gpu);
    expect(gpu.verified.has('subgroups')).toBe(has);
    trustFeatures(gpu);
    expect(offered()).toBe(has);
    trustFeatures(gpu, []);
    expect(offered(), 'switched off').toBe(false);
    trustFeatures(gpu);
  });

  it('are not offered untrusted, and run first on a software adapter where they are', () => {
    for (const software of [true, false]) {
      expect(named(matmulVariants('nn', size, { software }))).toEqual([]);
      const all = matmulVariants('nn', size, { software, subgroups: true });
      expect(named(all).length).toBeGreaterThan(0);
      expect(all[0]!.name.includes('quad')).toBe(software);
    }
  });

  it('leave a product of few rows, or of odd sizes, to other kernels', () => {
    const all = (M: number, N: number) =>
      matmulVariants('nn', { M, N, K: 256 }, { software: true, subgroups: true });
    expect(named(all(4, 72))).toEqual([]);
    expect(named(all(100, 70))).toEqual([]);
  });
});
