/** Matrix products in the three layouts that a linear layer needs, and the sum that its bias needs. */
import type { Values } from './types';

/** y[M,N] = a[M,K] · b[K,N] (+ bias[N]). The forward of a GPT-2 Conv1D, whose weight is [in, out]. */
export function matmulNN(
  a: Values,
  b: Values,
  M: number,
  N: number,
  K: number,
  bias?: Values,
): Float64Array {
  const y = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias ? bias[n]! : 0;
      for (let k = 0; k < K; k++) sum += a[m * K + k]! * b[k * N + n]!;
      y[m * N + n] = sum;
    }
  }
  return y;
}

/** y[M,N] = a[M,K] · b[N,K]ᵀ (+ bias[N]). The tied head, and dx = dy · Wᵀ. */
export function matmulNT(
  a: Values,
  b: Values,
  M: number,
  N: number,
  K: number,
  bias?: Values,
): Float64Array {
  const y = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias ? bias[n]! : 0;
      for (let k = 0; k < K; k++) sum += a[m * K + k]! * b[n * K + k]!;
      y[m * N + n] = sum;
    }
  }
  return y;
}

/** y[M,N] = a[K,M]ᵀ · b[K,N] (+ bias[N]). The weight gradient dW = xᵀ · dy. */
export function matmulTN(
  a: Values,
  b: Values,
  M: number,
  N: number,
  K: number,
  bias?: Values,
): Float64Array {
  const y = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias ? bias[n]! : 0;
      for (let k = 0; k < K; k++) sum += a[k * M + m]! * b[k * N + n]!;
      y[m * N + n] = sum;
    }
  }
  return y;
}

/** y[N] = Σ_m a[M,N]. The bias gradient. */
export function columnSum(a: Values, M: number, N: number): Float64Array {
  const y = new Float64Array(N);
  for (let m = 0; m < M; m++) for (let n = 0; n < N; n++) y[n]! += a[m * N + n]!;
  return y;
}

/** x + y, elementwise. The residual sum. */
export function add(x: Values, y: Values): Float64Array {
  return Float64Array.from(x, (value, i) => value + y[i]!);
}
