/** `/kernels.html`: any kernel can be run from outside on plain arrays. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site';

let site: Site;
let page: Page;
const requested: string[] = [];

beforeAll(async () => {
  site = await openSite('/any/sub-path');
  page = await site.open('/kernels.html');
  page.on('request', (request) => requested.push(request.url()));
});
afterAll(() => site.close());

const failure = (name: string, buffers: object, params: object) =>
  page.evaluate(
    ([name, buffers, params]) =>
      window.runKernel(name as string, buffers as never, params as never).then(
        () => 'no error',
        (error: Error) => error.message,
      ),
    [name, buffers, params],
  );

test('nothing is loaded until a function is called', async () => {
  expect(requested).toEqual([]);
  await page.evaluate(() => window.listKernels());
  expect(requested.length).toBeGreaterThan(0);
});

test('the list tells buffers, params, tunables and shapes', async () => {
  const kernels = await page.evaluate(() => window.listKernels());
  expect(kernels.length).toBeGreaterThan(20);
  expect(kernels.find(({ name }) => name === 'matmul_naive')).toEqual({
    name: 'matmul_naive',
    file: 'shaders/matmul_naive.wgsl',
    inputs: ['a', 'b'],
    outputs: ['out'],
    optional: [],
    params: { M: 'u32', N: 'u32', K: 'u32' },
    constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0 },
    types: { a: 'f32', b: 'f32', out: 'f32' },
    shapes: { a: 'M, K', b: 'K, N', out: 'M, N' },
  });
});

test('a product of awkward sizes agrees with plain arithmetic', async () => {
  const [M, N, K] = [7, 13, 19];
  const value = (i: number) => ((i * 37) % 23) / 8 - 1;
  const a = Array.from({ length: M * K }, (_, i) => value(i));
  const b = Array.from({ length: K * N }, (_, i) => value(i + 5));
  const wanted = Array.from({ length: M * N }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < K; k++) {
      sum += a[Math.floor(at / N) * K + k]! * b[k * N + (at % N)]!;
    }
    return sum;
  });
  const met = await page.evaluate(
    async ([a, b, params]) => {
      const { outputs } = await window.runKernel(
        'matmul_nn',
        { a: Float32Array.from(a as number[]), b: b as number[] },
        params as Record<string, number>,
      );
      return Array.from(outputs['out']!);
    },
    [a, b, { M, N, K }] as const,
  );
  // All values are multiples of 1/8 below 2, so every sum is exact in f32.
  expect(met).toEqual(wanted);
});

test('a constant among the params changes the kernel', async () => {
  const sums = await page.evaluate(async () => {
    const buffers = { a: [1, 2], b: [3, 4] };
    const params = { M: 1, N: 1, K: 2 };
    const transposed = { M: 2, N: 1, K: 1, TRANSPOSE_A: 1 };
    const plain = await window.runKernel('matmul_naive', buffers, params);
    const other = await window.runKernel('matmul_naive', { ...buffers, b: [3] }, transposed);
    return [plain, other].map(({ outputs }) => Array.from(outputs['out']!));
  });
  expect(sums).toEqual([[11], [3, 6]]);
});

test.each([
  ['matmul', {}, {}, /^No kernel 'matmul'; the kernels are .*matmul_nn/],
  ['matmul_naive', {}, { M: 1, N: 1 }, "matmul_naive: param 'K' (u32) is missing."],
  [
    'matmul_naive',
    {},
    { M: 1, N: 1, K: 1, L: 1 },
    "matmul_naive has no param 'L'; it has M, N, K, TRANSPOSE_A, TRANSPOSE_B.",
  ],
  [
    'matmul_naive',
    { a: [1] },
    { M: 1, N: 2, K: 1 },
    "matmul_naive: buffer 'b' [K, N] is missing; 2 elements are wanted.",
  ],
  [
    'matmul_naive',
    { a: [1, 2], b: [1] },
    { M: 1, N: 1, K: 1 },
    "matmul_naive: buffer 'a' [M, K] has 2 elements; 1 are wanted.",
  ],
  [
    'matmul_naive',
    { c: [1] },
    { M: 1, N: 1, K: 1 },
    "matmul_naive has no buffer 'c'; it has a, b, out.",
  ],
])('%s with %j and %j is refused in one sentence', async (name, buffers, params, message) => {
  expect(await failure(name, buffers, params)).toMatch(message);
});

test('no tab reports an error', () => {
  expect(site.errors).toEqual([]);
});
