/**
 * Matrix products that read a and b as images, for software adapters that load texels faster than
 * numbers of a buffer; N and K are multiples of 4 (in aᵀ·b M and N and K). A thread owns TILE_M (8 or
 * 16) rows and 8 columns; of the WG of a workgroup, WG_N stand side by side, the rest below them.
 */

import matmulNnImageCode from '../../shaders/matmul_nn_image.wgsl?raw';
import matmulNtImageCode from '../../shaders/matmul_nt_image.wgsl?raw';
import matmulTnImageCode from '../../shaders/matmul_tn_image.wgsl?raw';
import { IMAGES_IN_WGSL } from '../gpu/features';
import { defineKernel, groups, image, type Values } from '../gpu/kernel';
import { nnTable, ntTable, tnTable } from './linear_tables';

const TILE = { TILE_M: 8, WG: 8, WG_N: 8 };
const features = [IMAGES_IN_WGSL] as const;

const tiles = (
  { M, N }: Values<'M' | 'N'>,
  { TILE_M, WG, WG_N }: Values<'TILE_M' | 'WG' | 'WG_N'>,
) => [groups(N, 8 * WG_N), groups(M, (TILE_M * WG) / WG_N)] as const;

const nn = nnTable(TILE);

/** matmul_nn's product and epilogue. */
export const matmulNNImage = defineKernel({
  ...nn,
  bindings: { ...nn.bindings, a: image('M, K'), b: image('K, N') },
  name: 'matmul_nn_image',
  code: matmulNnImageCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});

const nt = ntTable(TILE);

/** matmul_nt's product. */
export const matmulNTImage = defineKernel({
  ...nt,
  bindings: { ...nt.bindings, a: image('M, K'), b: image('N, K') },
  name: 'matmul_nt_image',
  code: matmulNtImageCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});

const tn = tnTable(TILE);

/** matmul_tn's product. */
export const matmulTNImage = defineKernel({
  ...tn,
  bindings: { ...tn.bindings, a: image('K, M'), b: image('K, N') },
  name: 'matmul_tn_image',
  code: matmulTnImageCode,
  features,
  grid: (params, constants) => tiles(params, constants),
});
