/** Layer normalisation over channels (Ba et al. 2016), with the population variance and GPT-2's eps. */
import type { Values } from './types';

export const LAYERNORM_EPS = 1e-5;

/** y[N,C] = (x − mean)·rstd·weight + bias, with mean and rstd [N] of each row; rstd = 1/√(var + eps). */
export function layernormForward(
  x: Values,
  weight: Values,
  bias: Values,
  N: number,
  C: number,
  eps = LAYERNORM_EPS,
): { y: Float64Array; mean: Float64Array; rstd: Float64Array } {
  const y = new Float64Array(N * C);
  const mean = new Float64Array(N);
  const rstd = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[n * C + c]!;
    const mu = sum / C;
    let squares = 0;
    for (let c = 0; c < C; c++) squares += (x[n * C + c]! - mu) ** 2;
    const r = 1 / Math.sqrt(squares / C + eps);
    for (let c = 0; c < C; c++) y[n * C + c] = (x[n * C + c]! - mu) * r * weight[c]! + bias[c]!;
    mean[n] = mu;
    rstd[n] = r;
  }
  return { y, mean, rstd };
}

/**
 * With x̂ = (x − mean)·rstd and g = dy·weight:
 * dx = rstd·(g − mean_c(g) − x̂·mean_c(g·x̂)), dweight = Σ_n dy·x̂, dbias = Σ_n dy.
 */
export function layernormBackward(
  dy: Values,
  x: Values,
  weight: Values,
  mean: Values,
  rstd: Values,
  N: number,
  C: number,
): { dx: Float64Array; dweight: Float64Array; dbias: Float64Array } {
  const dx = new Float64Array(N * C);
  const dweight = new Float64Array(C);
  const dbias = new Float64Array(C);
  for (let n = 0; n < N; n++) {
    const xhat = (c: number) => (x[n * C + c]! - mean[n]!) * rstd[n]!;
    let gMean = 0;
    let gxMean = 0;
    for (let c = 0; c < C; c++) {
      const g = dy[n * C + c]! * weight[c]!;
      gMean += g / C;
      gxMean += (g * xhat(c)) / C;
      dweight[c]! += dy[n * C + c]! * xhat(c);
      dbias[c]! += dy[n * C + c]!;
    }
    for (let c = 0; c < C; c++) {
      const g = dy[n * C + c]! * weight[c]!;
      dx[n * C + c] = rstd[n]! * (g - gMean - xhat(c) * gxMean);
    }
  }
  return { dx, dweight, dbias };
}
