/** Which variants a product is offered, which of them it runs with, and that each is right. */
import { describe, expect, it } from 'vitest';
import {
  chooseMatmul,
  matmulClass,
  matmulDevice,
  matmulVariants,
} from '../../src/kernels/linear_choice';
import { recordMatmul } from '../../src/kernels/linear_record';
import { runOnce, upload } from '../nn/support';
import { expectClose } from '../reference/compare';
import * as reference from '../reference/matmul';
import { testGpu } from '../support/kernel';
import { expectations, type Size, tolerance } from './matmul_products';

/** One size for each way in which a variant is chosen: any size, less than a tile, several tiles, large. */
const CHOSEN: Size[] = [
  [31, 33, 32],
  [8, 12, 20],
  [136, 68, 260],
  [64, 128, 64],
  [320, 192, 320],
];

describe.each([true, false])('the matmuls of an adapter in software: %s', (software) => {
  it.each([
    ['nn', reference.matmulNN],
    ['nt', reference.matmulNT],
    ['tn', reference.matmulTN],
  ] as const)('%s: every variant listed for a size runs it', async (form, expected) => {
    const gpu = await testGpu();
    for (const { size, params, a, b, out: wanted } of expectations(CHOSEN, expected)) {
      const buffers = [upload.floats(gpu, a), upload.floats(gpu, b)] as const;
      for (const variant of matmulVariants(form, params, {
        ...matmulDevice(gpu),
        software,
        images: software,
      })) {
        const { out } = await runOnce(gpu, (tape) => {
          const out = tape.temp('out', params.M * params.N);
          recordMatmul(tape, variant, params, { a: buffers[0], b: buffers[1], out });
          return { out };
        });
        expectClose(out, wanted, tolerance(params.K), `${size.join('×')} ${variant.name}`);
      }
      gpu.free(...buffers);
    }
  });
});

describe('the choice of a matmul', () => {
  const size = { M: 100, N: 72, K: 256 };
  const names = (software: boolean) =>
    matmulVariants('nn', size, { software }).map(({ name }) => name);

  it('is the first variant until one was measured best for the class, and then that one', () => {
    for (const software of [true, false]) {
      const [first, second] = names(software);
      expect(chooseMatmul('nn', size, { software }).name).toBe(first);
      const variants = new Map([[matmulClass('nn', size), second!]]);
      expect(chooseMatmul('nn', size, { software, variants }).name).toBe(second);
      expect(chooseMatmul('nt', size, { software, variants }).name).not.toBe(second);
    }
  });

  it('knows no two variants by one name', () => {
    for (const software of [true, false]) {
      expect(new Set(names(software)).size).toBe(names(software).length);
    }
  });

  it('is shared by sizes up to a power of two, and never by sizes that need other kernels', () => {
    const classOf = (M: number, N: number, K: number) => matmulClass('tn', { M, N, K });
    expect(classOf(100, 72, 256)).toBe(classOf(128, 128, 256));
    expect(classOf(100, 72, 256)).not.toBe(classOf(100, 72, 260));
    expect(classOf(100, 72, 256)).not.toBe(classOf(101, 72, 256));
  });

  it.each([
    ['K too short for 8 slices', 'tn', { M: 64, N: 64, K: 1024 }, { K: 600 }, '/8'],
    ['rows that are no image', 'nn', { M: 100, N: 128, K: 256 }, { N: 100 }, '_image'],
    ['K in fours, not in eights', 'tn', { M: 256, N: 256, K: 512 }, { K: 508 }, '_wide'],
  ] as const)(
    'is the default where another size of the class cannot run what was measured: %s',
    (_, form, measured, changed, kind) => {
      const other = { ...measured, ...changed };
      const device = { software: kind !== '/8', images: true };
      const { name } = matmulVariants(form, measured, device).find((variant) =>
        variant.name.includes(kind),
      )!;
      expect(matmulClass(form, other)).toBe(matmulClass(form, measured));
      const variants = new Map([[matmulClass(form, other), name]]);
      expect(chooseMatmul(form, measured, { ...device, variants }).name).toBe(name);
      const [first] = matmulVariants(form, other, device);
      expect(chooseMatmul(form, other, { ...device, variants })).toEqual(first);
    },
  );
});
