/** TensorFlow.js behind the interface of `/bench.html`, in a worker of its own. */
import '@tensorflow/tfjs-backend-webgpu';
// The bundler drops the library's own import of it.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import { expose } from 'comlink';
import type {
  BenchConfig,
  NamedWeights,
  SampleAnswer,
  SampleRequest,
  TrainAnswer,
  TrainRequest,
} from '../../src/hooks/benchApi';
import { layoutOf } from '../../src/nn/layout';
import { countGpuUse, useSince } from '../counting';
import { causalMask, decode, type Params, type State, update } from './gpt';

const use = countGpuUse();

async function open(): Promise<void> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU device');
  await tf.ready();
}
const opened = open();

function paramsOf(config: BenchConfig, weights: NamedWeights): Params {
  const { tensors } = layoutOf(config, 'lm');
  return Object.fromEntries(
    tensors.map(({ name, shape }) => [name, tf.tensor(weights[name]!.slice(), [...shape])]),
  );
}

/** One-hot rows [N, V]; a negative id has a row of zeros. */
const oneHot = (ids: Int32Array, V: number) =>
  tf.cast(tf.oneHot(tf.tensor1d(ids.slice(), 'int32'), V), 'float32') as tf.Tensor2D;

async function trainBench(request: TrainRequest): Promise<TrainAnswer> {
  await opened;
  const { config, weights, steps, drain } = request;
  const variables = (tensors: Params) =>
    Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, tf.variable(t)]));
  const params = paramsOf(config, weights);
  const zeros = () => variables(tf.tidy(() => mapped(params, (tensor) => tf.zerosLike(tensor))));
  const state: State = { params: variables(params), m: zeros(), v: zeros() };
  const batch = {
    ids: tf.tidy(() => oneHot(request.inputIds, config.vocab_size)),
    targets: tf.tidy(() => oneHot(request.targets, config.vocab_size)),
    mask: causalMask(config.n_positions),
    counted: request.targets.filter((target) => target >= 0).length,
  };
  const before = { ...use };
  const pending: tf.Scalar[] = [];
  const losses: number[] = [];
  const stepMs: number[] = [];
  const take = async (loss: tf.Scalar) => {
    losses.push((await loss.data())[0]!);
    loss.dispose();
  };
  const begun = performance.now();
  for (let t = 1; t <= steps; t++) {
    const stepBegun = performance.now();
    const loss = update(state, batch, config, request, t);
    if (drain === 'end') {
      pending.push(loss);
      continue;
    }
    await take(loss);
    stepMs.push(performance.now() - stepBegun);
  }
  const jsMs = (performance.now() - begun) / steps;
  for (const loss of pending) await take(loss);
  const blockMs = performance.now() - begun;
  const answer = { losses, stepMs, blockMs, jsMs, ...useSince(use, before) };
  tf.dispose([params, state.params, state.m, state.v, batch.ids, batch.targets, batch.mask]);
  return answer;
}

const mapped = (tensors: Params, change: (tensor: tf.Tensor) => tf.Tensor): Params =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));

async function sampleBench(request: SampleRequest): Promise<SampleAnswer> {
  await opened;
  const { config, weights, prompts, promptLength, newTokens, temperature, seed } = request;
  const { batch: B, n_positions: T, n_embd: C, n_layer, vocab_size: V } = config;
  if (promptLength !== 1) throw new Error('prompts of one token only: every position is decoded');
  const params = paramsOf(config, weights);
  const before = { ...use };
  const begun = performance.now();
  let caches: tf.Tensor[] = Array.from({ length: n_layer }, () => tf.zeros([B, T, 2 * C]));
  let tokens = tf.tensor1d(prompts.slice(), 'int32');
  const drawn: tf.Tensor1D[] = [];
  const scored: tf.Tensor1D[] = [];
  for (let position = 0; position < newTokens; position++) {
    const next = tf.tidy(() => {
      const decoded = decode(params, caches, tokens, position, config);
      const scaled = tf.div(decoded.logits, temperature);
      // By Gumbel's maximum: this backend's `multinomial` always gives the first row token 0.
      const uniform = tf.randomUniform([B, V], 1e-7, 1, 'float32', seed + position);
      const gumbel = tf.neg(tf.log(tf.neg(tf.log(uniform))));
      const token = tf.argMax(tf.add(scaled, gumbel), -1) as tf.Tensor1D;
      const row = tf.cast(tf.oneHot(token, V), 'float32');
      const logprob = tf.sum(tf.mul(tf.logSoftmax(scaled), row), -1) as tf.Tensor1D;
      return { token, logprob, caches: decoded.caches };
    });
    tf.dispose(caches);
    if (position === 0) tokens.dispose();
    drawn.push(next.token);
    scored.push(next.logprob);
    ({ caches } = next);
    tokens = next.token;
  }
  const all = tf.stack(drawn, 1);
  const scores = tf.stack(scored, 1);
  const answer = {
    tokens: new Int32Array(await all.data()),
    logprobs: new Float32Array(await scores.data()),
  };
  const ms = performance.now() - begun;
  const { dispatches, submits, readbacks } = useSince(use, before);
  tf.dispose([params, caches, drawn, scored, all, scores]);
  return { ...answer, ms, dispatches, submits, readbacks };
}

expose({ trainBench, sampleBench });
