/** The numbers of a PPO iteration by the names of TRL and LHP (docs/ppo.md), and its guards. */
import type { Settings } from '../config/fields';
import type { Metrics } from './context';
import type { PpoBatch } from './ppo';
import type { Sequences } from './ppo_rows';
import type { UpdateStats } from './ppo_update';
import { mean, variance } from './statistics';

/** Whether each response came to its end-of-text. */
function ended({ inputIds, lengths }: Sequences, eot: number): boolean[] {
  const S = lengths.length / 2;
  const T = inputIds.length / S;
  return Array.from(
    { length: S },
    (_, s) => inputIds[s * T + lengths[2 * s]! + lengths[2 * s + 1]! - 1] === eot,
  );
}

/** Scores clipped where asked, and replaced by the penalty where a response has no end. */
export function finalScores(
  raw: Float32Array,
  sequences: Sequences,
  eot: number,
  settings: Readonly<Settings>,
): Float32Array {
  const clip = settings['ppo.score_clip'];
  const whole = ended(sequences, eot);
  return raw.map((score, s) => {
    if (!whole[s]) return settings['ppo.missing_eos_penalty'];
    return clip > 0 ? Math.max(-clip, Math.min(clip, score)) : score;
  });
}

/** One row of metrics for an iteration. */
export function iterationMetrics(
  batch: PpoBatch,
  stats: readonly UpdateStats[],
  lr: number,
  eot: number,
  ptxCoef: number,
): Metrics {
  const { arrays, lengths, shape, klCoef } = batch;
  const { S, R } = shape;
  const kls: number[] = [];
  const entropies: number[] = [];
  const errors: number[] = [];
  const returns: number[] = [];
  for (let s = 0; s < S; s++) {
    let kl = 0;
    let surprise = 0;
    for (let r = 0; r < lengths[2 * s + 1]!; r++) {
      const at = s * R + r;
      kl += arrays.logprobs[at]! - arrays.ref_logprobs[at]!;
      surprise -= arrays.logprobs[at]!;
      returns.push(arrays.returns[at]!);
      errors.push(arrays.returns[at]! - arrays.values[at]!);
    }
    kls.push(kl);
    entropies.push(surprise);
  }
  const score = mean(Array.from(batch.scores));
  const kl = mean(kls);
  const known = batch.trueRewards.filter((value) => value !== null);
  const responses = Array.from({ length: S }, (_, s) => lengths[2 * s + 1]!);
  const over = (pick: (update: UpdateStats) => number) => mean(stats.map(pick));
  return {
    'objective/kl': kl,
    'objective/kl_coef': klCoef,
    'objective/entropy': mean(entropies),
    'objective/scores': score,
    'objective/non_score_reward': -klCoef * kl,
    'objective/rlhf_reward': score - klCoef * kl,
    'policy/approxkl_avg': over((update) => update.approxkl),
    'policy/clipfrac_avg': over((update) => update.clipfrac),
    'policy/entropy_avg': over((update) => update.entropy),
    'loss/policy_avg': over((update) => update.policyLoss),
    'loss/value_avg': over((update) => update.valueLoss),
    'loss/ptx_avg': ptxCoef > 0 ? over((update) => update.ptxLoss) / ptxCoef : 0,
    'val/clipfrac_avg': over((update) => update.valueClipfrac),
    'val/ratio': over((update) => update.ratio),
    'val/ratio_var': over((update) => update.ratioVar),
    'val/num_eos_tokens': ended(batch, eot).filter(Boolean).length,
    'val/var_explained': 1 - variance(errors) / Math.max(1e-12, variance(returns)),
    lr,
    episode: batch.iteration * S,
    response_length: mean(responses),
    ...(known.length > 0 ? { true_reward: mean(known) } : {}),
  };
}

/**
 * Tokens of an iteration, padding not counted: the responses that were sampled, the sequences that
 * were trained on in each inner epoch, and the corpus windows beside them.
 */
export function iterationTokens({ lengths }: Sequences, epochs: number, ptxTokens: number): number {
  const sequences = lengths.reduce((sum, length) => sum + length, 0);
  const responses = lengths.reduce((sum, length, i) => sum + (i % 2 === 1 ? length : 0), 0);
  return responses + epochs * sequences + ptxTokens;
}

/** Whether a loss or gradient of an update was not finite. */
export const isBroken = ({ finite, policyLoss, valueLoss, ptxLoss }: UpdateStats) =>
  !finite || !Number.isFinite(policyLoss + valueLoss + ptxLoss);

/** Why the run must stop, in words; undefined when it may go on. */
export function guard(metrics: Metrics, settings: Readonly<Settings>): string | undefined {
  const kl = metrics['objective/kl']!;
  const entropy = metrics['policy/entropy_avg']!;
  const most = settings['ppo.guard_kl_max'];
  const least = settings['ppo.guard_kl_min'];
  const floor = settings['ppo.guard_entropy'];
  if (most > 0 && kl > most) {
    return `the KL is ${kl.toFixed(2)} nats, above ppo.guard_kl_max = ${most}. Raise ppo.kl_coef or lower ppo.policy_lr.`;
  }
  if (least < 0 && kl < least) {
    return `the KL is ${kl.toFixed(2)} nats, below ppo.guard_kl_min = ${least}: sampling and log-probabilities disagree.`;
  }
  if (floor > 0 && entropy < floor) {
    return `the entropy is ${entropy.toFixed(4)} nats a token, below ppo.guard_entropy = ${floor}: the policy has collapsed.`;
  }
  return undefined;
}
