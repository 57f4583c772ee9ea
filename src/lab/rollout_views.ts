/** A PPO batch as it is shown: its first responses token by token, and what a watched step did. */
import type { PpoBatch } from '../rlhf/ppo';
import type { RolloutSet, RolloutView } from './api';
import type { Material } from './material';

/** Rollouts of an iteration that are shown token by token. */
const SHOWN = 8;

export function showRollouts(batch: PpoBatch, { tokenizer }: Material): RolloutSet {
  const { shape, lengths, arrays, inputIds, watched, iteration, klCoef } = batch;
  const { S, T, R } = shape;
  const rollouts = Array.from({ length: Math.min(SHOWN, S) }, (_, s): RolloutView => {
    const first = s * T + lengths[2 * s]!;
    const count = lengths[2 * s + 1]!;
    const row = (values: Float32Array) => Array.from(values.subarray(s * R, s * R + count));
    return {
      prompt: batch.prompts[s]!,
      tokens: Array.from(inputIds.subarray(first, first + count), (id) => tokenizer.decode([id])),
      logprobs: row(arrays.logprobs),
      refLogprobs: row(arrays.ref_logprobs),
      values: row(arrays.values),
      rewards: row(arrays.rewards),
      advantages: row(arrays.advantages),
      score: batch.scores[s]!,
      trueReward: batch.trueRewards[s] ?? null,
      ...(watched && {
        step: {
          whitened: row(arrays.whitened_advantages),
          returns: row(arrays.returns),
          logprobsAfter: row(watched.logprobs),
          valuesAfter: row(watched.values),
          update: watched.rows.findIndex((rows) => rows.includes(s)) + 1,
        },
      }),
    };
  });
  if (!watched) return { iteration, rollouts, step: null };
  const { stats, lr, cliprange, cliprangeValue } = watched;
  return { iteration, rollouts, step: { updates: stats, lr, cliprange, cliprangeValue, klCoef } };
}
