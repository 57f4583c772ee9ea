/**
 * The linear layer of a decoded token against f64: LayerNorm, product, bias, GELU, residual, for rows
 * that fill the tiles and rows that do not, and not at all for tiles whose rows belong to nobody.
 */
import { describe, expect, it } from 'vitest';
import type { Kernel, Values } from '../../src/gpu/kernel';
import { chooseDecodeLinear } from '../../src/kernels/decode_choice';
import { decodeLinear, decodeLinearQuad } from '../../src/kernels/decode_linear';
import { expectClose, random } from '../reference/compare';
import { geluForward } from '../reference/gelu';
import { layernormForward } from '../reference/layernorm';
import * as reference from '../reference/matmul';
import { type Arrays, runKernel, testGpu } from '../support/kernel';

const NONE = 0xffffffff;

/** B×N×K: one row, less than a tile, several; columns below, at and above a workgroup's. */
const SIZES = [
  { B: 1, N: 4, K: 4 },
  { B: 5, N: 68, K: 12 },
  { B: 8, N: 192, K: 64 },
  { B: 19, N: 72, K: 256 },
  { B: 33, N: 260, K: 20 },
];

const TILES = [
  { TILE_M: 8, WG_N: 8 },
  { TILE_M: 16, WG_N: 8 },
  { TILE_M: 8, WG_N: 32 },
];

const PARTS = [
  { NORM: 0, TRANSPOSE: 0, BIAS: 1, GELU: 0, RESIDUAL: 1 },
  { NORM: 1, TRANSPOSE: 0, BIAS: 1, GELU: 1, RESIDUAL: 0 },
  { NORM: 1, TRANSPOSE: 1, BIAS: 0, GELU: 0, RESIDUAL: 0 },
];

/** A sum of 256 products of normalised rows, a GELU of it: rounding of 1e-6 of the largest value. */
const TOLERANCE = 3e-6;

interface Case {
  B: number;
  N: number;
  K: number;
  parts: (typeof PARTS)[number];
}

function layer({ B, N, K, parts }: Case, offset: number) {
  // The rows' means lie far from 0, as the residual stream's do.
  const x = random(B * K, 1).map((value) => value + offset);
  const [w, bias, residual] = [random(K * N, 2), random(N, 3), random(B * N, 4)];
  const [gamma, beta] = [random(K, 5), random(K, 6)];
  const rows = parts.NORM ? layernormForward(x, gamma, beta, B, K).y : x;
  const shift = parts.BIAS ? bias : undefined;
  let out = parts.TRANSPOSE
    ? reference.matmulNT(rows, w, B, N, K)
    : reference.matmulNN(rows, w, B, N, K, shift);
  if (parts.GELU) out = geluForward(out);
  if (parts.RESIDUAL) out = reference.add(out, residual);
  const inputs = {
    x,
    w,
    ...(parts.NORM ? { gamma, beta } : {}),
    ...(parts.BIAS ? { bias } : {}),
    ...(parts.RESIDUAL ? { residual } : {}),
  };
  return { inputs, out };
}

describe.each([decodeLinear, decodeLinearQuad])('$name', (kernel) => {
  const run = async (params: Values, inputs: Arrays, constants: Values) => {
    const { device } = await testGpu();
    // What needs a feature that this device lacks is not chosen here.
    if (kernel.features?.some((feature) => !device.features.has(feature))) return undefined;
    return runKernel(kernel as Kernel, params, inputs, constants);
  };

  it.each(TILES.flatMap((tile) => PARTS.map((parts) => ({ tile, parts }))))(
    'is LayerNorm, product and what follows: $tile $parts',
    async ({ tile, parts }) => {
      for (const { B, N, K } of SIZES) {
        const { inputs, out: expected } = layer({ B, N, K, parts }, 3);
        const rows = Array.from({ length: B }, (_, r) => r);
        const met = await run({ B, N, K }, { rows, ...inputs }, { ...tile, ...parts });
        if (met) expectClose(met['out']!, expected, TOLERANCE, `${B}×${N}×${K}`);
      }
    },
  );

  it('keeps the digits of rows whose mean is a thousand times their deviation', async () => {
    const parts = PARTS[1]!;
    const [B, N, K] = [9, 8, 64];
    const { inputs, out } = layer({ B, N, K, parts }, 1000);
    const rows = Array.from({ length: B }, (_, r) => r);
    const met = await run({ B, N, K }, { rows, ...inputs }, parts);
    // x itself has 24 bits, ten of which the mean takes.
    if (met) expectClose(met['out']!, out, 2e-3);
  });

  it.each([8, 16])('skips the tiles of %i rows that belong to no sequence', async (TILE_M) => {
    const parts = PARTS[0]!;
    const [B, N, K] = [40, 12, 8];
    const running = 11;
    const { inputs, out } = layer({ B, N, K, parts }, 0);
    const rows = Array.from({ length: B }, (_, r) => (r < running ? B - 1 - r : NONE));
    const before = new Float32Array(B * N).fill(7);
    const met = await run({ B, N, K }, { rows, ...inputs, out: before }, { TILE_M, ...parts });
    if (!met) return;
    expectClose(met['out']!.slice(0, running * N), out.slice(0, running * N), TOLERANCE);
    const tiles = Math.ceil(running / TILE_M) * TILE_M;
    expect(met['out']!.slice(tiles * N)).toEqual(before.slice(tiles * N));
  });
});

it('a decoded layer is by quads only where subgroups are trusted and the adapter is software', () => {
  const size = { B: 128, N: 192 };
  const name = (software: boolean, subgroups: boolean) =>
    chooseDecodeLinear(size, { software, subgroups }).kernel.name;
  expect(name(true, true)).toBe('decode_linear_quad');
  for (const [software, subgroups] of [
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    expect(name(software, subgroups)).toBe('decode_linear');
  }
});
