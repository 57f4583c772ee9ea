/** Memory of the largest stage, known before a run: PPO with its four models and their rollouts. */
import type { Settings } from '../config/fields';
import { layoutOf } from '../nn/layout';

/** Bytes of GPU memory that PPO-ptx takes at its peak, from the sizes alone. */
export function estimateBytes(s: Readonly<Settings>): number {
  const config = {
    n_layer: s['model.n_layer'],
    n_embd: s['model.n_embd'],
    n_head: s['model.n_head'],
    n_positions: s['model.n_positions'],
    vocab_size: s['model.vocab_size'],
  };
  const { n_layer: L, n_embd: C, n_head: H, n_positions: T, vocab_size: V } = config;
  const weights = layoutOf(config, 'lm').floats;
  const R = s['ppo.response_length'];
  const [S, M] = [s['ppo.batch'], s['ppo.minibatch']];
  const X = s['ppo.ptx_coef'] > 0 ? Math.round(M * s['ppo.ptx_ratio']) : 0;
  /** Floats kept of a forward pass over N rows, for its backward pass. */
  const kept = (N: number) => N * (L * (16 * C + H + 4) + 4 * C);
  const rows = M * T;
  // Weights: 4 models, 2 gradients, 4 moments, 1 average. Passes: policy, value and ptx share their
  // temporaries, so the largest counts, with its logits and the backward pass's own few.
  const models = 11 * weights;
  const update = Math.max(kept(rows), kept(X * T)) + Math.max(rows, X * T) * (V + 9 * C);
  const passes = rows * (14 * C + V);
  const rollouts = S * (11 * R + 2 * T);
  const cache = S * T * (2 * C * L + 16 * C) + S * V;
  return 4 * (models + update + passes + rollouts + cache);
}
