/**
 * Matrix products. M rows, N columns, K the summed dimension; row-major. Each of the three layouts
 * has a kernel for any size and one, `…Vec4`, that reads four numbers at a time and needs sizes that
 * are multiples of 4; `linear_choice.ts` chooses between them. Both have the same table (`linear_tables.ts`).
 */

import matmulNaive from '../../shaders/matmul_naive.wgsl?raw';
import matmulNnCode from '../../shaders/matmul_nn.wgsl?raw';
import matmulNnVec4Code from '../../shaders/matmul_nn_vec4.wgsl?raw';
import matmulNtCode from '../../shaders/matmul_nt.wgsl?raw';
import matmulNtVec4Code from '../../shaders/matmul_nt_vec4.wgsl?raw';
import matmulTnCode from '../../shaders/matmul_tn.wgsl?raw';
import matmulTnVec4Code from '../../shaders/matmul_tn_vec4.wgsl?raw';
import { defineKernel, groups, input, output, type Values } from '../gpu/kernel';
import { nnTable, ntTable, tnTable } from './linear_tables';

/** Rows a thread owns (4, 8; with vec4 also 16) and threads of a workgroup down and across. */
const TILE = { TILE_M: 8, WG_M: 8, WG_N: 8 };

/** Workgroups for threads that own TILE_M rows and `columns` columns. */
const tiles = (
  columns: number,
  { M, N }: Values<'M' | 'N'>,
  { TILE_M, WG_M, WG_N }: Values<'TILE_M' | 'WG_M' | 'WG_N'>,
) => [groups(N, columns * WG_N), groups(M, TILE_M * WG_M)] as const;

const nn = nnTable(TILE);

/** out = epilogue(a·b). */
export const matmulNN = defineKernel({
  ...nn,
  name: 'matmul_nn',
  code: matmulNnCode,
  grid: (params, constants) => tiles(4, params, constants),
});

/** The same for N and K that are multiples of 4. */
export const matmulNNVec4 = defineKernel({
  ...nn,
  name: 'matmul_nn_vec4',
  code: matmulNnVec4Code,
  grid: (params, constants) => tiles(8, params, constants),
});

const nt = ntTable(TILE);

/** out = a·bᵀ. */
export const matmulNT = defineKernel({
  ...nt,
  name: 'matmul_nt',
  code: matmulNtCode,
  grid: (params, constants) => tiles(4, params, constants),
});

/** The same for N and K that are multiples of 4. */
export const matmulNTVec4 = defineKernel({
  ...nt,
  name: 'matmul_nt_vec4',
  code: matmulNtVec4Code,
  grid: (params, constants) => tiles(8, params, constants),
});

const tn = tnTable(TILE);

/** out = aᵀ·b. */
export const matmulTN = defineKernel({
  ...tn,
  name: 'matmul_tn',
  code: matmulTnCode,
  grid: (params, constants) => tiles(4, params, constants),
});

/** The same for M, N and K that are multiples of 4. */
export const matmulTNVec4 = defineKernel({
  ...tn,
  name: 'matmul_tn_vec4',
  code: matmulTnVec4Code,
  grid: (params, constants) => tiles(8, params, constants),
});

/** The textbook product, one thread an element: the yardstick of the benchmark. */
export const matmulNaiveKernel = defineKernel({
  name: 'matmul_naive',
  code: matmulNaive,
  params: nn.params,
  bindings: { a: input('M, K'), b: input('K, N'), out: output('M, N') },
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0 },
  grid: ({ M, N }) => [groups(N, 8), groups(M, 8)],
});
