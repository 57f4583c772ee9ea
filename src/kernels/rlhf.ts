/**
 * Scalar heads and the losses of the reward model and of PPO (formulas: RLHF losses in
 * docs/reward.md and docs/ppo.md). N rows of a model's output; S sequences of a rollout, R response
 * positions each. `lengths` [S, 2] holds the prompt's and the response's length (end-of-text counted).
 */

import gaeCode from '../../shaders/gae.wgsl?raw';
import gatherResponseCode from '../../shaders/gather_response.wgsl?raw';
import klRewardCode from '../../shaders/kl_reward.wgsl?raw';
import pairwiseLossCode from '../../shaders/pairwise_loss.wgsl?raw';
import ppoPolicyLossCode from '../../shaders/ppo_policy_loss.wgsl?raw';
import ppoValueLossCode from '../../shaders/ppo_value_loss.wgsl?raw';
import scoreBackwardCode from '../../shaders/score_backward.wgsl?raw';
import scoreBackwardWeightCode from '../../shaders/score_backward_weight.wgsl?raw';
import scoreForwardCode from '../../shaders/score_forward.wgsl?raw';
import whitenCode from '../../shaders/whiten.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, output } from '../gpu/kernel';
import { channelLanes, lanes } from './workgroup';

/** score[n] = h[n]·weight. */
export const scoreForward = defineKernel({
  name: 'score_forward',
  code: scoreForwardCode,
  params: { N: 'u32', C: 'u32' },
  bindings: { h: input('N, C'), weight: input('C'), score: output('N') },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** dh[n] = dscore[n]·weight. */
export const scoreBackward = defineKernel({
  name: 'score_backward',
  code: scoreBackwardCode,
  params: { N: 'u32', C: 'u32' },
  bindings: { dscore: input('N'), weight: input('C'), dh: output('N, C') },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** dweight = Σ_n dscore[n]·h[n] (+ dweight with `ACCUMULATE`). */
export const scoreBackwardWeight = defineKernel({
  name: 'score_backward_weight',
  code: scoreBackwardWeightCode,
  params: { N: 'u32', C: 'u32' },
  bindings: { dscore: input('N'), h: input('N, C'), dweight: inout('C') },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: ({ C }, c) => [groups(C, c.WG / channelLanes(c.WG))],
});

/**
 * The K-wise loss. Completion s has its score at row last[s] of N, its prompt group[s]
 * (negative: an empty slot) and rank[s] (1 is best; equal is a tie). weight[s] = 1/(pairs of its
 * prompt · prompts of the batch). dscores [N] is 0 elsewhere. picked[s] = its score.
 * stats[0..3] = loss, pairs ordered as the labeler did, pairs, Σ (r_w − r_l), added to what is
 * there with `ACCUMULATE`.
 */
export const pairwiseLoss = defineKernel({
  name: 'pairwise_loss',
  code: pairwiseLossCode,
  params: { S: 'u32', N: 'u32' },
  bindings: {
    scores: input('N'),
    last: input('S', 'i32'),
    group: input('S', 'i32'),
    rank: input('S', 'i32'),
    weight: input('S'),
    dscores: output('N'),
    picked: output('S'),
    stats: inout('4'),
  },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: () => [1],
});

/**
 * out[s, r] = source[rows[s, r]], 0 where that is negative: the row that predicts (or values the
 * state before) response token r.
 */
export const gatherResponse = defineKernel({
  name: 'gather_response',
  code: gatherResponseCode,
  params: { N: 'u32', S: 'u32', R: 'u32' },
  bindings: { source: input('N'), rows: input('S, R', 'i32'), out: output('S, R') },
  constants: { WG: 64 },
  grid: ({ S, R }, c) => [groups(S * R, c.WG)],
});

/**
 * rewards[s, r] = −kl_coef·(logprob − ref_logprob), plus score[s] at the last response token.
 * step[0] holds kl_coef as f32 bits.
 */
export const klReward = defineKernel({
  name: 'kl_reward',
  code: klRewardCode,
  params: { S: 'u32', R: 'u32' },
  bindings: {
    logprobs: input('S, R'),
    ref_logprobs: input('S, R'),
    scores: input('S'),
    lengths: input('S, 2', 'i32'),
    step: input('4', 'u32'),
    rewards: output('S, R'),
  },
  constants: { WG: 64 },
  grid: ({ S, R }, c) => [groups(S * R, c.WG)],
});

/** Generalised advantage estimation, backwards over each response; returns = advantages + values. */
export const gae = defineKernel({
  name: 'gae',
  code: gaeCode,
  params: { S: 'u32', R: 'u32', gamma: 'f32', lam: 'f32' },
  bindings: {
    rewards: input('S, R'),
    values: input('S, R'),
    lengths: input('S, 2', 'i32'),
    advantages: output('S, R'),
    returns: output('S, R'),
  },
  constants: { WG: 64 },
  grid: ({ S }, c) => [groups(S, c.WG)],
});

/** (x − mean)/√(variance + 1e-8) over all real response tokens, population variance; 0 elsewhere. */
export const whiten = defineKernel({
  name: 'whiten',
  code: whitenCode,
  params: { S: 'u32', R: 'u32' },
  bindings: { x: input('S, R'), lengths: input('S, 2', 'i32'), out: output('S, R') },
  constants: { WG: 64 },
  grid: () => [1],
});

/**
 * The clipped policy loss of a minibatch or a part of it, as its share of the mean over all real
 * response tokens, of which count[0] tells the number. `logprob` [N] is the new log-probability at
 * each row, places [N] the rollout's response token that it predicts, negative for none.
 * weight [N] = −∂loss/∂logprob (what `cross_entropy_backward` wants), 0 at rows that predict none.
 * stats[0..7] = loss, approxkl, clipfrac, mean entropy, mean ratio, mean ratio² (these added to what
 * is there with `ACCUMULATE`), real response tokens of the minibatch, 0.
 */
export const ppoPolicyLoss = defineKernel({
  name: 'ppo_policy_loss',
  code: ppoPolicyLossCode,
  params: { N: 'u32', S: 'u32', R: 'u32', cliprange: 'f32' },
  bindings: {
    logprob: input('N'),
    entropy: input('N'),
    old_logprobs: input('S, R'),
    advantages: input('S, R'),
    places: input('N', 'i32'),
    count: input('4', 'i32'),
    weight: output('N'),
    stats: inout('8'),
  },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: () => [1],
});

/**
 * The clipped value loss ½·mean(max((v − R)², (clip(v) − R)²)), v clipped to the old value ±
 * cliprange, of a minibatch or a part of it as its share of the mean. value [N] is the new estimate
 * at each row, places [N] the response token that comes next, negative for none;
 * dvalue = vf_coef·∂loss/∂value, 0 at those. stats[0..3] = loss, clipfrac, mean value (these added to
 * what is there with `ACCUMULATE`), real response tokens of the minibatch.
 */
export const ppoValueLoss = defineKernel({
  name: 'ppo_value_loss',
  code: ppoValueLossCode,
  params: { N: 'u32', S: 'u32', R: 'u32', cliprange: 'f32', vf_coef: 'f32' },
  bindings: {
    value: input('N'),
    old_values: input('S, R'),
    returns: input('S, R'),
    places: input('N', 'i32'),
    count: input('4', 'i32'),
    dvalue: output('N'),
    stats: inout('4'),
  },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: () => [1],
});
