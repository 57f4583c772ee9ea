/**
 * Softmax cross-entropy with a weight for every row, the one gradient that all language losses share:
 * the mean over targets (weights 1/count), and the policy loss (weight −∂L/∂logp of each row).
 */
import { IGNORE, type Values } from './types';

export interface CrossEntropyResult {
  /** Σ_i w_i·(−logp_i). */
  loss: number;
  /** [N] log-probability of each row's target, 0 where it is ignored. */
  logp: Float64Array;
  /** [N] entropy of each row's distribution in nats, 0 where the target is ignored. */
  entropy: Float64Array;
  /** [N,V] gradient of the loss by the undivided logits. */
  dlogits: Float64Array;
  /** How many targets are not ignored. */
  count: number;
}

/**
 * For logits [N,V] and targets [N] (−100 is ignored), with p = softmax(logits / temperature):
 * logp_i = log p_i[target_i], loss = Σ w_i·(−logp_i), dlogits_i = w_i·(p_i − onehot)/temperature.
 * Without `weights` every row that is not ignored weighs 1/count: the mean nats a target token.
 */
export function crossEntropy(
  logits: Values,
  targets: Values,
  N: number,
  V: number,
  { weights, temperature = 1 }: { weights?: Values; temperature?: number } = {},
): CrossEntropyResult {
  const logp = new Float64Array(N);
  const entropy = new Float64Array(N);
  const dlogits = new Float64Array(N * V);
  let count = 0;
  for (let i = 0; i < N; i++) if (targets[i] !== IGNORE) count++;
  let loss = 0;
  for (let i = 0; i < N; i++) {
    const target = targets[i]!;
    if (target === IGNORE) continue;
    const row = logSoftmax(Array.from({ length: V }, (_, v) => logits[i * V + v]! / temperature));
    const weight = weights ? weights[i]! : 1 / count;
    logp[i] = row[target]!;
    loss += weight * -row[target]!;
    for (let v = 0; v < V; v++) {
      const p = Math.exp(row[v]!);
      if (p > 0) entropy[i]! -= p * row[v]!;
      dlogits[i * V + v] = (weight * (p - (v === target ? 1 : 0))) / temperature;
    }
  }
  return { loss, logp, entropy, dlogits, count };
}

/** log softmax of one row, by the shifted log-sum-exp. */
export function logSoftmax(row: Values): Float64Array {
  const x = Float64Array.from(row);
  const max = x.reduce((a, b) => Math.max(a, b));
  const sum = x.reduce((total, value) => total + Math.exp(value - max), 0);
  return x.map((value) => value - max - Math.log(sum));
}
