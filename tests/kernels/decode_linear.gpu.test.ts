/**
 * The linear layer of a decoded token against f64: LayerNorm, product, bias, GELU, residual, for rows
 * that fill the tiles and rows that do not, and not at all for tiles whose rows belong to nobody.
 */
import { describe, expect, it } from 'vitest';
import { compiles } from '../../src/gpu/features';
import type { Kernel, Values } from '../../src/gpu/kernel';
import { chooseDecodeLinear, chooseDecodeLogits } from '../../src/kernels/decode_choice';
import {
  decodeLinear,
  decodeLinearHalf,
  decodeLinearImage,
  decodeLinearQuad,
  decodeLogitsImage,
} from '../../src/kernels/decode_linear';
import type { MatmulDevice } from '../../src/kernels/linear_choice';
import { expectClose, random } from '../reference/compare';
import { geluForward } from '../reference/gelu';
import { halvesAround } from '../reference/half';
import { layernormForward } from '../reference/layernorm';
import * as reference from '../reference/matmul';
import { type Arrays, runKernel } from '../support/kernel';

const NONE = 0xffffffff;

/** B×N×K: one row, less than a tile, several; columns below, at and above a workgroup's. */
const SIZES = [
  { B: 1, N: 4, K: 4 },
  { B: 5, N: 68, K: 12 },
  { B: 8, N: 192, K: 64 },
  { B: 19, N: 72, K: 256 },
  { B: 33, N: 260, K: 20 },
];

/** The same with K in eights. */
const EIGHTS = [
  { B: 1, N: 4, K: 8 },
  { B: 5, N: 68, K: 24 },
  { B: 19, N: 72, K: 256 },
  { B: 33, N: 260, K: 40 },
];

const TILES: Values[] = [
  { TILE_M: 8, WG_N: 8 },
  { TILE_M: 16, WG_N: 8 },
  { TILE_M: 8, WG_N: 32 },
];

/** A layer's kernel, and the head's, whose weights lie the other way round; and what weights it can hold. */
const FORMS = [
  { layer: decodeLinear, head: decodeLinear, sizes: SIZES, tiles: TILES },
  { layer: decodeLinearQuad, head: decodeLinearQuad, sizes: SIZES, tiles: TILES },
  {
    layer: decodeLinearImage,
    head: decodeLogitsImage,
    sizes: EIGHTS,
    tiles: [
      { TILE_M: 8, WG_N: 8 },
      { TILE_M: 16, WG_N: 8 },
      { TILE_M: 16, WG_N: 4 },
    ] as Values[],
  },
  {
    layer: decodeLinearHalf,
    head: decodeLinearHalf,
    sizes: SIZES,
    tiles: TILES,
    weight: (value: number) => halvesAround(value)[0],
  },
] as unknown as {
  layer: Kernel;
  head: Kernel;
  sizes: typeof SIZES;
  tiles: Values[];
  weight?: (value: number) => number;
}[];

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

function layer({ B, N, K, parts }: Case, offset: number, weight = (value: number) => value) {
  // The rows' means lie far from 0, as the residual stream's do.
  const x = random(B * K, 1).map((value) => value + offset);
  const w = random(K * N, 2).map(weight);
  const [bias, residual] = [random(N, 3), random(B * N, 4)];
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

/** What a layer's kernel, or the head's, makes of its inputs; undefined where this device lacks what it needs. */
async function run(
  { layer: linear, head }: Pick<(typeof FORMS)[number], 'layer' | 'head'>,
  params: Values,
  inputs: Arrays,
  { TRANSPOSE, ...parts }: Values,
) {
  const kernel = TRANSPOSE ? head : linear;
  const adapter = (await navigator.gpu.requestAdapter())!;
  // What needs a feature that this device lacks is not chosen here.
  if (!compiles(kernel.features ?? [], adapter)) return undefined;
  const all = { ...parts, TRANSPOSE: TRANSPOSE ?? 0 };
  const known = Object.entries(all).filter(([name]) => name in kernel.constants);
  return runKernel(kernel, params, inputs, Object.fromEntries(known));
}

describe.each(FORMS)('$layer.name', (form) => {
  const { sizes, tiles, weight } = form;

  it.each(tiles.flatMap((tile) => PARTS.map((parts) => ({ tile, parts }))))(
    'is LayerNorm, product and what follows: $tile $parts',
    async ({ tile, parts }) => {
      for (const { B, N, K } of sizes) {
        const { inputs, out: expected } = layer({ B, N, K, parts }, 3, weight);
        const rows = Array.from({ length: B }, (_, r) => r);
        const met = await run(form, { B, N, K }, { rows, ...inputs }, { ...tile, ...parts });
        if (met) expectClose(met['out']!, expected, TOLERANCE, `${B}×${N}×${K}`);
      }
    },
  );

  it('keeps the digits of rows whose mean is a thousand times their deviation', async () => {
    const parts = PARTS[1]!;
    const [B, N, K] = [9, 8, 64];
    const { inputs, out } = layer({ B, N, K, parts }, 1000, weight);
    const rows = Array.from({ length: B }, (_, r) => r);
    const met = await run(form, { B, N, K }, { rows, ...inputs }, parts);
    // x itself has 24 bits, ten of which the mean takes.
    if (met) expectClose(met['out']!, out, 2e-3);
  });

  it.each([8, 16].flatMap((TILE_M) => [PARTS[0]!, PARTS[2]!].map((parts) => ({ TILE_M, parts }))))(
    'skips the tiles of rows that belong to no sequence: %o',
    async ({ TILE_M, parts }) => {
      const [B, N, K] = [40, 12, 8];
      const running = 11;
      const { inputs, out } = layer({ B, N, K, parts }, 0, weight);
      const rows = Array.from({ length: B }, (_, r) => (r < running ? B - 1 - r : NONE));
      const before = new Float32Array(B * N).fill(7);
      const met = await run(
        form,
        { B, N, K },
        { rows, ...inputs, out: before },
        { TILE_M, ...parts },
      );
      if (!met) return;
      expectClose(met['out']!.slice(0, running * N), out.slice(0, running * N), TOLERANCE);
      const rowsRun = Math.ceil(running / TILE_M) * TILE_M;
      expect(met['out']!.slice(rowsRun * N)).toEqual(before.slice(rowsRun * N));
    },
  );
});

describe('a decoded row', () => {
  const [buffers, , images] = FORMS;

  it.each(PARTS)('has the same bits by images as by buffers: %o', async (parts) => {
    const [B, N, K] = [21, 260, 136];
    const { inputs } = layer({ B, N, K, parts }, 3);
    const rows = Array.from({ length: B }, (_, r) => r);
    const expected = await run(buffers!, { B, N, K }, { rows, ...inputs }, parts);
    for (const TILE_M of [8, 16]) {
      const met = await run(images!, { B, N, K }, { rows, ...inputs }, { ...parts, TILE_M });
      if (met) expect(met['out']).toEqual(expected!['out']);
    }
  });
});

describe('a decoded layer', () => {
  const size = { B: 128, N: 512, K: 128 };
  const name = (device: Partial<MatmulDevice>, changed: Partial<typeof size> = {}) =>
    chooseDecodeLinear({ ...size, ...changed }, { software: true, ...device }).kernel.name;

  it('is by quads only where subgroups are trusted and the adapter is software', () => {
    expect(name({ subgroups: true, images: true })).toBe('decode_linear_quad');
    expect(name({})).toBe('decode_linear');
    expect(name({ software: false, subgroups: true })).toBe('decode_linear');
    expect(name({ software: false })).toBe('decode_linear');
  });

  it('is by halves where they are asked for, in the place of the plain kernel', () => {
    const halves = { halves: true };
    expect(name(halves)).toBe('decode_linear_half');
    expect(name({ ...halves, software: false, subgroups: true })).toBe('decode_linear_half');
    // What shares loads, or reads images, is faster on a software adapter than half the bytes.
    expect(name({ ...halves, subgroups: true })).toBe('decode_linear_quad');
    expect(name({ ...halves, images: true })).toBe('decode_linear_image');
    expect(name({ ...halves, images: true }, { N: 128 })).toBe('decode_linear_half');
    const head = chooseDecodeLogits(size, { software: false, ...halves });
    expect(head).toMatchObject({ kernel: decodeLinearHalf, constants: { NORM: 1, TRANSPOSE: 1 } });
  });

  it('is by images where they are trusted, and worth it', () => {
    const images = { images: true };
    expect(name(images)).toBe('decode_linear_image');
    expect(name({ ...images, software: false })).toBe('decode_linear');
    // A small layer, one of a single workgroup, and rows that are no image.
    expect(name(images, { N: 128 })).toBe('decode_linear');
    expect(name(images, { B: 8, N: 128, K: 512 })).toBe('decode_linear');
    expect(name(images, { K: 96 })).toBe('decode_linear');
    const head = (K: number) => chooseDecodeLogits({ ...size, K }, { software: true, ...images });
    expect(head(128).kernel.name).toBe('decode_logits_image');
    expect(head(96)).toMatchObject({ kernel: decodeLinear, constants: { NORM: 1, TRANSPOSE: 1 } });
  });
});
