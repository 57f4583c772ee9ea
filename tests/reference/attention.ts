/**
 * Causal multi-head attention on GPT-2's packed projection. A row of qkv [N,3C] is q | k | v, each C
 * wide, and each of those is H heads of D = C/H contiguous channels. Scores are scaled by 1/√D.
 */
import type { Values } from './types';

export interface AttentionShape {
  B: number;
  T: number;
  C: number;
  H: number;
}

/** Index in qkv [N,3C] of channel d of head h of part 0 (q), 1 (k) or 2 (v) at position t of b. */
function at(s: AttentionShape, part: 0 | 1 | 2, b: number, t: number, h: number, d: number) {
  return (b * s.T + t) * 3 * s.C + part * s.C + h * (s.C / s.H) + d;
}

/**
 * o [N,C] = softmax(q·kᵀ/√D, over j ≤ i) · v, heads side by side; lse [B,H,T] is the log of the sum of
 * the exponentials of a row's scaled scores, probs [B,H,T,T] the attention weights (0 above the diagonal).
 */
export function attentionForward(
  qkv: Values,
  shape: AttentionShape,
): { o: Float64Array; lse: Float64Array; probs: Float64Array } {
  const { B, T, C, H } = shape;
  const D = C / H;
  const o = new Float64Array(B * T * C);
  const lse = new Float64Array(B * H * T);
  const probs = new Float64Array(B * H * T * T);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let i = 0; i < T; i++) {
        const scores = new Float64Array(i + 1);
        for (let j = 0; j <= i; j++) {
          let dot = 0;
          for (let d = 0; d < D; d++) {
            dot += qkv[at(shape, 0, b, i, h, d)]! * qkv[at(shape, 1, b, j, h, d)]!;
          }
          scores[j] = dot / Math.sqrt(D);
        }
        const max = scores.reduce((x, y) => Math.max(x, y));
        const sum = scores.reduce((total, score) => total + Math.exp(score - max), 0);
        const rowLse = max + Math.log(sum);
        lse[(b * H + h) * T + i] = rowLse;
        for (let j = 0; j <= i; j++) {
          const p = Math.exp(scores[j]! - rowLse);
          probs[((b * H + h) * T + i) * T + j] = p;
          for (let d = 0; d < D; d++) {
            o[(b * T + i) * C + h * D + d]! += p * qkv[at(shape, 2, b, j, h, d)]!;
          }
        }
      }
    }
  }
  return { o, lse, probs };
}

/**
 * dqkv [N,3C] from dout [N,C] and the qkv of the forward:
 * dV_j = Σ_i p_ij·do_i, dp_ij = do_i·v_j, ds_ij = p_ij·(dp_ij − Σ_k p_ik·dp_ik),
 * dQ_i = Σ_j ds_ij·k_j/√D, dK_j = Σ_i ds_ij·q_i/√D.
 */
export function attentionBackward(dout: Values, qkv: Values, shape: AttentionShape): Float64Array {
  const { B, T, C, H } = shape;
  const D = C / H;
  const scale = 1 / Math.sqrt(D);
  const { probs } = attentionForward(qkv, shape);
  const dqkv = new Float64Array(B * T * 3 * C);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let i = 0; i < T; i++) {
        const dprobs = new Float64Array(i + 1);
        let mean = 0;
        for (let j = 0; j <= i; j++) {
          const p = probs[((b * H + h) * T + i) * T + j]!;
          for (let d = 0; d < D; d++) {
            const g = dout[(b * T + i) * C + h * D + d]!;
            dprobs[j]! += g * qkv[at(shape, 2, b, j, h, d)]!;
            dqkv[at(shape, 2, b, j, h, d)]! += p * g;
          }
          mean += p * dprobs[j]!;
        }
        for (let j = 0; j <= i; j++) {
          const ds = probs[((b * H + h) * T + i) * T + j]! * (dprobs[j]! - mean);
          for (let d = 0; d < D; d++) {
            dqkv[at(shape, 0, b, i, h, d)]! += ds * scale * qkv[at(shape, 1, b, j, h, d)]!;
            dqkv[at(shape, 1, b, j, h, d)]! += ds * scale * qkv[at(shape, 0, b, i, h, d)]!;
          }
        }
      }
    }
  }
  return dqkv;
}
