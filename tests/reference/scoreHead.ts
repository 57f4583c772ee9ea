/** The scalar head of reward and value models: one weight a channel, no bias. */
import type { Values } from './types';

/** score [M] = h [M,C] · w [C]. */
export function scoreHeadForward(h: Values, w: Values, M: number, C: number): Float64Array {
  const score = new Float64Array(M);
  for (let m = 0; m < M; m++) for (let c = 0; c < C; c++) score[m]! += h[m * C + c]! * w[c]!;
  return score;
}

/** dh [M,C] = dscore·w and dw [C] = Σ_m dscore_m·h_m. */
export function scoreHeadBackward(
  dscore: Values,
  h: Values,
  w: Values,
  M: number,
  C: number,
): { dh: Float64Array; dw: Float64Array } {
  const dh = new Float64Array(M * C);
  const dw = new Float64Array(C);
  for (let m = 0; m < M; m++) {
    for (let c = 0; c < C; c++) {
      dh[m * C + c] = dscore[m]! * w[c]!;
      dw[c]! += dscore[m]! * h[m * C + c]!;
    }
  }
  return { dh, dw };
}
