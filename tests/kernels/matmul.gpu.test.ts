/** The matrix products against f64, over sizes that divide the tiles and sizes that do not. */
import { describe, expect, it } from 'vitest';
import { matmulNaiveKernel, matmulNN, matmulNT, matmulTN } from '../../src/kernels/linear';
import { expectClose, random } from '../reference/compare';
import { geluBackward, geluForward } from '../reference/gelu';
import * as reference from '../reference/matmul';
import { runKernel } from '../support/kernel';

type Size = [M: number, N: number, K: number];

const SIZES: Size[] = [
  [1, 1, 1],
  [1, 64, 3],
  [2, 5, 4],
  [13, 7, 17],
  [31, 33, 32],
  [64, 192, 64],
  [65, 63, 127],
  [128, 100, 256],
  [67, 131, 1021],
];

/**
 * The rounding of a sum of K products in f32 is a random walk of K steps, each some 2⁻²⁵ of the
 * partial sum; the worst of ten thousand elements is 1e-6 of the largest element at K = 1000, and
 * it grows with √K. Three times that, and never less than a few units in the last place. A missing
 * or wrong term is an error of 1/K or more.
 */
const tolerance = (K: number) => 3e-6 * Math.max(0.3, Math.sqrt(K / 1000));

/** The exponential of a GPU may be off by some units in the last place (WGSL allows 3 + 2|x|). */
const GELU_ERROR = 2e-6;

const product = ([M, N, K]: Size, stream = 0) => ({
  params: { M, N, K },
  a: random(M * K, stream),
  b: random(K * N, stream + 1),
});

const name = ([M, N, K]: Size) => `M ${M}, N ${N}, K ${K}`;

const bits = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);

describe('matmul_nn', () => {
  it.each(SIZES.map((size) => [name(size), size] as const))('gives a·b: %s', async (_, size) => {
    const { params, a, b } = product(size);
    const { out } = await runKernel(matmulNN, params, { a, b });
    expectClose(out!, reference.matmulNN(a, b, ...size), tolerance(params.K), 'out');
  });

  const flags = [0, 1] as const;
  const combinations = flags.flatMap((BIAS) =>
    flags.flatMap((GELU) =>
      flags.flatMap((DROPOUT) => flags.map((RESIDUAL) => ({ BIAS, GELU, DROPOUT, RESIDUAL }))),
    ),
  );
  it.each(combinations)(
    'adds bias, applies GELU, drops and adds the residual, in this order: %o',
    async (constants) => {
      const size: Size = [37, 29, 19];
      const { params, a, b } = product(size);
      const bias = random(params.N, 2);
      const residual = random(params.M * params.N, 3);
      const mask = random(params.M * params.N, 4).map((x) => (x > -0.5 ? 1.25 : 0));
      const { out, pre } = await runKernel(
        matmulNN,
        params,
        {
          a,
          b,
          ...(constants.BIAS ? { bias } : {}),
          ...(constants.GELU ? { pre: new Float32Array(params.M * params.N).fill(7) } : {}),
          ...(constants.DROPOUT ? { mask } : {}),
          ...(constants.RESIDUAL ? { residual } : {}),
        },
        constants,
      );
      const sum = reference.matmulNN(a, b, ...size, constants.BIAS ? bias : undefined);
      let expected = constants.GELU ? geluForward(sum) : sum;
      if (constants.DROPOUT) expected = expected.map((x, i) => x * mask[i]!);
      if (constants.RESIDUAL) expected = reference.add(expected, residual);
      expectClose(out!, expected, tolerance(params.K) + GELU_ERROR, 'out');
      if (constants.GELU) expectClose(pre!, sum, tolerance(params.K), 'pre');
    },
  );

  it('keeps GELU finite where its exponential would overflow', async () => {
    const a = [-1e9, -1e4, -100, -12, -5, 0, 5, 12, 100, 1e4, 1e9];
    const params = { M: a.length, N: 1, K: 1 };
    const inputs = { a, b: [1], pre: a };
    const { out } = await runKernel(matmulNN, params, inputs, { GELU: 1 });
    a.forEach((x, i) => {
      // Absolute below zero: the true values are under 1e-30 and may be flushed.
      const expected = geluForward([x])[0]!;
      expect(Math.abs(out![i]! - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(x)));
      if (x < -6) expect(Math.abs(out![i]!)).toBeLessThan(1e-6);
    });
  });
});

describe('matmul_nt', () => {
  it.each(SIZES.map((size) => [name(size), size] as const))('gives a·bᵀ: %s', async (_, size) => {
    const { params, a, b } = product(size, 10);
    const { out } = await runKernel(matmulNT, params, { a, b });
    expectClose(out!, reference.matmulNT(a, b, ...size), tolerance(params.K), 'out');
  });

  it.each([
    [37, 29, 19],
    [64, 256, 64],
  ] as Size[])('multiplies by the slope of GELU: %i, %i, %i', async (...size) => {
    const { params, a, b } = product(size, 10);
    const pre = random(params.M * params.N, 12).map((x) => 2 * x);
    const { out } = await runKernel(matmulNT, params, { a, b, pre }, { GELU_BACKWARD: 1 });
    const expected = geluBackward(reference.matmulNT(a, b, ...size), pre);
    expectClose(out!, expected, tolerance(params.K) + GELU_ERROR, 'out');
  });

  it('gives GELU slopes of 0 and 1 far out', async () => {
    const pre = [-1e9, -1e4, -100, 100, 1e4, 1e9];
    const params = { M: 1, N: pre.length, K: 1 };
    const inputs = { a: [1], b: pre.map(() => 1), pre };
    const { out } = await runKernel(matmulNT, params, inputs, { GELU_BACKWARD: 1 });
    expectClose(out!, [0, 0, 0, 1, 1, 1], 1e-6);
  });
});

describe('matmul_tn', () => {
  it.each(SIZES.map((size) => [name(size), size] as const))(
    'gives aᵀ·b and the column sums of b: %s',
    async (_, size) => {
      const { params, a, b } = product(size, 20);
      const dbias = new Float32Array(params.N).fill(7);
      const { out, dbias: sums } = await runKernel(matmulTN, params, { a, b, dbias }, { BIAS: 1 });
      expectClose(out!, reference.matmulTN(a, b, ...size), tolerance(params.K), 'out');
      expectClose(sums!, reference.columnSum(b, params.K, params.N), tolerance(params.K), 'dbias');
    },
  );

  it.each([0, 1])('adds to what was there when it accumulates: BIAS %i', async (BIAS) => {
    const size: Size = [37, 29, 61];
    const { params, a, b } = product(size, 20);
    const before = random(params.M * params.N, 22);
    const dbias = random(params.N, 23);
    const { out, dbias: sums } = await runKernel(
      matmulTN,
      params,
      { a, b, out: before, ...(BIAS ? { dbias } : {}) },
      { ACCUMULATE: 1, BIAS },
    );
    const expected = reference.add(reference.matmulTN(a, b, ...size), before);
    expectClose(out!, expected, tolerance(params.K), 'out');
    if (!BIAS) return;
    const expectedSums = reference.add(reference.columnSum(b, params.K, params.N), dbias);
    expectClose(sums!, expectedSums, tolerance(params.K), 'dbias');
  });
});

describe('matmul_naive', () => {
  it.each([
    ['a·b', { TRANSPOSE_A: 0, TRANSPOSE_B: 0 }, reference.matmulNN],
    ['a·bᵀ', { TRANSPOSE_A: 0, TRANSPOSE_B: 1 }, reference.matmulNT],
    ['aᵀ·b', { TRANSPOSE_A: 1, TRANSPOSE_B: 0 }, reference.matmulTN],
  ] as const)('gives %s', async (_, constants, expected) => {
    const size: Size = [13, 7, 17];
    const { params, a, b } = product(size, 30);
    const { out } = await runKernel(matmulNaiveKernel, params, { a, b }, constants);
    expectClose(out!, expected(a, b, ...size), tolerance(params.K), 'out');
  });
});

describe('every matrix product', () => {
  it.each([matmulNN, matmulNT, matmulTN])('$name gives the same bits twice', async (kernel) => {
    const { params, a, b } = product([65, 63, 127], 40);
    const first = await runKernel(kernel, params, { a, b });
    const second = await runKernel(kernel, params, { a, b });
    expect(bits(second.out!)).toEqual(bits(first.out!));
  });
});
