/**
 * The clipped losses of PPO (Schulman et al. 2017) in the form of Ziegler et al. 2019. Tensors are
 * [N,R] over the responses of one minibatch, real where r < lengths[n]; means run over real tokens.
 */
import { eachToken, moments } from './advantage';
import type { Values } from './types';

export interface PolicyLossResult {
  /** mean(max(−A·ratio, −A·clip(ratio, 1 ± cliprange))), ratio = exp(logp − old). */
  loss: number;
  /** [N,R] gradient of the loss by each token's log-probability, 0 past the end. */
  dlogp: Float64Array;
  /** ½·mean((logp − old)²). */
  approxkl: number;
  /** Share of tokens whose clipped loss is the larger one. */
  clipfrac: number;
  ratioMean: number;
  /** Population variance of the ratio. */
  ratioVar: number;
}

/** Policy loss of a minibatch from logprobs, oldLogprobs and (whitened) advantages [N,R]. */
export function policyLoss(
  logprobs: Values,
  oldLogprobs: Values,
  advantages: Values,
  lengths: Values,
  R: number,
  cliprange: number,
): PolicyLossResult {
  const ratio = new Float64Array(lengths.length * R);
  eachToken(lengths, R, (i) => {
    ratio[i] = Math.exp(logprobs[i]! - oldLogprobs[i]!);
  });
  const { mean: ratioMean, variance: ratioVar, count } = moments(ratio, lengths, R);
  const dlogp = new Float64Array(lengths.length * R);
  let loss = 0;
  let approxkl = 0;
  let clipfrac = 0;
  eachToken(lengths, R, (i) => {
    const unclipped = -advantages[i]! * ratio[i]!;
    const clipped = -advantages[i]! * clamp(ratio[i]!, 1 - cliprange, 1 + cliprange);
    loss += Math.max(unclipped, clipped) / count;
    // The clipped branch is the larger one only where the clamp binds, and there it is constant.
    dlogp[i] = clipped > unclipped ? 0 : unclipped / count;
    if (clipped > unclipped) clipfrac += 1 / count;
    approxkl += (0.5 * (logprobs[i]! - oldLogprobs[i]!) ** 2) / count;
  });
  return { loss, dlogp, approxkl, clipfrac, ratioMean, ratioVar };
}

export interface ValueLossResult {
  /** ½·mean(max((v − return)², (vclip − return)²)), without the coefficient vf_coef. */
  loss: number;
  /** [N,R] gradient of the loss by each value, 0 past the end. */
  dvalues: Float64Array;
  /** Share of tokens whose clipped error is the larger one. */
  clipfrac: number;
}

/** Value loss of a minibatch; vclip = clamp(v, old − cliprangeValue, old + cliprangeValue). */
export function valueLoss(
  values: Values,
  oldValues: Values,
  returns: Values,
  lengths: Values,
  R: number,
  cliprangeValue: number,
): ValueLossResult {
  const dvalues = new Float64Array(lengths.length * R);
  const { count } = moments(values, lengths, R);
  let loss = 0;
  let clipfrac = 0;
  eachToken(lengths, R, (i) => {
    const old = oldValues[i]!;
    const vclip = clamp(values[i]!, old - cliprangeValue, old + cliprangeValue);
    const unclipped = (values[i]! - returns[i]!) ** 2;
    const clipped = (vclip - returns[i]!) ** 2;
    loss += (0.5 * Math.max(unclipped, clipped)) / count;
    dvalues[i] = clipped > unclipped ? 0 : (values[i]! - returns[i]!) / count;
    if (clipped > unclipped) clipfrac += 1 / count;
  });
  return { loss, dvalues, clipfrac };
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}
