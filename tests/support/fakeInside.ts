/** A made-up look inside: two layers of two heads over a vocabulary of thirty words. */
import type { Inspection, InspectRequest } from '../../src/lab/api';
import { noise } from './fakeTexts';

const [LAYERS, HEADS, V, K] = [2, 2, 30, 6];
const WORDS = Array.from({ length: V }, (_, id) => ` word${id}`);

export function fakeInspection({ model, text }: InspectRequest): Inspection {
  const tokens = text.match(/ ?\w+|[^\w\s]|\n/g) ?? [];
  const T = tokens.length;
  const attention = new Float32Array(LAYERS * HEADS * T * T);
  for (let row = 0; row < LAYERS * HEADS * T; row++) {
    const weights = Array.from(
      { length: (row % T) + 1 },
      (_, key) => 0.1 + Math.abs(noise(row * 7 + key)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, key) => {
      attention[row * T + key] = weight / sum;
    });
  }
  const ids = tokens.map((_, t) => (t * 7) % V);
  const isScore = model === 'reward' || model === 'value';
  return {
    model,
    tokens,
    ids,
    leftOut: 0,
    layers: LAYERS,
    heads: HEADS,
    attention,
    lens: isScore ? null : fakeLens(ids),
    scores: isScore ? Float32Array.from({ length: (LAYERS + 1) * T }, (_, i) => noise(i)) : null,
  };
}

function fakeLens(ids: readonly number[]): Inspection['lens'] {
  const T = ids.length;
  const rows = (LAYERS + 1) * T;
  const all = Array.from({ length: rows }, (_, row) => {
    const logits = Array.from({ length: V }, (_, id) => 4 * noise(row * V + id));
    const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
    const logprobs = logits.map((z) => z - Math.log(sum));
    const order = logits.map((_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
    return { logits, logprobs, best: order.slice(0, K) };
  });
  return {
    K,
    ids: Int32Array.from(all.flatMap(({ best }) => best)),
    logprobs: Float32Array.from(
      all.flatMap(({ best, logprobs }) => best.map((id) => logprobs[id]!)),
    ),
    next: Float32Array.from(all, ({ logprobs }, row) => logprobs[ids[(row % T) + 1] ?? -1] ?? 0),
    logits: Float32Array.from(all.slice(-T).flatMap(({ logits }) => logits)),
    names: Object.fromEntries(WORDS.map((word, id) => [id, word])),
  };
}
