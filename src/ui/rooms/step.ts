/** The rows of the step debugger, from a response's arrays. Plain functions. */
import type { RolloutSet, RolloutView } from '../../lab/api';
import type { HeatRow } from '../parts/HeatTable';

export type StepRow = HeatRow;

export function rewardRows({ logprobs, refLogprobs, rewards }: RolloutView): StepRow[] {
  const kl = logprobs.map((logprob, t) => logprob - refLogprobs[t]!);
  return [
    { label: 'KL', meaning: 'log π − log π_ref at this token', values: kl },
    { label: 'reward', meaning: 'what the token earns', values: rewards },
  ];
}

export function valueRows({ values, advantages, step }: RolloutView): StepRow[] {
  const rows = [
    { label: 'value V', meaning: 'reward still expected before the token', values },
    { label: 'advantage', meaning: 'GAE, before whitening', values: advantages },
  ];
  if (!step) return rows;
  return [
    ...rows,
    { label: 'whitened A', meaning: 'mean 0 and variance 1 over the batch', values: step.whitened },
    { label: 'return R', meaning: 'advantage + value: what V should be', values: step.returns },
  ];
}

/** The terms of both losses as the models are after the step's updates. */
export function lossRows(
  { logprobs, values, step }: RolloutView,
  { cliprange, cliprangeValue }: NonNullable<RolloutSet['step']>,
): StepRow[] {
  const { logprobsAfter, valuesAfter, whitened, returns } = step!;
  const ratio = logprobsAfter.map((logprob, t) => Math.exp(logprob - logprobs[t]!));
  const policy = ratio.map((rho, t) => {
    const clipped = Math.min(1 + cliprange, Math.max(1 - cliprange, rho));
    return -Math.min(rho * whitened[t]!, clipped * whitened[t]!);
  });
  const value = valuesAfter.map((after, t) => {
    const before = values[t]!;
    const moved = Math.min(cliprangeValue, Math.max(-cliprangeValue, after - before));
    const error = (v: number) => (v - returns[t]!) ** 2;
    return 0.5 * Math.max(error(after), error(before + moved));
  });
  return [
    { label: 'ratio ρ − 1', meaning: 'π_new/π − 1', values: ratio.map((rho) => rho - 1) },
    { label: 'policy loss', meaning: 'this token’s share', values: policy },
    { label: 'value loss', meaning: 'this token’s share', values: value },
  ];
}

export function updateRows({ logprobs, values, step }: RolloutView): StepRow[] {
  const { logprobsAfter, valuesAfter } = step!;
  const change = (after: readonly number[], before: readonly number[]) =>
    after.map((value, t) => value - before[t]!);
  return [
    { label: 'log π, new', meaning: 'after all updates of the step', values: logprobsAfter },
    { label: 'change', meaning: 'of log π', values: change(logprobsAfter, logprobs) },
    { label: 'V, new', meaning: 'after all updates of the step', values: valuesAfter },
    { label: 'change', meaning: 'of V', values: change(valuesAfter, values) },
  ];
}
