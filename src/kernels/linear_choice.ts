/**
 * Which matmul runs: the variant, the rows a thread owns and the shape of a workgroup, by size and
 * adapter. Measured on SwiftShader and llvmpipe (docs/what-did-not-work.md); nothing is tuned here
 * for one GPU.
 */

import { groups } from '../gpu/kernel';
import { matmulNN, matmulNNVec4, matmulNT, matmulNTVec4, matmulTN, matmulTNVec4 } from './linear';

export type MatmulForm = 'nn' | 'nt' | 'tn';

interface Adapter {
  /** SwiftShader, llvmpipe: threads are SIMD lanes of a few cores. */
  readonly software: boolean;
}

interface Tiling {
  readonly TILE_M: number;
  readonly WG_M: number;
  readonly WG_N: number;
}

const FORMS = {
  nn: { any: matmulNN, vec4: matmulNNVec4 },
  nt: { any: matmulNT, vec4: matmulNTVec4 },
  tn: { any: matmulTN, vec4: matmulTNVec4 },
} as const;

/** Lanes of the widest vectors that a software adapter uses. */
const LANES = 8;
/** Workgroups that keep the cores of a software adapter evenly busy. */
const ENOUGH_WORKGROUPS = 4;
/** Threads that keep a GPU busy. */
const ENOUGH_THREADS = 8192;

const fitsVec4 = (form: MatmulForm, M: number, N: number, K: number) =>
  N % 4 === 0 && K % 4 === 0 && (form !== 'tn' || M % 4 === 0);

/**
 * One row of lanes a workgroup, so that a row of a is the same for all of them and is loaded once;
 * as many rows a thread as leave a workgroup for every core, since arithmetic is cheap there and a
 * load costs as much as a dozen products.
 */
function softwareTiling(M: number, N: number, columns: number, tiles: readonly number[]): Tiling {
  const WG_N = Math.min(LANES, 2 ** Math.ceil(Math.log2(groups(N, columns))));
  const WG_M = LANES / WG_N;
  const across = groups(N, columns * WG_N);
  const TILE_M =
    tiles.find((tile) => across * groups(M, tile * WG_M) >= ENOUGH_WORKGROUPS) ?? tiles.at(-1)!;
  return { TILE_M, WG_M, WG_N };
}

/** Square workgroups, and as many rows a thread as leave enough threads. */
function gpuTiling(M: number, N: number, columns: number, tiles: readonly number[]): Tiling {
  const TILE_M =
    tiles.find((tile) => groups(N, columns) * groups(M, tile) >= ENOUGH_THREADS) ?? tiles.at(-1)!;
  return { TILE_M, WG_M: 8, WG_N: 8 };
}

/**
 * The kernel and its constants for an M×N product over K; the constants of the epilogue are the
 * caller's to add. All variants of a form have the same bindings and params.
 */
export function chooseMatmul<F extends MatmulForm>(
  form: F,
  M: number,
  N: number,
  K: number,
  { software }: Adapter,
): { kernel: (typeof FORMS)[F]['any'] | (typeof FORMS)[F]['vec4']; constants: Tiling } {
  const vec4 = fitsVec4(form, M, N, K);
  const kernel = FORMS[form][vec4 ? 'vec4' : 'any'];
  const columns = vec4 ? 8 : 4;
  const constants = software
    ? softwareTiling(M, N, columns, vec4 ? [16, 8, 4] : [8, 4])
    : gpuTiling(M, N, columns, [8, 4]);
  return { kernel, constants };
}
