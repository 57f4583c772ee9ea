/**
 * The linear layers of a decoded token: one row for each sequence that still runs (`rows`, see
 * sampling.ts), with the LayerNorm before the layer and the residual sum behind it. N and K are
 * multiples of 4. A workgroup is one row of WG_N threads; a thread owns TILE_M (8 or 16) rows and 8
 * columns.
 */

import decodeLinearCode from '../../shaders/decode_linear.wgsl?raw';
import decodeLinearQuadCode from '../../shaders/decode_linear_quad.wgsl?raw';
import { defineKernel, groups, input, optionalInput, output } from '../gpu/kernel';
import type { MatmulDevice } from './linear_choice';

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

/** out = residual + gelu_new(LayerNorm(x)·w + bias), the parts that are asked for; `TRANSPOSE`: x·wᵀ, w [N, K]. */
export const decodeLinear = defineKernel({
  ...table,
  name: 'decode_linear',
  code: decodeLinearCode,
  grid: ({ B, N }, c) => [groups(N, 8 * c.WG_N), groups(B, c.TILE_M)],
});

/** The same with loads shared by quads of threads, for devices with subgroups; WG_N a multiple of 4. */
export const decodeLinearQuad = defineKernel({
  ...table,
  name: 'decode_linear_quad',
  code: decodeLinearQuadCode,
  features: ['subgroups'],
  grid: ({ B, N }, c) => [groups(N, 8 * c.WG_N), groups(B, c.TILE_M)],
});

/** Workgroups that keep the cores of a software adapter evenly busy. */
const ENOUGH_WORKGROUPS = 4;

/**
 * Which of them runs a layer of B rows and N columns, and its tile: on a software adapter as many
 * rows a thread as leave a workgroup for every core, on a GPU the most threads.
 */
export function chooseDecodeLinear(
  { B, N }: { B: number; N: number },
  { software, subgroups = false }: MatmulDevice,
) {
  const kernel = subgroups && software ? decodeLinearQuad : decodeLinear;
  const WG_N = software ? 8 : 32;
  const workgroups = groups(N, 8 * WG_N) * groups(B, 16);
  const TILE_M = software && B > 8 && workgroups >= ENOUGH_WORKGROUPS ? 16 : 8;
  return { kernel, constants: { TILE_M, WG_N } };
}
