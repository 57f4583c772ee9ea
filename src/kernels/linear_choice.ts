/**
 * Which matmul runs: the variant, the rows a thread owns and the shape of a workgroup, by size and
 * adapter. `matmulVariants` lists what can run a product; `chooseMatmul` takes the one that was
 * measured best for the product's class, and without a measurement the first of the list. The
 * order of the lists was measured on SwiftShader and llvmpipe (docs/what-did-not-work.md).
 */

import type { Gpu } from '../gpu/device';
import { isWorthImage } from '../gpu/images';
import type { Kernel, Values } from '../gpu/kernel';
import { groups } from '../gpu/kernel';
import { matmulNN, matmulNNVec4, matmulNT, matmulNTVec4, matmulTN, matmulTNVec4 } from './linear';
import { matmulNNImage, matmulNTImage, matmulTNImage } from './linear_images';
import { matmulNNQuad, matmulNTQuad, matmulTNQuad } from './linear_quads';
import { matmulNNTiled, matmulNTTiled, matmulTNTiled } from './linear_tiled';
import { matmulNNWide, matmulNTWide, matmulTNWide } from './linear_wide';

export type MatmulForm = 'nn' | 'nt' | 'tn';

/** An M×N product over K. */
export interface MatmulSize {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What of a device decides which variants it is offered. */
export interface MatmulDevice {
  /** SwiftShader, llvmpipe: threads are SIMD lanes of a few cores. */
  readonly software: boolean;
  /** Subgroups are there and trusted; false where left out. */
  readonly subgroups?: boolean;
  /** Matrices can be read as images, and that is trusted; false where left out. */
  readonly images?: boolean;
  /** A decoded token's weights are read in half precision; false where left out. */
  readonly halves?: boolean;
}

export const matmulDevice = ({ adapter, trusted }: Pick<Gpu, 'adapter' | 'trusted'>) => ({
  software: adapter.is_fallback,
  subgroups: trusted.has('subgroups'),
  images: trusted.has('images'),
  halves: trusted.has('shader-f16'),
});

export interface MatmulAdapter extends MatmulDevice {
  /** Names of variants by `matmulClass`; a class that is missing takes the default. */
  readonly variants?: ReadonlyMap<string, string>;
}

/** One way to run a product; the constants of the epilogue are the caller's to add. */
export interface MatmulVariant {
  /**
   * Stable: the kernel, and the rows × columns × k of a tile (`matmul_nn_tiled 64×64×32`, with
   * `/4` for 4 slices of K) or the rows a thread owns and the threads down × across
   * (`matmul_nn_vec4 8·8×8`, `matmul_nn_quad 16·1×8`, `matmul_nn_image 16·1×8`,
   * `matmul_nn_wide 16·1×8`).
   */
  readonly name: string;
  /** All variants of a form have the same bindings and epilogue. */
  readonly kernel: Kernel;
  readonly constants: Values;
  /** Parts of K that are summed apart and then added up; undefined for kernels that cannot. */
  readonly slices?: number;
}

type Kind = 'any' | 'vec4' | 'quad' | 'image' | 'wide' | 'tiled';

const FORMS = {
  nn: {
    any: matmulNN,
    vec4: matmulNNVec4,
    quad: matmulNNQuad,
    image: matmulNNImage,
    wide: matmulNNWide,
    tiled: matmulNNTiled,
  },
  nt: {
    any: matmulNT,
    vec4: matmulNTVec4,
    quad: matmulNTQuad,
    image: matmulNTImage,
    wide: matmulNTWide,
    tiled: matmulNTTiled,
  },
  tn: {
    any: matmulTN,
    vec4: matmulTNVec4,
    quad: matmulTNQuad,
    image: matmulTNImage,
    wide: matmulTNWide,
    tiled: matmulTNTiled,
  },
} as unknown as Record<MatmulForm, Record<Kind, Kernel>>;

/** Lanes of the widest vectors that a software adapter uses. */
const LANES = 8;
/** Workgroups that keep the cores of a software adapter evenly busy. */
const ENOUGH_WORKGROUPS = 4;
/** Fewer rows than this leave the tile of a quad, or of an image, half empty. */
const TILE_ROWS = 5;
/** Sums of a side of a wide tile, products of a sum that it takes at a time. */
const WIDE = { side: 16, k: 8 };
/** Multiplications that are worth the time a wide tile takes to compile. */
const WIDE_WORK = 2 ** 24;
/** Threads of a workgroup of quads on a GPU: whole subgroups. */
const QUAD_THREADS = 32;
/** Threads that keep a GPU busy. */
const ENOUGH_THREADS = 8192;
/** Workgroups with tiles that keep a GPU busy. */
const ENOUGH_TILES = 64;
/** A slice of K shorter than this costs more to add up than it gains. */
const SHORTEST_SLICE = 128;

/** Tiles in workgroup memory, the largest first: 128×128×16, 64×64×16, 64×64×32, 32×32×32. */
const TILINGS = [
  { WG_M: 16, WG_N: 16, ROWS: 2, COLUMNS: 2, BLOCK_K: 16 },
  { WG_M: 8, WG_N: 8, ROWS: 2, COLUMNS: 2, BLOCK_K: 16 },
  { WG_M: 16, WG_N: 16, ROWS: 1, COLUMNS: 1, BLOCK_K: 32 },
  { WG_M: 8, WG_N: 8, ROWS: 1, COLUMNS: 1, BLOCK_K: 32 },
] as const;

const fitsVec4 = (form: MatmulForm, { M, N, K }: MatmulSize) =>
  N % 4 === 0 && K % 4 === 0 && (form !== 'tn' || M % 4 === 0);

/**
 * The class of products that share a measured choice: sizes up to the next power of two, and
 * whether four numbers can be read at a time.
 */
export function matmulClass(form: MatmulForm, size: MatmulSize): string {
  const sides = [size.M, size.N, size.K].map((side) => 2 ** Math.ceil(Math.log2(side)));
  return `${form} ${sides.join('×')}${fitsVec4(form, size) ? '' : ' unaligned'}`;
}

/**
 * Every variant that can run this product on this kind of adapter, the default first. A software
 * adapter is offered no workgroup memory, which costs it more than it saves.
 */
export function matmulVariants(
  form: MatmulForm,
  size: MatmulSize,
  { software, subgroups = false, images = false }: MatmulDevice,
): MatmulVariant[] {
  const vec4 = fitsVec4(form, size);
  const kernel = FORMS[form][vec4 ? 'vec4' : 'any'];
  const inRegisters = software ? softwareVariants(kernel, size, vec4) : gpuVariants(kernel, size);
  if (!vec4) return inRegisters;
  const tall = size.M >= TILE_ROWS;
  const quads = subgroups && tall ? quadVariants(form, size, software) : [];
  if (software) {
    if (!(images && tall && fitsImages(form, size))) return [...quads, ...inRegisters];
    // Of those that read buffers, which are half as fast, one is enough to compare with.
    return [...quads, ...imageVariants(form, size), inRegisters[0]!];
  }
  // A product of few rows fills no tile.
  const tiled = tiledVariants(form, size);
  return [...(size.M < 16 ? [...inRegisters, ...tiled] : [...tiled, ...inRegisters]), ...quads];
}

const preferring = <T>(all: readonly T[], preferred: T) => [
  preferred,
  ...all.filter((one) => one !== preferred),
];

const inRegisters = (kernel: Kernel, TILE_M: number, WG_M: number, WG_N: number) => ({
  name: `${kernel.name} ${TILE_M}·${WG_M}×${WG_N}`,
  kernel,
  constants: { TILE_M, WG_M, WG_N },
});

/** As many rows a thread as leave a workgroup for every core: a load then serves the most products. */
function softwareVariants(kernel: Kernel, { M, N }: MatmulSize, vec4: boolean): MatmulVariant[] {
  const columns = vec4 ? 8 : 4;
  const rows = vec4 ? [16, 8, 4] : [8, 4];
  const across = lanesAcross(N, columns);
  const down = LANES / across;
  const workgroups = (TILE_M: number) => groups(N, columns * across) * groups(M, TILE_M * down);
  return fewestLoads(rows, workgroups).map((TILE_M) => inRegisters(kernel, TILE_M, down, across));
}

/** One row of threads: a software adapter's lanes, or a GPU's subgroup. */
function quadVariants(form: MatmulForm, { M, N }: MatmulSize, software: boolean): MatmulVariant[] {
  const across = software ? Math.max(4, lanesAcross(N, 8)) : QUAD_THREADS;
  const workgroups = (TILE_M: number) => groups(N, 8 * across) * groups(M, TILE_M);
  const { quad } = FORMS[form];
  return fewestLoads([16, 8], workgroups).map((TILE_M) => ({
    name: `${quad.name} ${TILE_M}·1×${across}`,
    kernel: quad,
    constants: { TILE_M, WG_N: across },
  }));
}

/** Rows and columns of a and of b. */
const SIDES: Record<MatmulForm, (size: MatmulSize) => readonly (readonly [number, number])[]> = {
  nn: ({ M, N, K }) => [
    [M, K],
    [K, N],
  ],
  nt: ({ M, N, K }) => [
    [M, K],
    [N, K],
  ],
  tn: ({ M, N, K }) => [
    [K, M],
    [K, N],
  ],
};

const fitsImages = (form: MatmulForm, size: MatmulSize) =>
  SIDES[form](size).every(([rows, columns]) => isWorthImage(rows, columns));

/** One vector of threads: side by side, or where N is narrow some below the others. */
function imageVariants(form: MatmulForm, size: MatmulSize): MatmulVariant[] {
  const { M, N } = size;
  const across = lanesAcross(N, 8);
  const down = LANES / across;
  const workgroups = (TILE_M: number) => groups(N, 8 * across) * groups(M, TILE_M * down);
  const { image } = FORMS[form];
  const all = fewestLoads([16, 8], workgroups).map((TILE_M) => ({
    name: `${image.name} ${TILE_M}·${down}×${across}`,
    kernel: image,
    constants: { TILE_M, WG: LANES, WG_N: across },
  }));
  return [...wideVariants(form, size), ...all];
}

/** Where tiles are filled and the product is worth compiling them. */
function wideVariants(form: MatmulForm, { M, N, K }: MatmulSize): MatmulVariant[] {
  const across = lanesAcross(N, WIDE.side);
  const down = LANES / across;
  const workgroups = groups(N, WIDE.side * across) * groups(M, WIDE.side * down);
  if (K % WIDE.k !== 0 || M * N * K < WIDE_WORK || workgroups < ENOUGH_WORKGROUPS) return [];
  const { wide } = FORMS[form];
  const name = `${wide.name} ${WIDE.side}·${down}×${across}`;
  return [{ name, kernel: wide, constants: { WG: LANES, WG_N: across } }];
}

/** First the most rows a thread that leave enough workgroups. */
const fewestLoads = (rows: readonly number[], workgroups: (TILE_M: number) => number) =>
  preferring(rows, rows.find((TILE_M) => workgroups(TILE_M) >= ENOUGH_WORKGROUPS) ?? rows.at(-1)!);

/** Square workgroups, and as many rows a thread as leave enough threads. */
function gpuVariants(kernel: Kernel, { M, N }: MatmulSize): MatmulVariant[] {
  const columns = kernel.name.endsWith('vec4') ? 8 : 4;
  const threads = (TILE_M: number) => groups(N, columns) * groups(M, TILE_M);
  const enough = threads(8) >= ENOUGH_THREADS ? 8 : 4;
  return preferring([8, 4], enough).map((TILE_M) => inRegisters(kernel, TILE_M, 8, 8));
}

/** The largest tile that leaves enough workgroups; for weight gradients, enough slices of K too. */
function tiledVariants(form: MatmulForm, { M, N, K }: MatmulSize): MatmulVariant[] {
  const kernel = FORMS[form].tiled;
  const sliceable = form === 'tn' ? [1, 2, 4, 8, 16] : [1];
  const slices = sliceable.filter((S) => S === 1 || K >= S * SHORTEST_SLICE);
  const all = TILINGS.flatMap((constants) => {
    const { WG_M, WG_N, ROWS, COLUMNS, BLOCK_K } = constants;
    const tile = [4 * ROWS * WG_M, 4 * COLUMNS * WG_N] as const;
    return slices.map((S) => ({
      name: `${kernel.name} ${tile.join('×')}×${BLOCK_K}${S > 1 ? `/${S}` : ''}`,
      kernel,
      constants,
      ...(form === 'tn' ? { slices: S } : {}),
      workgroups: groups(M, tile[0]) * groups(N, tile[1]) * S,
    }));
  });
  const enough = all.find(({ workgroups }) => workgroups >= ENOUGH_TILES) ?? all.at(-1)!;
  return preferring(all, enough).map(({ workgroups: _, ...variant }) => variant);
}

/**
 * Threads across of a workgroup on a software adapter: one row of lanes where N is wide enough, so
 * that a row of a is the same for all of them and is loaded once.
 */
const lanesAcross = (N: number, columns: number) =>
  Math.min(LANES, 2 ** Math.ceil(Math.log2(groups(N, columns))));

/**
 * The variant for a product: the one that was measured best for its class, where this size of the
 * class can run it (its images may not be worth copying, its K too short for slices), or the default.
 */
export function chooseMatmul(
  form: MatmulForm,
  size: MatmulSize,
  { variants, ...device }: MatmulAdapter,
): MatmulVariant {
  const all = matmulVariants(form, size, device);
  const name = variants?.get(matmulClass(form, size));
  return all.find((variant) => variant.name === name) ?? all[0]!;
}
