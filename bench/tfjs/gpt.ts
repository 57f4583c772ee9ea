/**
 * GPT-2 in TensorFlow.js: the same model, loss and AdamW as ours, written the way that library
 * wants it. Tensors live until their scope (`tidy`) ends or they are disposed of.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BenchConfig } from '../../src/hooks/benchApi';

export type Params = Record<string, tf.Tensor>;

const EPS = 1e-5;
/** What a masked score is; finite, as its exponential is 0 either way. */
const MASKED = -1e9;

function layerNorm(params: Params, name: string, x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const standard = tf.mul(centred, tf.rsqrt(tf.add(variance, EPS)));
  return tf.add(tf.mul(standard, params[`${name}.weight`]!), params[`${name}.bias`]!);
}

/** x [N, in] · W [in, out] + b. */
const linear = (params: Params, name: string, x: tf.Tensor): tf.Tensor =>
  tf.add(
    tf.matMul(x as tf.Tensor2D, params[`${name}.weight`] as tf.Tensor2D),
    params[`${name}.bias`]!,
  );

function gelu(x: tf.Tensor): tf.Tensor {
  const cubic = tf.mul(tf.mul(tf.square(x), x), 0.044715);
  const inner = tf.mul(tf.add(x, cubic), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

function mlp(params: Params, h: string, x: tf.Tensor): tf.Tensor {
  const inner = gelu(linear(params, `${h}.mlp.c_fc`, layerNorm(params, `${h}.ln_2`, x)));
  return tf.add(x, linear(params, `${h}.mlp.c_proj`, inner));
}

/** softmax(q·kᵀ/√D + mask)·v for q [B, H, S, D] and k, v [B, H, T, D]; as rows [B·S, C]. */
function attend(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  mask: tf.Tensor,
  { n_embd: C, n_head: H }: BenchConfig,
): tf.Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(C / H));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, C]);
}

/** Rows [B·T, C] as [B, H, T, D]. */
const heads = (x: tf.Tensor, T: number, { n_embd: C, n_head: H }: BenchConfig): tf.Tensor =>
  tf.transpose(tf.reshape(x, [-1, T, H, C / H]), [0, 2, 1, 3]);

/** The logits of rows [N, C]: the tied head. */
const logitsOf = (params: Params, x: tf.Tensor): tf.Tensor =>
  tf.matMul(
    layerNorm(params, 'transformer.ln_f', x) as tf.Tensor2D,
    params['transformer.wte.weight'] as tf.Tensor2D,
    false,
    true,
  );

/** What does not change from step to step. */
export interface Batch {
  /** One-hot rows [N, V] of the ids and of the targets; an ignored target has a row of zeros. */
  readonly ids: tf.Tensor2D;
  readonly targets: tf.Tensor2D;
  /** [1, 1, T, T]: 0 where a query may look, else very small. */
  readonly mask: tf.Tensor;
  /** Targets that count. */
  readonly counted: number;
}

export function causalMask(T: number): tf.Tensor {
  const values = Float32Array.from({ length: T * T }, (_, at) =>
    at % T <= Math.floor(at / T) ? 0 : MASKED,
  );
  return tf.tensor(values, [1, 1, T, T]);
}

/** Mean cross-entropy over the targets that count. */
export function loss(params: Params, batch: Batch, config: BenchConfig): tf.Scalar {
  const { n_positions: T, n_embd: C, n_layer: L } = config;
  const embedded = tf.matMul(batch.ids, params['transformer.wte.weight'] as tf.Tensor2D);
  const placed = tf.add(tf.reshape(embedded, [-1, T, C]), params['transformer.wpe.weight']!);
  let x: tf.Tensor = tf.reshape(placed, [-1, C]);
  for (let layer = 0; layer < L; layer++) {
    const h = `transformer.h.${layer}`;
    const qkv = linear(params, `${h}.attn.c_attn`, layerNorm(params, `${h}.ln_1`, x));
    const [q, k, v] = tf.split(qkv, 3, -1).map((part) => heads(part, T, config));
    const attended = attend(q!, k!, v!, batch.mask, config);
    x = mlp(params, h, tf.add(x, linear(params, `${h}.attn.c_proj`, attended)));
  }
  const logprobs = tf.logSoftmax(logitsOf(params, x));
  return tf.mul(tf.sum(tf.mul(logprobs, batch.targets)), -1 / batch.counted) as tf.Scalar;
}

export interface State {
  readonly params: Record<string, tf.Variable>;
  readonly m: Record<string, tf.Variable>;
  readonly v: Record<string, tf.Variable>;
}

export interface Rates {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weight_decay: number;
  readonly max_grad_norm: number;
}

/** Update number `t` (from 1), in place; the loss before it. */
export function update(
  state: State,
  batch: Batch,
  config: BenchConfig,
  { lr, beta1, beta2, eps, weight_decay, max_grad_norm }: Rates,
  t: number,
): tf.Scalar {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(
      () => loss(state.params, batch, config),
      Object.values(state.params),
    );
    const gradOf = (name: string) => grads[state.params[name]!.name]!;
    const names = Object.keys(state.params);
    let scale: tf.Tensor | undefined;
    if (max_grad_norm > 0) {
      const squares = names.map((name) => tf.sum(tf.square(gradOf(name))));
      // Not `addN`: this backend binds all its terms at once, more than a device allows.
      const norm = tf.sqrt(tf.sum(tf.stack(squares)));
      scale = tf.minimum(1, tf.div(max_grad_norm, tf.add(norm, 1e-6)));
    }
    for (const name of names) {
      const { [name]: param } = state.params;
      const grad = scale ? tf.mul(gradOf(name), scale) : gradOf(name);
      const m = tf.add(tf.mul(state.m[name]!, beta1), tf.mul(grad, 1 - beta1));
      const v = tf.add(tf.mul(state.v[name]!, beta2), tf.mul(tf.square(grad), 1 - beta2));
      const root = tf.add(tf.sqrt(tf.mul(v, 1 / (1 - beta2 ** t))), eps);
      const step = tf.mul(tf.div(m, root), lr / (1 - beta1 ** t));
      state.m[name]!.assign(m);
      state.v[name]!.assign(v);
      param!.assign(tf.sub(tf.mul(param!, 1 - lr * weight_decay), step));
    }
    return value;
  });
}

/**
 * One decoded position: attends over the cache up to `position`, which gets this one's keys and
 * values.
 * @param tokens [B] ids
 * @param caches keys and values of each layer, [B, T, 2C]
 * @returns the logits [B, V] and the new caches
 */
export function decode(
  params: Params,
  caches: readonly tf.Tensor[],
  tokens: tf.Tensor1D,
  position: number,
  config: BenchConfig,
): { logits: tf.Tensor2D; caches: tf.Tensor[] } {
  const { batch: B, n_positions: T, n_embd: C, n_layer: L } = config;
  const at = Array.from({ length: T }, (_, t) => t);
  const here = tf.tensor(
    at.map((t) => (t === position ? 1 : 0)),
    [1, T, 1],
  );
  const elsewhere = tf.sub(1, here);
  const mask = tf.tensor(
    at.map((t) => (t <= position ? 0 : MASKED)),
    [1, 1, 1, T],
  );
  const place = tf.slice(params['transformer.wpe.weight']!, [position, 0], [1, C]);
  let x: tf.Tensor = tf.add(tf.gather(params['transformer.wte.weight']!, tokens), place);
  const after: tf.Tensor[] = [];
  for (let layer = 0; layer < L; layer++) {
    const h = `transformer.h.${layer}`;
    const qkv = linear(params, `${h}.attn.c_attn`, layerNorm(params, `${h}.ln_1`, x));
    const [q, kv] = tf.split(qkv, [C, 2 * C], -1);
    const written = tf.mul(tf.reshape(kv!, [B, 1, 2 * C]), here);
    const cache = tf.add(tf.mul(caches[layer]!, elsewhere), written);
    const [k, v] = tf.split(cache, 2, -1).map((part) => heads(part, T, config));
    const attended = attend(heads(q!, 1, config), k!, v!, mask, config);
    after.push(cache);
    x = mlp(params, h, tf.add(x, linear(params, `${h}.attn.c_proj`, attended)));
  }
  return { logits: logitsOf(params, x) as tf.Tensor2D, caches: after };
}
