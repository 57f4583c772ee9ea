/** Matrix products. M rows, N columns, K the summed dimension; row-major, no alignment needed. */

import matmulNaive from '../../shaders/matmul_naive.wgsl?raw';
import matmulNn from '../../shaders/matmul_nn.wgsl?raw';
import matmulNt from '../../shaders/matmul_nt.wgsl?raw';
import matmulTn from '../../shaders/matmul_tn.wgsl?raw';
import {
  defineKernel,
  groups,
  inout,
  input,
  optionalInout,
  optionalInput,
  optionalOutput,
  output,
} from '../gpu/kernel';

const TILE = { TILE_M: 4, TILE_N: 4, WG_M: 8, WG_N: 8 };

/**
 * out = epilogue(a·b): `BIAS` adds bias; `GELU` stores the sum in `pre` and applies gelu_new;
 * `DROPOUT` multiplies by mask; `RESIDUAL` adds residual last.
 */
export const matmulNN = defineKernel({
  name: 'matmul_nn',
  code: matmulNn,
  params: { M: 'u32', N: 'u32', K: 'u32' },
  bindings: {
    a: input('M, K'),
    b: input('K, N'),
    bias: optionalInput('N'),
    residual: optionalInput('M, N'),
    mask: optionalInput('M, N'),
    pre: optionalOutput('M, N'),
    out: output('M, N'),
  },
  constants: { ...TILE, BIAS: 0, GELU: 0, DROPOUT: 0, RESIDUAL: 0 },
  grid: ({ M, N }, c) => [groups(N, c.TILE_N * c.WG_N), groups(M, c.TILE_M * c.WG_M)],
});

/** out = a·bᵀ; with `GELU_BACKWARD` times gelu_new'(pre). */
export const matmulNT = defineKernel({
  name: 'matmul_nt',
  code: matmulNt,
  params: { M: 'u32', N: 'u32', K: 'u32' },
  bindings: {
    a: input('M, K'),
    b: input('N, K'),
    pre: optionalInput('M, N'),
    out: output('M, N'),
  },
  constants: { ...TILE, GELU_BACKWARD: 0 },
  grid: ({ M, N }, c) => [groups(N, c.TILE_N * c.WG_N), groups(M, c.TILE_M * c.WG_M)],
});

/** out = aᵀ·b (+ out with `ACCUMULATE`); with `BIAS` also dbias = column sums of b (+ dbias). */
export const matmulTN = defineKernel({
  name: 'matmul_tn',
  code: matmulTn,
  params: { M: 'u32', N: 'u32', K: 'u32' },
  bindings: {
    a: input('K, M'),
    b: input('K, N'),
    out: inout('M, N'),
    dbias: optionalInout('N'),
  },
  constants: { ...TILE, ACCUMULATE: 0, BIAS: 0 },
  grid: ({ M, N }, c) => [groups(N, c.TILE_N * c.WG_N), groups(M, c.TILE_M * c.WG_M)],
});

/** The textbook product, one thread an element: the yardstick of the benchmark. */
export const matmulNaiveKernel = defineKernel({
  name: 'matmul_naive',
  code: matmulNaive,
  params: { M: 'u32', N: 'u32', K: 'u32' },
  bindings: { a: input('M, K'), b: input('K, N'), out: output('M, N') },
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0 },
  grid: ({ M, N }) => [groups(N, 8), groups(M, 8)],
});
