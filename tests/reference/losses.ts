/**
 * The four losses of the pipeline end to end, each with the gradient of every tensor by Hugging Face
 * name: language modelling (base, SFT, ptx), reward, PPO policy and PPO value.
 */
import { type CrossEntropyResult, crossEntropy } from './crossEntropy';
import {
  type BatchShape,
  type GptActivations,
  gptBackward,
  gptForward,
  lmBackward,
  lmLogits,
} from './gpt';
import type { Tensors } from './optimizer';
import { type PairwiseResult, pairwiseLoss } from './pairwise';
import type { GptConfig } from './params';
import { type PolicyLossResult, policyLoss, type ValueLossResult, valueLoss } from './ppo';
import { scoreHeadBackward, scoreHeadForward } from './scoreHead';
import { IGNORE, type Values } from './types';

export interface ResponseShape {
  /** Sequences of the minibatch. */
  N: number;
  T: number;
  R: number;
  promptLength: Values;
  responseLength: Values;
}

/** Mean nats a target token of ids [B,T] against targets [B,T] (−100 is ignored). */
export function lmLoss(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  targets: Values,
  shape: BatchShape,
): CrossEntropyResult & { logits: Float64Array; activations: GptActivations; grads: Tensors } {
  const activations = gptForward(config, params, ids, shape);
  const logits = lmLogits(config, params, activations.hidden);
  const result = crossEntropy(logits, targets, shape.B * shape.T, config.V);
  const grads = lmBackward(config, params, activations, result.dlogits);
  return { ...result, logits, activations, grads };
}

/**
 * K-wise ranking loss: ids [N,T], lengths [N]; the score is read at the last real token. params hold
 * `score.weight` [1,C] beside the trunk.
 */
export function rewardLoss(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  lengths: Values,
  group: Values,
  rank: Values,
  { N, T }: { N: number; T: number },
): PairwiseResult & { scores: Float64Array; grads: Tensors } {
  const rows = Array.from({ length: N }, (_, n) => n * T + lengths[n]! - 1);
  const { read, backward } = scoreRows(config, params, ids, { B: N, T }, rows);
  const result = pairwiseLoss(read, group, rank);
  return { ...result, scores: read, grads: backward(result.dscores) };
}

/** Log-probabilities and entropies [N,R] of the responses in ids [N,T]; 0 past the end. */
export function responseLogprobs(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: ResponseShape,
  temperature: number,
): { logprobs: Float64Array; entropy: Float64Array; activations: GptActivations } {
  const { N, T, R } = shape;
  const activations = gptForward(config, params, ids, { B: N, T });
  const logits = lmLogits(config, params, activations.hidden);
  const rows = responseRows(shape);
  const targets = responseTargets(ids, shape, rows);
  const { logp, entropy } = crossEntropy(logits, targets, N * T, config.V, { temperature });
  const gather = (values: Float64Array) => {
    const out = new Float64Array(N * R);
    for (const { row, index } of rows) out[index] = values[row]!;
    return out;
  };
  return { logprobs: gather(logp), entropy: gather(entropy), activations };
}

/** Clipped policy loss of a minibatch; oldLogprobs and advantages are [N,R]. */
export function ppoPolicyLoss(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: ResponseShape,
  rollout: { logprobs: Values; advantages: Values },
  { temperature, cliprange }: { temperature: number; cliprange: number },
): PolicyLossResult & { logprobs: Float64Array; entropy: Float64Array; grads: Tensors } {
  const { N, T, R, responseLength } = shape;
  const current = responseLogprobs(config, params, ids, shape, temperature);
  const { logprobs, entropy, activations } = current;
  const { logprobs: old, advantages } = rollout;
  const result = policyLoss(logprobs, old, advantages, responseLength, R, cliprange);

  const rows = responseRows(shape);
  const targets = responseTargets(ids, shape, rows);
  const weights = new Float64Array(N * T);
  for (const { row, index } of rows) weights[row] = -result.dlogp[index]!;
  const logits = lmLogits(config, params, activations.hidden);
  const { dlogits } = crossEntropy(logits, targets, N * T, config.V, { weights, temperature });
  return {
    ...result,
    logprobs,
    entropy,
    grads: lmBackward(config, params, activations, dlogits),
  };
}

/** Values [N,R] of the responses: the estimate for response token r is read one position before it. */
export function responseValues(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: ResponseShape,
): Float64Array {
  return valueRows(config, params, ids, shape).values;
}

/** Clipped value loss of a minibatch, without vf_coef; oldValues and returns are [N,R]. */
export function ppoValueLoss(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: ResponseShape,
  rollout: { values: Values; returns: Values },
  { cliprangeValue }: { cliprangeValue: number },
): ValueLossResult & { values: Float64Array; grads: Tensors } {
  const { values, backward } = valueRows(config, params, ids, shape);
  const { values: old, returns } = rollout;
  const lengths = shape.responseLength;
  const result = valueLoss(values, old, returns, lengths, shape.R, cliprangeValue);
  return { ...result, values, grads: backward(result.dvalues) };
}

function valueRows(config: GptConfig, params: Tensors, ids: Values, shape: ResponseShape) {
  const { N, T, R } = shape;
  const rows = responseRows(shape);
  const { read, backward } = scoreRows(
    config,
    params,
    ids,
    { B: N, T },
    rows.map(({ row }) => row),
  );
  const values = new Float64Array(N * R);
  rows.forEach(({ index }, i) => {
    values[index] = read[i]!;
  });
  return {
    values,
    backward: (dvalues: Values) => backward(rows.map(({ index }) => dvalues[index]!)),
  };
}

/** The score head read at some of the rows [0, B·T), and the gradients from those readings. */
function scoreRows(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: BatchShape,
  rows: number[],
): { read: Float64Array; backward: (dread: Values) => Tensors } {
  const { C } = config;
  const N = shape.B * shape.T;
  const head = params['score.weight']!;
  const activations = gptForward(config, params, ids, shape);
  const scores = scoreHeadForward(activations.hidden, head, N, C);
  const backward = (dread: Values) => {
    const dscores = new Float64Array(N);
    rows.forEach((row, i) => {
      dscores[row] = dread[i]!;
    });
    const { dh, dw } = scoreHeadBackward(dscores, activations.hidden, head, N, C);
    return { ...gptBackward(config, params, activations, dh), 'score.weight': dw };
  };
  return { read: Float64Array.from(rows, (row) => scores[row]!), backward };
}

/** For every real response token its index in [N,R] and the row of [N·T] that predicts it. */
export function responseRows({ N, T, R, promptLength, responseLength }: ResponseShape) {
  const rows: { index: number; row: number }[] = [];
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < responseLength[n]!; r++) {
      rows.push({ index: n * R + r, row: n * T + promptLength[n]! + r - 1 });
    }
  }
  return rows;
}

function responseTargets(ids: Values, { N, T }: ResponseShape, rows: { row: number }[]) {
  const targets = new Array<number>(N * T).fill(IGNORE);
  for (const { row } of rows) targets[row] = ids[row + 1]!;
  return targets;
}
