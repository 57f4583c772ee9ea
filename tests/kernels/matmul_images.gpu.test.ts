/**
 * The matrix products that read a and b as images, against f64 and, to the bit, against those that
 * read buffers; and which products and devices they are offered to. Their epilogues are tested with
 * all others' in matmul.gpu.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { FEATURES, IMAGES_IN_WGSL } from '../../src/gpu/features';
import type { Kernel } from '../../src/gpu/kernel';
import { matmulNNVec4, matmulNTVec4, matmulTNVec4 } from '../../src/kernels/linear';
import { matmulDevice, matmulVariants } from '../../src/kernels/linear_choice';
import { matmulNNImage, matmulNTImage, matmulTNImage } from '../../src/kernels/linear_images';
import { matmulNNWide, matmulNTWide, matmulTNWide } from '../../src/kernels/linear_wide';
import { trustFeatures, verifyFeatures } from '../../src/kernels/trust';
import { expectClose } from '../reference/compare';
import * as reference from '../reference/matmul';
import { runKernel, testGpu } from '../support/kernel';
import { expectations, type Product, product, type Size, tolerance } from './matmul_products';

/** Multiples of 4, below, at and above the tiles; rows of a copy that are aligned and that are not. */
const FOURS: Size[] = [
  [4, 4, 4],
  [12, 8, 20],
  [36, 68, 28],
  [64, 192, 64],
  [100, 72, 256],
  [20, 260, 1020],
];
/** Where only N and K must be multiples of 4. */
const FOURS_ODD_M: Size[] = [...FOURS, [1, 64, 64], [17, 12, 36], [33, 36, 12]];

const TILINGS = [
  { TILE_M: 8, WG: 8, WG_N: 8 },
  { TILE_M: 16, WG: 8, WG_N: 8 },
  { TILE_M: 16, WG: 8, WG_N: 4 },
  { TILE_M: 8, WG: 8, WG_N: 1 },
];

describe.each([
  ['a·b', matmulNNImage, matmulNNVec4, FOURS_ODD_M, reference.matmulNN],
  ['a·bᵀ', matmulNTImage, matmulNTVec4, FOURS_ODD_M, reference.matmulNT],
  ['aᵀ·b', matmulTNImage, matmulTNVec4, FOURS, reference.matmulTN],
] as unknown as [string, Kernel, Kernel, Size[], Product][])(
  '%s of images, for sizes that divide the tiles and sizes that do not',
  (_, kernel, plain, sizes, expected) => {
    const wanted = expectations(sizes, expected);
    it.each(TILINGS)('%o', async (tiling) => {
      for (const { size, params, a, b, out } of wanted) {
        const met = await runKernel(kernel, params, { a, b }, tiling);
        expectClose(met['out']!, out, tolerance(params.K), size.join('×'));
        const bits = await runKernel(plain, params, { a, b }, { TILE_M: tiling.TILE_M });
        expect(met['out'], `the bits of ${plain.name}`).toEqual(bits['out']);
      }
    });
  },
);

/** N a multiple of 4, K of 8: below, at and above a tile, and more rows of tiles than a band has. */
const EIGHTS: Size[] = [
  [4, 4, 8],
  [12, 72, 24],
  [36, 260, 40],
  [64, 128, 64],
  [300, 140, 72],
];
const EIGHTS_ODD_M: Size[] = [...EIGHTS, [1, 64, 64], [273, 20, 16]];

describe.each([
  ['a·b', matmulNNWide, matmulNNVec4, EIGHTS_ODD_M, reference.matmulNN],
  ['a·bᵀ', matmulNTWide, matmulNTVec4, EIGHTS_ODD_M, reference.matmulNT],
  ['aᵀ·b', matmulTNWide, matmulTNVec4, EIGHTS, reference.matmulTN],
] as unknown as [string, Kernel, Kernel, Size[], Product][])(
  '%s in wide tiles, for sizes that divide the tiles and sizes that do not',
  (_, kernel, plain, sizes, expected) => {
    const wanted = expectations(sizes, expected);
    it.each([8, 4, 1].map((WG_N) => ({ WG: 8, WG_N })))('%o', async (tiling) => {
      for (const { size, params, a, b, out } of wanted) {
        const met = await runKernel(kernel, params, { a, b }, tiling);
        expectClose(met['out']!, out, tolerance(params.K), size.join('×'));
        const bits = await runKernel(plain, params, { a, b });
        expect(met['out'], `the bits of ${plain.name}`).toEqual(bits['out']);
      }
    });
  },
);

it('of columns that are no fours is refused in a sentence', async () => {
  const { params, a, b } = product([4, 6, 8]);
  await expect(runKernel(matmulNNImage as unknown as Kernel, params, { a, b })).rejects.toThrow(
    "matmul_nn_image: 'b' is read as an image: it needs columns in fours",
  );
});

describe('images', () => {
  const named = (all: { name: string }[]) => all.filter(({ name }) => name.includes('image'));
  const size = { M: 100, N: 128, K: 256 };
  const large = { M: 512, N: 256, K: 256 };

  it('are asked for on a software adapter without subgroups, and trusted where they agree', async () => {
    const gpu = await testGpu();
    const { features } = gpu.device;
    const knows = navigator.gpu.wgslLanguageFeatures.has(IMAGES_IN_WGSL);
    const wanted = gpu.adapter.is_fallback && !features.has('subgroups') && knows;
    await verifyFeatures(gpu);
    expect(gpu.verified.has('images')).toBe(wanted);
    // The same device taken for one without subgroups.
    const bare = Object.create(gpu, {
      device: {
        value: new Proxy(gpu.device, {
          get: (device, key) => {
            if (key === 'features') return new Set();
            const value = Reflect.get(device, key) as unknown;
            return typeof value === 'function' ? value.bind(device) : value;
          },
        }),
      },
      verified: { value: new Set() },
      trusted: { value: new Set() },
    });
    await verifyFeatures(bare);
    trustFeatures(bare);
    expect([...bare.verified]).toEqual(gpu.adapter.is_fallback && knows ? ['images'] : []);
    expect(matmulDevice(bare).images).toBe(bare.verified.has('images'));
    expect(FEATURES).toContain('images');
  });

  it('are offered trusted, and run first on a software adapter without subgroups', () => {
    expect(named(matmulVariants('nn', size, { software: true }))).toEqual([]);
    expect(named(matmulVariants('nn', size, { software: false, images: true }))).toEqual([]);
    const first = (device: object) =>
      matmulVariants('nn', size, { software: true, images: true, ...device })[0]!.name;
    expect(first({})).toMatch(/^matmul_nn_image 16·1×8$/);
    expect(first({ subgroups: true })).toMatch(/^matmul_nn_quad /);
  });

  it('are read in wide tiles first where the product is large and K in eights', () => {
    const wide = (size: typeof large) =>
      matmulVariants('tn', size, { software: true, images: true }).findIndex(({ name }) =>
        name.startsWith('matmul_tn_wide'),
      );
    expect(wide(large)).toBe(0);
    expect(wide({ ...large, M: 64 })).toBe(-1);
    expect(wide({ ...large, K: 260 })).toBe(-1);
    expect(wide({ ...large, M: 16, K: 4096 })).toBe(-1);
  });

  it('leave a product of few rows, of rows that no copy takes at once, or of large ones alone', () => {
    const all = (M: number, N: number, K = 256) =>
      named(matmulVariants('nn', { M, N, K }, { software: true, images: true })).length;
    expect(all(100, 128)).toBeGreaterThan(0);
    expect(all(4, 128)).toBe(0);
    expect(all(100, 72)).toBe(0);
    expect(all(8192, 128)).toBe(0);
    expect(all(4096, 128, 1028)).toBe(0);
  });
});
