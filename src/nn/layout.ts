/**
 * Which tensors a GPT-2 has, with Hugging Face's names and shapes, and where each lies in an arena
 * of floats. Parameters, gradients and both Adam moments share one layout.
 */

import type { Settings } from '../config/fields';

export interface GptConfig {
  readonly n_layer: number;
  readonly n_embd: number;
  readonly n_head: number;
  readonly vocab_size: number;
  readonly n_positions: number;
}

/** The model that an experiment's settings describe. */
export const configOf = (settings: Readonly<Settings>): GptConfig => ({
  n_layer: settings['model.n_layer'],
  n_embd: settings['model.n_embd'],
  n_head: settings['model.n_head'],
  n_positions: settings['model.n_positions'],
  vocab_size: settings['model.vocab_size'],
});

/** `lm`: tied language-model head. `score`: one number a token (reward and value models). */
export type Head = 'lm' | 'score';

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** In floats from the start of the arena; a multiple of 64 (256 bytes). */
  readonly offset: number;
  readonly size: number;
}

export interface Layout {
  readonly config: GptConfig;
  readonly head: Head;
  readonly tensors: readonly Tensor[];
  /** Floats of the whole arena, padding included; a multiple of 64. */
  readonly floats: number;
}

const ALIGN = 64;

/** Tensors in Hugging Face's order. */
export function layoutOf(config: GptConfig, head: Head): Layout {
  const { n_layer: L, n_embd: C, vocab_size: V, n_positions: P } = config;
  const tensors: Tensor[] = [];
  let offset = 0;
  const add = (name: string, ...shape: number[]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    tensors.push({ name, shape, offset, size });
    offset += Math.ceil(size / ALIGN) * ALIGN;
  };
  add('transformer.wte.weight', V, C);
  add('transformer.wpe.weight', P, C);
  for (let layer = 0; layer < L; layer++) {
    const h = `transformer.h.${layer}`;
    add(`${h}.ln_1.weight`, C);
    add(`${h}.ln_1.bias`, C);
    add(`${h}.attn.c_attn.weight`, C, 3 * C);
    add(`${h}.attn.c_attn.bias`, 3 * C);
    add(`${h}.attn.c_proj.weight`, C, C);
    add(`${h}.attn.c_proj.bias`, C);
    add(`${h}.ln_2.weight`, C);
    add(`${h}.ln_2.bias`, C);
    add(`${h}.mlp.c_fc.weight`, C, 4 * C);
    add(`${h}.mlp.c_fc.bias`, 4 * C);
    add(`${h}.mlp.c_proj.weight`, 4 * C, C);
    add(`${h}.mlp.c_proj.bias`, C);
  }
  add('transformer.ln_f.weight', C);
  add('transformer.ln_f.bias', C);
  if (head === 'score') add('score.weight', 1, C);
  return { config, head, tensors, floats: offset };
}

/** Whether weight decay acts on a tensor: on matrices and embeddings, not on vectors. */
export const decays = (tensor: Tensor) => tensor.shape.length > 1;

/** The tensors of an arena by name, as views of its floats. */
export function namedTensors(layout: Layout, floats: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(
    layout.tensors.map(({ name, offset, size }) => [name, floats.subarray(offset, offset + size)]),
  );
}

/**
 * An arena filled from named tensors; padding is 0.
 * @throws naming a tensor that is missing or has another number of elements
 */
export function arenaFrom(
  layout: Layout,
  tensors: Readonly<Record<string, Float32Array | undefined>>,
): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(layout.floats);
  for (const { name, offset, size, shape } of layout.tensors) {
    const given = tensors[name];
    if (given?.length !== size) {
      throw new Error(
        `tensor ${name} must have shape [${shape}], ${size} values; it has ${given?.length ?? 'none'}`,
      );
    }
    floats.set(given, offset);
  }
  return floats;
}
