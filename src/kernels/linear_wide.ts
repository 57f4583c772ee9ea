/**
 * Matrix products that read a and b as images and sum 16×16 tiles, for large products on software
 * adapters; N is a multiple of 4, K of 8 (in aᵀ·b M of 4 too). A thread owns 16 rows and 16 columns;
 * of the WG of a workgroup, WG_N stand side by side, the rest below them.
 */

import matmulNnWideCode from '../../shaders/matmul_nn_wide.wgsl?raw';
import matmulNtWideCode from '../../shaders/matmul_nt_wide.wgsl?raw';
import matmulTnWideCode from '../../shaders/matmul_tn_wide.wgsl?raw';
import { IMAGES_IN_WGSL } from '../gpu/features';
import { defineKernel, groups, image, type Values } from '../gpu/kernel';
import { nnTable, ntTable, tnTable } from './linear_tables';

const SIDE = 16;
const TILE = { WG: 8, WG_N: 8 };
const features = [IMAGES_IN_WGSL] as const;

/** Rows of tiles that meet the same columns one after the other. */
const BAND = 16;

const bands = ({ M, N }: Values<'M' | 'N'>, { WG, WG_N }: Values<'WG' | 'WG_N'>) => {
  const down = groups(M, (SIDE * WG) / WG_N);
  return [Math.min(BAND, down), groups(N, SIDE * WG_N), groups(down, BAND)] as const;
};

const nn = nnTable(TILE);

/** matmul_nn's product and epilogue. */
export const matmulNNWide = defineKernel({
  ...nn,
  bindings: { ...nn.bindings, a: image('M, K'), b: image('K, N') },
  name: 'matmul_nn_wide',
  code: matmulNnWideCode,
  features,
  grid: (params, constants) => bands(params, constants),
});

const nt = ntTable(TILE);

/** matmul_nt's product. */
export const matmulNTWide = defineKernel({
  ...nt,
  bindings: { ...nt.bindings, a: image('M, K'), b: image('N, K') },
  name: 'matmul_nt_wide',
  code: matmulNtWideCode,
  features,
  grid: (params, constants) => bands(params, constants),
});

const tn = tnTable(TILE);

/** matmul_tn's product. */
export const matmulTNWide = defineKernel({
  ...tn,
  bindings: { ...tn.bindings, a: image('K, M'), b: image('K, N') },
  name: 'matmul_tn_wide',
  code: matmulTnWideCode,
  features,
  grid: (params, constants) => bands(params, constants),
});
