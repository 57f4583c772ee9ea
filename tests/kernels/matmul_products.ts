/** Products of random matrices with what they must give in f64, shared by the matmul tests. */
import { random } from '../reference/compare';

export type Size = readonly [M: number, N: number, K: number];

/**
 * The rounding of a sum of K products in f32 is a random walk of K steps, each some 2⁻²⁵ of the
 * partial sum; the worst of ten thousand elements is 1e-6 of the largest element at K = 1000, and
 * it grows with √K. Three times that, and never less than a few units in the last place. A missing
 * or wrong term is an error of 1/K or more.
 */
export const tolerance = (K: number) => 3e-6 * Math.max(0.3, Math.sqrt(K / 1000));

export const product = ([M, N, K]: Size, stream = 0) => ({
  /** S is read by the kernel that cuts K into slices. */
  params: { M, N, K, S: 1 },
  a: random(M * K, stream),
  b: random(K * N, stream + 1),
});

export type Product = (a: ArrayLike<number>, b: ArrayLike<number>, ...size: Size) => Float64Array;

/** Each size with its inputs and its product in f64, computed once. */
export const expectations = (sizes: Size[], expected: Product) =>
  sizes.map((size) => {
    const { params, a, b } = product(size);
    return { size, params, a, b, out: expected(a, b, ...size) };
  });
