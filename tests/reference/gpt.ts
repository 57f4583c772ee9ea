/**
 * GPT-2 forward and backward on the reference operations, exactly Hugging Face's: pre-LayerNorm,
 * learned positions, biases, gelu_new, causal attention, tied head. Everything is causal and padding
 * stands on the right, so that no mask for padding is needed.
 */
import { attentionBackward, attentionForward } from './attention';
import { dropout } from './dropout';
import { embeddingBackward, embeddingForward } from './embedding';
import { geluBackward, geluForward } from './gelu';
import { layernormBackward, layernormForward } from './layernorm';
import { add, columnSum, matmulNN, matmulNT, matmulTN } from './matmul';
import type { Tensors } from './optimizer';
import type { GptConfig } from './params';
import type { Values } from './types';

export interface BatchShape {
  B: number;
  /** Positions of this batch, at most config.T. */
  T: number;
  /** Residual-dropout multipliers [B,T,C] under `h.{i}.attn` and `h.{i}.mlp`; none without. */
  dropoutMasks?: Record<string, Values>;
}

interface NormActivations {
  y: Float64Array;
  mean: Float64Array;
  rstd: Float64Array;
}

export interface BlockActivations {
  /** [N,C] the block's input. */
  x: Float64Array;
  ln1: NormActivations;
  qkv: Float64Array;
  o: Float64Array;
  lse: Float64Array;
  probs: Float64Array;
  /** [N,C] after the attention's residual sum. */
  mid: Float64Array;
  ln2: NormActivations;
  /** [N,F] before and after GELU. */
  fc: Float64Array;
  gelu: Float64Array;
  /** [N,C] after the MLP's residual sum. */
  out: Float64Array;
}

export interface GptActivations {
  ids: Values;
  shape: BatchShape;
  embedding: Float64Array;
  blocks: BlockActivations[];
  lnf: NormActivations;
  /** [N,C] after ln_f, what heads read. */
  hidden: Float64Array;
}

/** Activations of ids [B,T] under params by Hugging Face name. */
export function gptForward(
  config: GptConfig,
  params: Tensors,
  ids: Values,
  shape: BatchShape,
): GptActivations {
  const { L, C, H } = config;
  const { B, T, dropoutMasks } = shape;
  const N = B * T;
  const p = (name: string) => params[`transformer.${name}`]!;
  const norm = (x: Float64Array, name: string) =>
    layernormForward(x, p(`${name}.weight`), p(`${name}.bias`), N, C);
  const linear = (x: Float64Array, name: string, outputs: number, inputs: number) =>
    matmulNN(x, p(`${name}.weight`), N, outputs, inputs, p(`${name}.bias`));
  const drop = (x: Float64Array, name: string) =>
    dropoutMasks ? dropout(x, dropoutMasks[name]!) : x;

  const embedding = embeddingForward(ids, p('wte.weight'), p('wpe.weight'), { B, T, C });
  const blocks: BlockActivations[] = [];
  let x = embedding;
  for (let layer = 0; layer < L; layer++) {
    const h = `h.${layer}`;
    const ln1 = norm(x, `${h}.ln_1`);
    const qkv = linear(ln1.y, `${h}.attn.c_attn`, 3 * C, C);
    const { o, lse, probs } = attentionForward(qkv, { B, T, C, H });
    const mid = add(x, drop(linear(o, `${h}.attn.c_proj`, C, C), `${h}.attn`));
    const ln2 = norm(mid, `${h}.ln_2`);
    const fc = linear(ln2.y, `${h}.mlp.c_fc`, 4 * C, C);
    const gelu = geluForward(fc);
    const out = add(mid, drop(linear(gelu, `${h}.mlp.c_proj`, C, 4 * C), `${h}.mlp`));
    blocks.push({ x, ln1, qkv, o, lse, probs, mid, ln2, fc, gelu, out });
    x = out;
  }
  const lnf = norm(x, 'ln_f');
  return { ids, shape, embedding, blocks, lnf, hidden: lnf.y };
}

/** Gradients by Hugging Face name of every tensor of the trunk, from dhidden [N,C] (after ln_f). */
export function gptBackward(
  config: GptConfig,
  params: Tensors,
  activations: GptActivations,
  dhidden: Values,
): Tensors {
  const { L, C, H, V } = config;
  const { B, T, dropoutMasks } = activations.shape;
  const N = B * T;
  const grads: Tensors = {};
  const p = (name: string) => params[`transformer.${name}`]!;
  const norm = (dy: Values, x: Float64Array, a: NormActivations, name: string) => {
    const { dx, dweight, dbias } = layernormBackward(
      dy,
      x,
      p(`${name}.weight`),
      a.mean,
      a.rstd,
      N,
      C,
    );
    grads[`transformer.${name}.weight`] = dweight;
    grads[`transformer.${name}.bias`] = dbias;
    return dx;
  };
  const linear = (dy: Float64Array, x: Values, name: string, outputs: number, inputs: number) => {
    grads[`transformer.${name}.weight`] = matmulTN(x, dy, inputs, outputs, N);
    grads[`transformer.${name}.bias`] = columnSum(dy, N, outputs);
    return matmulNT(dy, p(`${name}.weight`), N, inputs, outputs);
  };
  const drop = (dy: Float64Array, name: string) =>
    dropoutMasks ? dropout(dy, dropoutMasks[name]!) : dy;

  const last = L > 0 ? activations.blocks[L - 1]!.out : activations.embedding;
  let dx = norm(dhidden, last, activations.lnf, 'ln_f');
  for (let layer = L - 1; layer >= 0; layer--) {
    const h = `h.${layer}`;
    const a = activations.blocks[layer]!;
    const dgelu = linear(drop(dx, `${h}.mlp`), a.gelu, `${h}.mlp.c_proj`, C, 4 * C);
    const dln2 = linear(geluBackward(dgelu, a.fc), a.ln2.y, `${h}.mlp.c_fc`, 4 * C, C);
    const dmid = add(dx, norm(dln2, a.mid, a.ln2, `${h}.ln_2`));
    const dout = linear(drop(dmid, `${h}.attn`), a.o, `${h}.attn.c_proj`, C, C);
    const dqkv = attentionBackward(dout, a.qkv, { B, T, C, H });
    const dln1 = linear(dqkv, a.ln1.y, `${h}.attn.c_attn`, 3 * C, C);
    dx = add(dmid, norm(dln1, a.x, a.ln1, `${h}.ln_1`));
  }
  const { dwte, dwpe } = embeddingBackward(activations.ids, dx, {
    B,
    T,
    C,
    V,
    positions: config.T,
  });
  grads['transformer.wte.weight'] = dwte;
  grads['transformer.wpe.weight'] = dwpe;
  return grads;
}

/** logits [N,V] = hidden [N,C] · wteᵀ, the tied head. */
export function lmLogits({ C, V }: GptConfig, params: Tensors, hidden: Values): Float64Array {
  return matmulNT(hidden, params['transformer.wte.weight']!, hidden.length / C, V, C);
}

/** Gradients of the whole language model from dlogits [N,V]; wte gathers head and embedding. */
export function lmBackward(
  config: GptConfig,
  params: Tensors,
  activations: GptActivations,
  dlogits: Values,
): Tensors {
  const { C, V } = config;
  const { hidden } = activations;
  const N = hidden.length / C;
  const wte = params['transformer.wte.weight']!;
  const grads = gptBackward(config, params, activations, matmulNN(dlogits, wte, N, C, V));
  const dhead = matmulTN(dlogits, hidden, V, C, N);
  grads['transformer.wte.weight'] = add(grads['transformer.wte.weight']!, dhead);
  return grads;
}
