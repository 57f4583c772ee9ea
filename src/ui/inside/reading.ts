/** What the lens says of an inspection: plain functions on its arrays. */
import type { Inspection } from '../../lab/api';

export interface NextToken {
  readonly id: number;
  readonly text: string;
  /** In [0, 1]. */
  readonly share: number;
}

/** One head of one layer, or the mean over all heads of a layer (null). */
export interface Head {
  readonly layer: number;
  readonly head: number | null;
}

/** Weights of every key for one query, [T]. */
export function attentionOf(
  { attention, heads, tokens }: Inspection,
  { layer, head }: Head,
  query: number,
): number[] {
  const T = tokens.length;
  const row = (h: number) => {
    const from = ((layer * heads + h) * T + query) * T;
    return attention.subarray(from, from + T);
  };
  if (head !== null) return Array.from(row(head));
  const rows = Array.from({ length: heads }, (_, h) => row(h));
  return Array.from({ length: T }, (_, key) => {
    const sum = rows.reduce((total, weights) => total + weights[key]!, 0);
    return sum / heads;
  });
}

/** The positions with the most weight, largest first, those under a per cent left out. */
export function strongest(weights: readonly number[], count: number) {
  return weights
    .map((weight, at) => ({ at, weight }))
    .filter(({ weight }) => weight >= 0.01)
    .sort((a, b) => b.weight - a.weight || a.at - b.at)
    .slice(0, count);
}

/**
 * softmax(logits / temperature) of a position's next token: the kept tokens, likeliest first, and
 * the entropy in nats. At temperature 0 the largest logit has everything.
 */
export function nextTokens(inspection: Inspection, position: number, temperature: number) {
  const { K, ids, logits, names } = inspection.lens!;
  const T = inspection.tokens.length;
  const V = logits.length / T;
  const row = logits.subarray(position * V, (position + 1) * V);
  const kept = ids.subarray(ids.length - T * K).subarray(position * K, (position + 1) * K);
  const share = shares(row, temperature);
  let entropy = 0;
  for (const p of share) if (p > 0) entropy -= p * Math.log(p);
  const tokens = Array.from(kept, (id): NextToken => ({ id, text: names[id]!, share: share[id]! }));
  const follows = inspection.ids[position + 1];
  return { tokens, entropy, follows: follows === undefined ? null : share[follows]! };
}

function shares(logits: Float32Array, temperature: number): Float64Array {
  const top = logits.reduce((most, z) => Math.max(most, z), Number.NEGATIVE_INFINITY);
  const all = new Float64Array(logits.length);
  if (temperature === 0) {
    all[logits.indexOf(top)] = 1;
    return all;
  }
  let sum = 0;
  logits.forEach((z, id) => {
    all[id] = Math.exp((z - top) / temperature);
    sum += all[id]!;
  });
  return all.map((e) => e / sum);
}

/** The logit lens at one depth and position: its likeliest tokens, and that of the true one. */
export function lensAt({ lens, tokens }: Inspection, depth: number, position: number) {
  const { K, ids, logprobs, next, names } = lens!;
  const at = (depth * tokens.length + position) * K;
  const likeliest = Array.from({ length: K }, (_, k): NextToken => {
    const id = ids[at + k]!;
    return { id, text: names[id]!, share: Math.exp(logprobs[at + k]!) };
  });
  const isLast = position === tokens.length - 1;
  const share = isLast ? null : Math.exp(next[depth * tokens.length + position]!);
  return { likeliest, follows: share };
}

/** `embedding`, `after block 1`, …, for depth 0 … L. */
export const depthName = (depth: number) => (depth === 0 ? 'embedding' : `after block ${depth}`);
