/**
 * Matrix products with tiles in workgroup memory, for GPUs; all sizes are multiples of 4. A thread
 * owns ROWS × COLUMNS (1 or 2 each) blocks of 4×4, a workgroup fetches BLOCK_K of k at a time, a
 * multiple of 4; both tiles together hold 16·BLOCK_K·(ROWS·WG_M + COLUMNS·WG_N) bytes, at most
 * 16 KiB.
 */

import matmulNnTiledCode from '../../shaders/matmul_nn_tiled.wgsl?raw';
import matmulNtTiledCode from '../../shaders/matmul_nt_tiled.wgsl?raw';
import matmulSlicesCode from '../../shaders/matmul_slices.wgsl?raw';
import matmulTnTiledCode from '../../shaders/matmul_tn_tiled.wgsl?raw';
import {
  defineKernel,
  flatGrid,
  groups,
  inout,
  input,
  optionalInout,
  optionalInput,
  type Values,
} from '../gpu/kernel';
import { nnTable, ntTable, tnTable } from './linear_tables';

const TILING = { WG_M: 8, WG_N: 8, ROWS: 1, COLUMNS: 1, BLOCK_K: 32 };
const nn = nnTable(TILING);
const nt = ntTable(TILING);
const tn = tnTable(TILING);

const tiles = (
  { M, N }: Values<'M' | 'N'>,
  { WG_M, WG_N, ROWS, COLUMNS }: Values<'WG_M' | 'WG_N' | 'ROWS' | 'COLUMNS'>,
) => [groups(N, 4 * COLUMNS * WG_N), groups(M, 4 * ROWS * WG_M)] as const;

/** matmul_nn's product and epilogue. */
export const matmulNNTiled = defineKernel({
  ...nn,
  name: 'matmul_nn_tiled',
  code: matmulNnTiledCode,
  grid: (params, constants) => tiles(params, constants),
});

/** matmul_nt's product. */
export const matmulNTTiled = defineKernel({
  ...nt,
  name: 'matmul_nt_tiled',
  code: matmulNtTiledCode,
  grid: (params, constants) => tiles(params, constants),
});

/** matmul_tn's product in S slices of K, each a whole result; S = 1 is the result itself. */
export const matmulTNTiled = defineKernel({
  name: 'matmul_tn_tiled',
  code: matmulTnTiledCode,
  params: { ...tn.params, S: 'u32' },
  bindings: { ...tn.bindings, out: inout('S, M, N'), dbias: optionalInout('S, N') },
  constants: tn.constants,
  grid: (params, constants) => [...tiles(params, constants), params.S],
});

/** out = Σ_s partial (+ out with `ACCUMULATE`); with `BIAS` also dbias = Σ_s partial_bias (+ dbias). */
export const matmulSlices = defineKernel({
  name: 'matmul_slices',
  code: matmulSlicesCode,
  params: { M: 'u32', N: 'u32', S: 'u32' },
  bindings: {
    partial: input('S, M, N'),
    partial_bias: optionalInput('S, N'),
    out: inout('M, N'),
    dbias: optionalInout('N'),
  },
  constants: { WG: 64, ACCUMULATE: 0, BIAS: 0 },
  grid: ({ M, N }, c) => flatGrid(groups((M + 1) * (N / 4), c.WG)),
});
