/**
 * Matrix products whose loads are shared by quads of threads, for devices with subgroups; N and K
 * are multiples of 4 (in aᵀ·b M and N and K). A workgroup is one row of WG_N threads, a multiple of
 * 4, and a thread owns TILE_M (8 or 16) rows and 8 columns.
 */

import matmulNnQuadCode from '../../shaders/matmul_nn_quad.wgsl?raw';
import matmulNtQuadCode from '../../shaders/matmul_nt_quad.wgsl?raw';
import matmulTnQuadCode from '../../shaders/matmul_tn_quad.wgsl?raw';
import { defineKernel, groups, type Values } from '../gpu/kernel';
import { nnTable, ntTable, tnTable } from './linear_tables';

const TILE = { TILE_M: 8, WG_N: 8 };
const features = ['subgroups'] as const;

const tiles = ({ M, N }: Values<'M' | 'N'>, { TILE_M, WG_N }: Values<'TILE_M' | 'WG_N'>) =>
  [groups(N, 8 * WG_N), groups(M, TILE_M)] as const;

/** matmul_nn's product and epilogue. */
export const matmulNNQuad = defineKernel({
  ...nnTable(TILE),
  name: 'matmul_nn_quad',
  code: matmulNnQuadCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});

/** matmul_nt's product. */
export const matmulNTQuad = defineKernel({
  ...ntTable(TILE),
  name: 'matmul_nt_quad',
  code: matmulNtQuadCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});

/** matmul_tn's product. */
export const matmulTNQuad = defineKernel({
  ...tnTable(TILE),
  name: 'matmul_tn_quad',
  code: matmulTnQuadCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});
