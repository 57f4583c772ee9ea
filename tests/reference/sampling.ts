/** One token from logits: temperature, then top-k, then top-p, then the inverse CDF at a uniform. */
import { logSoftmax } from './crossEntropy';
import type { Values } from './types';

export interface SampleSettings {
  /** Divides the logits; 0 is greedy (the lowest id among the largest logits). */
  temperature: number;
  /** Keeps logits not below the k-th largest, ties included; 0 is off. */
  topK?: number;
  /**
   * Keeps a token when those strictly more probable hold less than this mass (after top-k), so that
   * ties stay together and the set never depends on a sort's order; 1 is off.
   */
  topP?: number;
}

export interface Sample {
  token: number;
  /**
   * Log-probability of the token under softmax(logits/temperature) over the whole vocabulary, what
   * PPO's ratio needs; at temperature 0 under softmax(logits).
   */
  logp: number;
  /** [V] probabilities that were sampled from, 0 where a token was filtered out. */
  probs: Float64Array;
}

/** Smallest kept token, in token order, whose cumulative kept probability exceeds u in [0, 1). */
export function sampleToken(
  logits: Values,
  u: number,
  { temperature, topK = 0, topP = 1 }: SampleSettings,
): Sample {
  const V = logits.length;
  const scaled = Float64Array.from(logits, (x) => (temperature === 0 ? x : x / temperature));
  const logp = logSoftmax(scaled);
  if (temperature === 0) {
    const token = scaled.indexOf(Math.max(...scaled));
    const probs = new Float64Array(V);
    probs[token] = 1;
    return { token, logp: logp[token]!, probs };
  }
  let probs: Float64Array = logp.map(Math.exp);
  if (topK > 0 && topK < V) {
    const threshold = scaled.toSorted((a, b) => b - a)[topK - 1]!;
    probs = normalise(probs.map((p, v) => (scaled[v]! >= threshold ? p : 0)));
  }
  if (topP < 1) {
    const massAbove = (p: number) => probs.reduce((sum, q) => (q > p ? sum + q : sum), 0);
    probs = normalise(probs.map((p) => (massAbove(p) < topP ? p : 0)));
  }
  let token = 0;
  let cumulative = 0;
  for (let v = 0; v < V && cumulative <= u; v++) {
    if (probs[v] === 0) continue;
    cumulative += probs[v]!;
    token = v;
  }
  return { token, logp: logp[token]!, probs };
}

function normalise(weights: Float64Array): Float64Array {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
