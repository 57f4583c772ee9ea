/** jax-js behind the interface of `/bench.html`, in a worker of its own. */
import { defaultDevice, init, jit, nn, numpy as np, random } from '@jax-js/jax';
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
import { type Caches, decode, type Params, type State, update } from './gpt';

const use = countGpuUse();

async function open(): Promise<void> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js found no WebGPU device');
  defaultDevice('webgpu');
}
const opened = open();

function paramsOf(config: BenchConfig, weights: NamedWeights): Params {
  const { tensors } = layoutOf(config, 'lm');
  return Object.fromEntries(
    tensors.map(({ name, shape }) => [name, np.array(weights[name]!.slice()).reshape([...shape])]),
  );
}

const int32 = (values: Int32Array) => np.array(values.slice(), { dtype: np.int32 });

async function number(array: np.Array): Promise<number> {
  return (await array.data())[0]!;
}

/** Jitted functions by what they were made for, so that a second call compiles nothing. */
const made = new Map<string, unknown>();
function once<F>(key: unknown, make: () => F): F {
  const text = JSON.stringify(key);
  if (!made.has(text)) made.set(text, make());
  return made.get(text) as F;
}

async function trainBench(request: TrainRequest): Promise<TrainAnswer> {
  await opened;
  const { config, weights, steps, lr, beta1, beta2, drain } = request;
  const { eps, weight_decay, max_grad_norm } = request;
  const adamw = { beta1, beta2, eps, weight_decay, max_grad_norm };
  const counted = request.targets.filter((target) => target >= 0).length;
  const step = once(['train', config, adamw, counted], () =>
    jit((state: State, ids: np.Array, targets: np.Array, rates: np.Array) =>
      update(state, ids, targets, counted, rates, config, adamw),
    ),
  );
  const params = paramsOf(config, weights);
  const zeros = () =>
    Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, np.zeros(shape)]));
  let state: State = { params, m: zeros(), v: zeros() };
  const ids = int32(request.inputIds);
  const targets = int32(request.targets);
  const before = { ...use };
  const pending: np.Array[] = [];
  const losses: number[] = [];
  const stepMs: number[] = [];
  const begun = performance.now();
  for (let t = 1; t <= steps; t++) {
    const stepBegun = performance.now();
    const rates = np.array([lr, 1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)]);
    const [loss, next] = step(state, ids.ref, targets.ref, rates) as [np.Array, State];
    state = next;
    if (drain === 'end') pending.push(loss);
    else {
      losses.push(await number(loss));
      stepMs.push(performance.now() - stepBegun);
    }
  }
  const jsMs = (performance.now() - begun) / steps;
  for (const loss of pending) losses.push(await number(loss));
  const blockMs = performance.now() - begun;
  const answer = { losses, stepMs, blockMs, jsMs, ...useSince(use, before) };
  for (const array of [ids, targets]) array.dispose();
  for (const tree of [state.params, state.m, state.v]) {
    for (const array of Object.values(tree)) array.dispose();
  }
  return answer;
}

async function sampleBench(request: SampleRequest): Promise<SampleAnswer> {
  await opened;
  const { config, weights, prompts, promptLength, newTokens, temperature, seed } = request;
  const { batch: B, n_positions: T, n_embd: C, n_layer, vocab_size: V } = config;
  if (promptLength !== 1) throw new Error('prompts of one token only: every position is decoded');
  const step = once(['sample', config, temperature], () =>
    jit((params: Params, caches: Caches, tokens: np.Array, position: np.Array, key: np.Array) => {
      const [logits, after] = decode(params, caches, tokens, position, config);
      const scaled = logits.div(temperature);
      const [now, later] = random.split(key, 2);
      const next = np.argmax(scaled.ref.add(random.gumbel(now!, [B, V])), -1).astype(np.int32);
      const logprob = nn.logSoftmax(scaled, -1).mul(nn.oneHot(next.ref, V)).sum(-1);
      return [next, logprob, later!, after] as [np.Array, np.Array, np.Array, Caches];
    }),
  );
  const params = paramsOf(config, weights);
  const before = { ...use };
  const begun = performance.now();
  let caches: Caches = Array.from({ length: n_layer }, () => np.zeros([B, T, 2 * C]));
  let tokens = int32(prompts);
  let key = random.key(seed);
  const drawn: np.Array[] = [];
  const scored: np.Array[] = [];
  for (let position = 0; position < newTokens; position++) {
    const kept = Object.fromEntries(Object.entries(params).map(([name, p]) => [name, p.ref]));
    const at = np.array([position], { dtype: np.int32 });
    const [next, logprob, later, after] = step(kept, caches, tokens, at, key) as [
      np.Array,
      np.Array,
      np.Array,
      Caches,
    ];
    drawn.push(next.ref);
    scored.push(logprob);
    tokens = next;
    caches = after;
    key = later;
  }
  const all = new Int32Array(await np.stack(drawn, 1).data());
  const logprobs = new Float32Array(await np.stack(scored, 1).data());
  const ms = performance.now() - begun;
  const { dispatches, submits, readbacks } = useSince(use, before);
  for (const array of [...Object.values(params), ...caches, tokens, key]) array.dispose();
  return { tokens: all, logprobs, ms, dispatches, submits, readbacks };
}

expose({ trainBench, sampleBench });
