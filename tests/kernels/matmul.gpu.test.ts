/** The matrix products against f64, over sizes that divide the tiles and sizes that do not. */
import { describe, expect, it } from 'vitest';
import { readFloats } from '../../src/gpu/readback';
import {
  matmulNaiveKernel,
  matmulNN,
  matmulNNVec4,
  matmulNT,
  matmulNTVec4,
  matmulTN,
  matmulTNVec4,
} from '../../src/kernels/linear';
import { matmulVariants } from '../../src/kernels/linear_choice';
import { matmulNNImage, matmulNTImage, matmulTNImage } from '../../src/kernels/linear_images';
import { recordMatmul } from '../../src/kernels/linear_record';
import {
  matmulNNTiled,
  matmulNTTiled,
  matmulSlices,
  matmulTNTiled,
} from '../../src/kernels/linear_tiled';
import { matmulNNWide, matmulNTWide, matmulTNWide } from '../../src/kernels/linear_wide';
import { runOnce, upload } from '../nn/support';
import { expectClose, random } from '../reference/compare';
import { geluBackward, geluForward } from '../reference/gelu';
import * as reference from '../reference/matmul';
import { runKernel, testGpu } from '../support/kernel';
import { expectations, type Product, product, type Size, tolerance } from './matmul_products';

const ANY_SIZE: Size[] = [
  [1, 1, 1],
  [1, 64, 3],
  [2, 5, 4],
  [13, 7, 17],
  [31, 33, 32],
  [65, 63, 127],
  [19, 67, 1021],
];

/** Multiples of 4, below, at and above the tiles' 4, 8 and 16 rows and 64 columns. */
const FOURS: Size[] = [
  [4, 4, 4],
  [12, 8, 20],
  [16, 64, 8],
  [36, 68, 28],
  [64, 192, 64],
  [100, 72, 256],
  [20, 68, 1020],
];

/** Where only N and K must be multiples of 4. */
const FOURS_ODD_M: Size[] = [...FOURS, [1, 64, 64], [17, 12, 36]];

/** Every number of rows a thread, and a workgroup of one row of threads as software adapters use. */
const TILINGS = [4, 8].flatMap((TILE_M) => [
  { TILE_M, WG_M: 8, WG_N: 8 },
  { TILE_M, WG_M: 1, WG_N: 8 },
]);
const TILINGS_VEC4 = [
  ...TILINGS,
  { TILE_M: 16, WG_M: 1, WG_N: 8 },
  { TILE_M: 16, WG_M: 4, WG_N: 2 },
];

/** Every form of tile in workgroup memory, square and not, with one block a thread and with four. */
const TILED = [
  { WG_M: 8, WG_N: 8, ROWS: 1, COLUMNS: 1, BLOCK_K: 32 },
  { WG_M: 8, WG_N: 8, ROWS: 2, COLUMNS: 2, BLOCK_K: 16 },
  { WG_M: 4, WG_N: 8, ROWS: 2, COLUMNS: 1, BLOCK_K: 8 },
];

/** The exponential of a GPU may be off by some units in the last place (WGSL allows 3 + 2|x|). */
const GELU_ERROR = 2e-6;

/** Rows of a parameter table: the kernel, how it is tiled, what it must give for every size. */
function cases<K extends { name: string }>(
  any: K,
  vec4: K,
  tiled: { name: string },
  foursOf: Size[],
  expected: Product,
) {
  const anySizes = expectations([...ANY_SIZE, ...FOURS], expected);
  const fours = expectations(foursOf, expected);
  return [
    ...TILINGS.map((tiling) => ({ kernel: any, tiling, sizes: anySizes })),
    ...TILINGS_VEC4.map((tiling) => ({ kernel: vec4, tiling, sizes: fours })),
    ...TILED.map((tiling) => ({ kernel: tiled as K, tiling, sizes: fours })),
  ].map((row) => ({ ...row, name: `${row.kernel.name} ${JSON.stringify(row.tiling)}` }));
}

const bits = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);

describe('a·b for sizes that divide the tiles and sizes that do not', () => {
  it.each(cases(matmulNN, matmulNNVec4, matmulNNTiled, FOURS_ODD_M, reference.matmulNN))(
    '$name',
    async ({ kernel, tiling, sizes }) => {
      for (const { size, params, a, b, out: expected } of sizes) {
        const { out } = await runKernel(kernel, params, { a, b }, tiling);
        expectClose(out!, expected, tolerance(params.K), size.join('×'));
      }
    },
  );
});

describe.each([
  [matmulNN, [37, 29, 19]],
  [matmulNNVec4, [37, 28, 20]],
  [matmulNNTiled, [37, 28, 20]],
  [matmulNNImage, [37, 28, 20]],
  [matmulNNWide, [37, 28, 24]],
] as [typeof matmulNN, Size][])('$name', (kernel, size) => {
  const flags = [0, 1] as const;
  const combinations = flags.flatMap((BIAS) =>
    flags.flatMap((GELU) =>
      flags.flatMap((DROPOUT) => flags.map((RESIDUAL) => ({ BIAS, GELU, DROPOUT, RESIDUAL }))),
    ),
  );
  it.each(combinations)(
    'adds bias, applies GELU, drops and adds the residual, in this order: %o',
    async (constants) => {
      const { params, a, b } = product(size);
      const bias = random(params.N, 2);
      const residual = random(params.M * params.N, 3);
      const mask = random(params.M * params.N, 4).map((x) => (x > -0.5 ? 1.25 : 0));
      const { out, pre } = await runKernel(
        kernel,
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
    const x = [-1e9, -1e4, -100, -12, -5, 0, 5, 12, 100, 1e4, 1e9];
    const params = { M: x.length, N: 4, K: 8 };
    // Rows (x, 0, …, 0) times a matrix of ones: x in every column.
    const a = x.flatMap((value) => [value, 0, 0, 0, 0, 0, 0, 0]);
    const pre = new Float32Array(params.M * params.N);
    const inputs = { a, b: new Float32Array(32).fill(1), pre };
    const { out } = await runKernel(kernel, params, inputs, { GELU: 1 });
    out!.forEach((y, i) => {
      const value = x[Math.floor(i / 4)]!;
      // Absolute below zero: the true values are under 1e-30 and may be flushed.
      const error = Math.abs(y - geluForward([value])[0]!);
      expect(error).toBeLessThanOrEqual(1e-6 * Math.max(1, value));
    });
  });
});

describe('a·bᵀ for sizes that divide the tiles and sizes that do not', () => {
  it.each(cases(matmulNT, matmulNTVec4, matmulNTTiled, FOURS_ODD_M, reference.matmulNT))(
    '$name',
    async ({ kernel, tiling, sizes }) => {
      for (const { size, params, a, b, out: expected } of sizes) {
        const { out } = await runKernel(kernel, params, { a, b }, tiling);
        expectClose(out!, expected, tolerance(params.K), size.join('×'));
      }
    },
  );
});

describe.each([
  [matmulNT, [37, 29, 19]],
  [matmulNTVec4, [37, 28, 20]],
  [matmulNTTiled, [37, 28, 20]],
  [matmulNTImage, [37, 28, 20]],
  [matmulNTWide, [37, 28, 24]],
] as [typeof matmulNT, Size][])('$name', (kernel, size) => {
  it('multiplies by the slope of GELU', async () => {
    const { params, a, b } = product(size, 10);
    const pre = random(params.M * params.N, 12).map((x) => 2 * x);
    const { out } = await runKernel(kernel, params, { a, b, pre }, { GELU_BACKWARD: 1 });
    const expected = geluBackward(reference.matmulNT(a, b, ...size), pre);
    expectClose(out!, expected, tolerance(params.K) + GELU_ERROR, 'out');
  });

  it('gives GELU slopes of 0 and 1 far out', async () => {
    const pre = [-1e9, -1e6, -1e4, -100, 100, 1e4, 1e6, 1e9];
    const params = { M: 1, N: pre.length, K: 8 };
    const a = [1, 0, 0, 0, 0, 0, 0, 0];
    const inputs = { a, b: new Float32Array(8 * pre.length).fill(1), pre };
    const { out } = await runKernel(kernel, params, inputs, { GELU_BACKWARD: 1 });
    expectClose(out!, [0, 0, 0, 0, 1, 1, 1, 1], 1e-6);
  });
});

describe('aᵀ·b and the column sums of b', () => {
  it.each(cases(matmulTN, matmulTNVec4, matmulTNTiled, FOURS, reference.matmulTN))(
    '$name',
    async ({ kernel, tiling, sizes }) => {
      for (const { size, params, a, b, out: expected } of sizes) {
        const dbias = new Float32Array(params.N).fill(7);
        const constants = { ...tiling, BIAS: 1 };
        const { out, dbias: sums } = await runKernel(kernel, params, { a, b, dbias }, constants);
        expectClose(out!, expected, tolerance(params.K), size.join('×'));
        const expectedSums = reference.columnSum(b, params.K, params.N);
        expectClose(sums!, expectedSums, tolerance(params.K), `${size.join('×')} dbias`);
      }
    },
  );
});

describe.each([
  [matmulTN, [37, 29, 61]],
  [matmulTNVec4, [36, 28, 60]],
  [matmulTNTiled, [36, 28, 60]],
  [matmulTNImage, [36, 28, 60]],
  [matmulTNWide, [36, 28, 64]],
] as [typeof matmulTN, Size][])('$name', (kernel, size) => {
  it.each([0, 1])('adds to what was there when it accumulates: BIAS %i', async (BIAS) => {
    const { params, a, b } = product(size, 20);
    const before = random(params.M * params.N, 22);
    const dbias = random(params.N, 23);
    const { out, dbias: sums } = await runKernel(
      kernel,
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

describe('a weight gradient in slices', () => {
  /** Slices that divide K's blocks, that do not, and more of them than there are blocks. */
  it.each([1, 3, 4, 7])('of K adds up to the whole: %i', async (S) => {
    const [M, N, K] = [36, 28, 132] as Size;
    const { a, b } = product([M, N, K], 50);
    const partial = await runKernel(
      matmulTNTiled,
      { M, N, K, S },
      { a, b, dbias: new Float32Array(S * N).fill(7) },
      { BLOCK_K: 32, BIAS: 1 },
    );
    const before = { out: random(M * N, 52), dbias: random(N, 53) };
    const sum = (constants: Record<string, number>) =>
      runKernel(
        matmulSlices,
        { M, N, S },
        { partial: partial.out!, partial_bias: partial.dbias!, ...before },
        { BIAS: 1, ...constants },
      );
    const expected = reference.matmulTN(a, b, M, N, K);
    const columns = reference.columnSum(b, K, N);
    const { out, dbias } = await sum({});
    expectClose(out!, expected, tolerance(K), 'out');
    expectClose(dbias!, columns, tolerance(K), 'dbias');
    const added = await sum({ ACCUMULATE: 1 });
    expectClose(added.out!, reference.add(expected, before.out), tolerance(K), 'out added');
    expectClose(added.dbias!, reference.add(columns, before.dbias), tolerance(K), 'dbias added');
  });

  it('in slices or not, the recorded product is the same, with and without accumulation', async () => {
    const gpu = await testGpu();
    const size = { M: 12, N: 20, K: 300 };
    const { M, N, K } = size;
    const { a, b } = product([M, N, K], 54);
    const [before, dbiasBefore] = [random(M * N, 56), random(N, 57)];
    const buffers = { a: upload.floats(gpu, a), b: upload.floats(gpu, b) };
    const sliced = matmulVariants('tn', size, { software: false }).filter((v) => v.slices === 2);
    expect(sliced.length).toBeGreaterThan(0);
    for (const ACCUMULATE of [0, 1]) {
      const [out, dbias] = [upload.floats(gpu, before), upload.floats(gpu, dbiasBefore)];
      const slots = { ...buffers, out, dbias };
      await runOnce(gpu, (tape) => {
        recordMatmul(tape, sliced[0]!, size, slots, { ACCUMULATE, BIAS: 1 });
        return {};
      });
      const plus = (x: Float64Array, y: Float64Array) => (ACCUMULATE ? reference.add(x, y) : x);
      const expected = plus(reference.matmulTN(a, b, M, N, K), before);
      const columns = plus(reference.columnSum(b, K, N), dbiasBefore);
      expectClose(await readFloats(gpu, out, M * N), expected, tolerance(K), 'out');
      expectClose(await readFloats(gpu, dbias, N), columns, tolerance(K), 'dbias');
      gpu.free(out, dbias);
    }
    gpu.free(buffers.a, buffers.b);
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
  it.each([
    ...[matmulNN, matmulNNVec4, matmulNT, matmulNTVec4, matmulTN, matmulTNVec4],
    ...[matmulNNTiled, matmulNTTiled, matmulTNTiled],
    ...[matmulNNImage, matmulNTImage, matmulTNImage],
    ...[matmulNNWide, matmulNTWide, matmulTNWide],
  ] as (typeof matmulNN)[])('$name gives the same bits twice', async (kernel) => {
    const { params, a, b } = product([68, 60, 128], 40);
    const first = await runKernel(kernel, params, { a, b });
    const second = await runKernel(kernel, params, { a, b });
    expect(bits(second.out!)).toEqual(bits(first.out!));
  });
});
