/**
 * GPT-2 in jax-js: the same model, loss and AdamW as ours, written the way that library wants it.
 * Arrays are owned: passing one gives it away, `.ref` keeps it.
 */
import { nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { BenchConfig } from '../../src/hooks/benchApi';

type Array = np.Array;

export type Params = Record<string, Array>;

const layerNorm = (params: Params, name: string, x: Array): Array =>
  nn
    .standardize(x, -1, { epsilon: 1e-5 })
    .mul(params[`${name}.weight`]!.ref)
    .add(params[`${name}.bias`]!.ref);

const linear = (params: Params, name: string, x: Array): Array =>
  np.matmul(x, params[`${name}.weight`]!.ref).add(params[`${name}.bias`]!.ref);

const mlp = (params: Params, h: string, x: Array): Array => {
  const inner = linear(params, `${h}.mlp.c_fc`, layerNorm(params, `${h}.ln_2`, x.ref));
  return x.add(linear(params, `${h}.mlp.c_proj`, nn.gelu(inner, { approximate: true })));
};

/** The logits [N, V] of hidden states [N, C]: the tied head. Consumes `x`. */
const logitsOf = (params: Params, x: Array): Array =>
  np.matmul(
    layerNorm(params, 'transformer.ln_f', x),
    params['transformer.wte.weight']!.ref.transpose([1, 0]),
  );

/**
 * Mean cross-entropy over the `counted` targets that are not negative. Consumes ids and targets,
 * not params.
 */
export function loss(
  params: Params,
  ids: Array,
  targets: Array,
  counted: number,
  config: BenchConfig,
): Array {
  const { batch: B, n_positions: T, n_embd: C, n_head: H, n_layer: L, vocab_size: V } = config;
  // By a one-hot product: no slower here than a gather, whose gradient does not compile on naga.
  let x = np
    .matmul(nn.oneHot(ids, V), params['transformer.wte.weight']!.ref)
    .reshape([B, T, C])
    .add(params['transformer.wpe.weight']!.ref.reshape([1, T, C]));
  for (let layer = 0; layer < L; layer++) {
    const h = `transformer.h.${layer}`;
    const qkv = linear(params, `${h}.attn.c_attn`, layerNorm(params, `${h}.ln_1`, x.ref));
    const [q, k, v] = np.split(qkv, 3, -1).map((part) => part.reshape([B, T, H, C / H]));
    const attended = nn.dotProductAttention(q!, k!, v!, { isCausal: true }).reshape([B, T, C]);
    x = mlp(params, h, x.add(linear(params, `${h}.attn.c_proj`, attended)));
  }
  const logprobs = nn.logSoftmax(logitsOf(params, x.reshape([B * T, C])), -1);
  // A negative target has an all-zero one-hot row.
  return logprobs.mul(nn.oneHot(targets, V)).sum().neg().div(counted);
}

/** A type alias, not an interface: only that is a tree of arrays to the library. */
export type State = { params: Params; m: Params; v: Params };

export interface AdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weight_decay: number;
  readonly max_grad_norm: number;
}

/**
 * One update: the loss before it and the new state, which replaces the given one.
 * @param rates [learning rate, 1/(1−β1ᵗ), 1/(1−β2ᵗ)]
 */
export function update(
  state: State,
  ids: Array,
  targets: Array,
  counted: number,
  rates: Array,
  config: BenchConfig,
  adamw: AdamW,
): [Array, State] {
  const { beta1, beta2, eps, weight_decay, max_grad_norm } = adamw;
  const names = Object.keys(state.params);
  const [value, grads] = valueAndGrad((params: Params) =>
    loss(params, ids, targets, counted, config),
  )(Object.fromEntries(names.map((name) => [name, state.params[name]!.ref]))) as [Array, Params];
  let scale: Array | undefined;
  if (max_grad_norm > 0) {
    const squares = names.map((name) => np.square(grads[name]!.ref).sum());
    const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
    scale = np.minimum(1, np.trueDivide(max_grad_norm, norm.add(1e-6)));
  }
  const lr = rates.ref.slice(0);
  const bias1 = rates.ref.slice(1);
  const bias2 = rates.slice(2);
  const next: State = { params: {}, m: {}, v: {} };
  for (const name of names) {
    const grad = scale ? grads[name]!.mul(scale.ref) : grads[name]!;
    const m = state.m[name]!.mul(beta1).add(grad.ref.mul(1 - beta1));
    const v = state.v[name]!.mul(beta2).add(np.square(grad).mul(1 - beta2));
    const direction = m.ref.mul(bias1.ref).div(np.sqrt(v.ref.mul(bias2.ref)).add(eps));
    const kept = state.params[name]!.mul(np.subtract(1, lr.ref.mul(weight_decay)));
    next.params[name] = kept.sub(direction.mul(lr.ref));
    next.m[name] = m;
    next.v[name] = v;
  }
  for (const array of [scale, lr, bias1, bias2]) array?.dispose();
  return [value, next];
}

/** Keys and values of each layer, [B, T, 2C]. */
export type Caches = Array[];

/**
 * One decoded position: attends over the cache up to `position`, which gets this one's keys and
 * values, and answers the logits [B, V]. Consumes everything but params.
 */
export function decode(
  params: Params,
  caches: Caches,
  tokens: Array,
  position: Array,
  config: BenchConfig,
): [Array, Caches] {
  const { batch: B, n_positions: T, n_embd: C, n_head: H, n_layer: L } = config;
  const D = C / H;
  const here = nn.oneHot(position.ref.reshape([1]), T).reshape([1, T, 1]);
  const seen = np.arange(T).lessEqual(position).reshape([1, 1, 1, T]);
  let x = params['transformer.wte.weight']!.ref.slice(tokens).add(
    np.matmul(here.ref.reshape([1, T]), params['transformer.wpe.weight']!.ref),
  );
  const after: Caches = [];
  for (let layer = 0; layer < L; layer++) {
    const h = `transformer.h.${layer}`;
    const qkv = linear(params, `${h}.attn.c_attn`, layerNorm(params, `${h}.ln_1`, x.ref));
    const q = qkv.ref.slice([], [0, C]).reshape([B, 1, H, D]);
    const kv = qkv.slice([], [C, 3 * C]).reshape([B, 1, 2 * C]);
    const cache = np.where(here.ref.greater(0), kv, caches[layer]!);
    const k = cache.ref.slice([], [], [0, C]).reshape([B, T, H, D]);
    const v = cache.ref.slice([], [], [C, 2 * C]).reshape([B, T, H, D]);
    after.push(cache);
    const attended = nn.dotProductAttention(q, k, v, { mask: seen.ref }).reshape([B, C]);
    x = mlp(params, h, x.add(linear(params, `${h}.attn.c_proj`, attended)));
  }
  here.dispose();
  seen.dispose();
  return [logitsOf(params, x), after];
}
