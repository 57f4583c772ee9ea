/**
 * The linear layers of a decoded token: one row for each sequence that still runs (`rows`, see
 * sampling.ts), with the LayerNorm before the layer and the residual sum behind it. N and K are
 * multiples of 4. A workgroup is one row of WG_N threads; a thread owns TILE_M (8 or 16) rows and 8
 * columns.
 */

import decodeLinearCode from '../../shaders/decode_linear.wgsl?raw';
import decodeLinearHalfCode from '../../shaders/decode_linear_half.wgsl?raw';
import decodeLinearImageCode from '../../shaders/decode_linear_image.wgsl?raw';
import decodeLinearQuadCode from '../../shaders/decode_linear_quad.wgsl?raw';
import decodeLogitsImageCode from '../../shaders/decode_logits_image.wgsl?raw';
import toHalfCode from '../../shaders/to_half.wgsl?raw';
import { IMAGES_IN_WGSL } from '../gpu/features';
import {
  defineKernel,
  flatGrid,
  groups,
  image,
  input,
  optionalInput,
  output,
  type Values,
} from '../gpu/kernel';

const table = {
  params: { B: 'u32', N: 'u32', K: 'u32' },
  bindings: {
    rows: input('B', 'u32'),
    x: input('B, K'),
    gamma: optionalInput('K'),
    beta: optionalInput('K'),
    w: input('K, N'),
    bias: optionalInput('N'),
    residual: optionalInput('B, N'),
    out: output('B, N'),
  },
  constants: { TILE_M: 8, WG_N: 8, NORM: 0, TRANSPOSE: 0, BIAS: 0, GELU: 0, RESIDUAL: 0 },
} as const;

/** Tiles of TILE_M rows and 16 columns a thread. */
const wideTiles = ({ B, N }: Values<'B' | 'N'>, c: Values<'TILE_M' | 'WG' | 'WG_N'>) =>
  [groups(N, 16 * c.WG_N), groups(B, (c.TILE_M * c.WG) / c.WG_N)] as const;

/** out = residual + gelu_new(LayerNorm(x)·w + bias), the parts that are asked for; `TRANSPOSE`: x·wᵀ, w [N, K]. */
export const decodeLinear = defineKernel({
  ...table,
  name: 'decode_linear',
  code: decodeLinearCode,
  grid: ({ B, N }, c) => [groups(N, 8 * c.WG_N), groups(B, c.TILE_M)],
});

/** The same with weights in half precision, as `toHalf` makes them. */
export const decodeLinearHalf = defineKernel({
  ...table,
  bindings: { ...table.bindings, w: input('K, N', 'f16') },
  name: 'decode_linear_half',
  code: decodeLinearHalfCode,
  features: ['shader-f16'],
  grid: ({ B, N }, c) => [groups(N, 8 * c.WG_N), groups(B, c.TILE_M)],
});

/** out = x rounded to half precision; n is a multiple of 4. */
export const toHalf = defineKernel({
  name: 'to_half',
  code: toHalfCode,
  features: ['shader-f16'],
  params: { n: 'u32' },
  bindings: { x: input('n'), out: output('n', 'f16') },
  constants: { WG: 64 },
  grid: ({ n }, { WG }) => flatGrid(groups(n / 4, WG)),
});

/** The same with loads shared by quads of threads, for devices with subgroups; WG_N a multiple of 4. */
export const decodeLinearQuad = defineKernel({
  ...table,
  name: 'decode_linear_quad',
  code: decodeLinearQuadCode,
  features: ['subgroups'],
  grid: ({ B, N }, c) => [groups(N, 8 * c.WG_N), groups(B, c.TILE_M)],
});

/**
 * The same with x and w read as images and 16 columns a thread, for software adapters; K a multiple of
 * 8, and w never transposed.
 */
export const decodeLinearImage = defineKernel({
  ...table,
  bindings: { ...table.bindings, x: image('B, K'), w: image('K, N') },
  name: 'decode_linear_image',
  code: decodeLinearImageCode,
  features: [IMAGES_IN_WGSL],
  constants: { TILE_M: 8, WG: 8, WG_N: 8, NORM: 0, BIAS: 0, GELU: 0, RESIDUAL: 0 },
  grid: (params, constants) => wideTiles(params, constants),
});

/** LayerNorm(x)·wᵀ by images, w [N, K]. */
export const decodeLogitsImage = defineKernel({
  params: table.params,
  bindings: {
    rows: table.bindings.rows,
    x: image('B, K'),
    gamma: input('K'),
    beta: input('K'),
    w: image('N, K'),
    out: table.bindings.out,
  },
  name: 'decode_logits_image',
  code: decodeLogitsImageCode,
  features: [IMAGES_IN_WGSL],
  constants: { TILE_M: 8, WG: 8, WG_N: 8 },
  grid: (params, constants) => wideTiles(params, constants),
});
