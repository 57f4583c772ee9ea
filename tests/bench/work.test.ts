/** What the benchmark divides times by, and what it says. */
import { describe, expect, test } from 'vitest';
import { opponentOf } from '../../bench/naive';
import { figure, table } from '../../scripts/bench/table.mjs';
import type { Kernel, Values } from '../../src/gpu/kernel';
import { median, spreadOf } from '../../src/gpu/spread';
import { KERNELS } from '../../src/kernels';
import { boundOf, bytesOf, flopsOf, rateOf, trafficOf } from '../../src/kernels/work';

const dispatch = (name: string, params: Values, constants: Values = {}) => {
  const kernel = KERNELS.get(name) as Kernel;
  return { kernel, params, constants: { ...kernel.constants, ...constants } };
};

describe('the work of a dispatch', () => {
  const sizes = { M: 2, N: 3, K: 5 };

  test('of a product is 2·M·N·K operations, in every variant', () => {
    for (const name of ['matmul_nn', 'matmul_nt_vec4', 'matmul_tn']) {
      expect(flopsOf(dispatch(name, sizes))).toBe(60);
    }
  });

  test('counts a buffer once for a read, twice when it is changed', () => {
    expect(bytesOf(dispatch('matmul_nn', sizes))).toBe(4 * (10 + 15 + 6));
    const norm = dispatch('grad_norm_partial', { N: 8, P: 2, FIRST: 0, COUNT: 2 });
    expect(bytesOf(norm)).toBe(4 * (8 + 2 * 4));
    expect(trafficOf(norm)).toEqual({ read: 48, written: 16 });
  });

  test('counts an optional buffer only when it is used', () => {
    const names = (constants: Values) =>
      boundOf(dispatch('matmul_nn', sizes, constants)).map(([name]) => name);
    expect(names({})).toEqual(['a', 'b', 'out']);
    expect(names({ BIAS: 1, GELU: 1 })).toEqual(['a', 'b', 'bias', 'pre', 'out']);
  });

  test('of weights in half precision is two bytes each', () => {
    const [B, N, K] = [8, 64, 32];
    const rest = B + B * K + B * N;
    expect(bytesOf(dispatch('decode_linear', { B, N, K }))).toBe(4 * (rest + K * N));
    expect(bytesOf(dispatch('decode_linear_half', { B, N, K }))).toBe(4 * rest + 2 * K * N);
    expect(flopsOf(dispatch('decode_linear_half', { B, N, K }))).toBe(2 * B * N * K);
  });

  test('of a decoded token is half of the cache, in every variant', () => {
    const sizes = { B: 4, T: 64, H: 2, D: 16 };
    const [plain, x4] = ['attention_decode', 'attention_decode_x4'].map((name) =>
      bytesOf(dispatch(name, sizes)),
    );
    const cache = 4 * 4 * 64 * 2 * 32;
    expect(plain).toBe(4 * (4 + 4 * 96 + 4 + 4 * 32) + cache / 2);
    expect(x4).toBe(plain);
  });

  test('of an embedding is the rows that are looked up, not the table', () => {
    const { N, C, V } = { N: 10, C: 4, V: 1000 };
    const bytes = bytesOf(dispatch('embedding_forward', { N, T: 5, C, V, P: 5 }));
    expect(bytes).toBe(4 * (N + N * C + 5 * C + N * C));
  });
});

test('the share of peak is that of the peak which binds', () => {
  const product = dispatch('matmul_nn', { M: 100, N: 100, K: 100 });
  // 2 million operations and 120 kB in a millisecond: 2 GFLOP/s and 0.12 GB/s.
  const arithmetic = rateOf(product, 1000, { gflops: 4, gbps: 12 });
  expect(arithmetic).toEqual({ gflops: 2, gbps: 0.12, share: 0.5, boundBy: 'arithmetic' });
  expect(rateOf(product, 1000, { gflops: 400, gbps: 0.24 })).toMatchObject({
    share: 0.5,
    boundBy: 'memory',
  });
});

describe('the opponent', () => {
  test.each([
    ['matmul_nn_vec4', { TRANSPOSE_A: 0, TRANSPOSE_B: 0 }],
    ['matmul_nt', { TRANSPOSE_A: 0, TRANSPOSE_B: 1 }],
    ['matmul_tn_vec4', { TRANSPOSE_A: 1, TRANSPOSE_B: 0 }],
  ])('of %s is the textbook product, transposed alike', (name, constants) => {
    const opponent = opponentOf(dispatch(name, {}));
    expect([opponent?.name, opponent?.constants]).toEqual(['matmul_naive', constants]);
  });

  test('of a row kernel has the other kind of workgroup', () => {
    expect(opponentOf(dispatch('layernorm_forward', {}, { WG: 8 }))?.constants['WG']).toBe(64);
    expect(opponentOf(dispatch('layernorm_forward', {}, { WG: 64 }))?.constants['WG']).toBe(16);
  });

  test('of a variant is the plain kernel with the same options', () => {
    const variants = [...KERNELS.keys()].filter((name) => name.endsWith('_x4'));
    expect(variants).toContain('attention_decode_x4');
    for (const variant of variants) {
      const opponent = opponentOf(dispatch(variant, {}, { D4: 8 }));
      expect(opponent?.kernel.name).toBe(variant.replace('_x4', ''));
      expect(opponent?.constants['D4']).toBe(8);
    }
    expect(opponentOf(dispatch('cross_entropy_backward_vec4', {}))?.name).toBe(
      'cross_entropy_backward',
    );
    const half = opponentOf(dispatch('decode_linear_half', {}, { TILE_M: 16 }));
    expect(half).toMatchObject({ name: 'decode_linear', constants: { TILE_M: 16 } });
  });
});

test('the median of an even count lies between the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

test('tables set figures to the right, with three digits', () => {
  expect([12345.6, 12.345, 0.012345].map(figure)).toEqual(['12,346', '12.3', '0.0123']);
  expect(
    table([
      ['name', 'n'],
      ['a', '100'],
    ]),
  ).toBe('name    n\na     100');
});
