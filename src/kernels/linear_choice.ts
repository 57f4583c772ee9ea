/**
 * Which matmul runs: the variant, the rows a thread owns and the shape of a workgroup, by size and
 * adapter. `matmulVariants` lists what can run a product; `chooseMatmul` takes the one that was
 * measured best for the product's class, and without a measurement the first of the list. The
 * order of the lists was measured on SwiftShader and llvmpipe (docs/what-did-not-work.md).
 */

import type { Kernel, Values } from '../gpu/kernel';
import { groups } from '../gpu/kernel';
import { matmulNN, matmulNNVec4, matmulNT, matmulNTVec4, matmulTN, matmulTNVec4 } from './linear';

export type MatmulForm = 'nn' | 'nt' | 'tn';

/** An M×N product over K. */
export interface MatmulSize {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface MatmulAdapter {
  /** SwiftShader, llvmpipe: threads are SIMD lanes of a few cores. */
  readonly software: boolean;
  /** Names of variants by `matmulClass`; a class that is missing takes the default. */
  readonly variants?: ReadonlyMap<string, string>;
}

/** One way to run a product; the constants of the epilogue are the caller's to add. */
export interface MatmulVariant {
  /** Stable, such as `matmul_nn_vec4 8·8×8`: kernel, rows a thread, threads down × across. */
  readonly name: string;
  /** All variants of a form have the same bindings and params. */
  readonly kernel: MatmulKernel;
  readonly constants: Values<'TILE_M' | 'WG_M' | 'WG_N'>;
}

type MatmulKernel = typeof matmulNN | typeof matmulNT | typeof matmulTN;

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

const fitsVec4 = (form: MatmulForm, { M, N, K }: MatmulSize) =>
  N % 4 === 0 && K % 4 === 0 && (form !== 'tn' || M % 4 === 0);

/**
 * The class of products that share a measured choice: sizes up to the next power of two, and
 * whether four numbers can be read at a time. What is valid for one of a class is for all.
 */
export function matmulClass(form: MatmulForm, size: MatmulSize): string {
  const sides = [size.M, size.N, size.K].map((side) => 2 ** Math.ceil(Math.log2(side)));
  return `${form} ${sides.join('×')}${fitsVec4(form, size) ? '' : ' unaligned'}`;
}

/** Every variant that can run this product on this kind of adapter, the default first. */
export function matmulVariants(
  form: MatmulForm,
  size: MatmulSize,
  { software }: Pick<MatmulAdapter, 'software'>,
): MatmulVariant[] {
  const vec4 = fitsVec4(form, size);
  const kernel: Kernel = FORMS[form][vec4 ? 'vec4' : 'any'];
  const columns = vec4 ? 8 : 4;
  const rows = vec4 ? [16, 8, 4] : [8, 4];
  const { across, enough } = software
    ? { across: lanesAcross(size.N, columns), enough: ENOUGH_WORKGROUPS }
    : { across: 8, enough: ENOUGH_THREADS };
  const down = software ? LANES / across : 8;
  /** Workgroups on a software adapter, threads on a GPU. */
  const parts = (TILE_M: number) =>
    software
      ? groups(size.N, columns * across) * groups(size.M, TILE_M * down)
      : groups(size.N, columns) * groups(size.M, TILE_M);
  // As many rows a thread as leave enough parts: a load then serves the most products.
  const usual = software ? rows : rows.filter((TILE_M) => TILE_M < 16);
  const preferred = usual.find((TILE_M) => parts(TILE_M) >= enough) ?? rows.at(-1)!;
  return [preferred, ...rows.filter((TILE_M) => TILE_M !== preferred)].map((TILE_M) => ({
    name: `${kernel.name} ${TILE_M}·${down}×${across}`,
    kernel: kernel as unknown as MatmulKernel,
    constants: { TILE_M, WG_M: down, WG_N: across },
  }));
}

/**
 * Threads across of a workgroup on a software adapter: one row of lanes where N is wide enough, so
 * that a row of a is the same for all of them and is loaded once.
 */
const lanesAcross = (N: number, columns: number) =>
  Math.min(LANES, 2 ** Math.ceil(Math.log2(groups(N, columns))));

/**
 * The variant for a product.
 * @throws when the choice for its class names no variant that can run it
 */
export function chooseMatmul(
  form: MatmulForm,
  size: MatmulSize,
  { software, variants }: MatmulAdapter,
): MatmulVariant {
  const all = matmulVariants(form, size, { software });
  const name = variants?.get(matmulClass(form, size));
  if (name === undefined) return all[0]!;
  const chosen = all.find((variant) => variant.name === name);
  if (chosen) return chosen;
  const known = all.map((variant) => variant.name).join(', ');
  throw new Error(`${matmulClass(form, size)} has no variant '${name}'; it has ${known}`);
}
