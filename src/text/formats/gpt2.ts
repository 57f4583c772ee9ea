/**
 * What a GPT-2 is on disk: its sizes, the names and shapes of its tensors, and `config.json` and
 * `generation_config.json` as `transformers` reads them. GPT-2's linear layers (Conv1D) keep their
 * weights as [in, out]. Only GPT-2 exactly: another activation, epsilon, attention scaling or
 * feed-forward width in a config is refused.
 */

import * as v from 'valibot';
import { describeIssue, FormatError, wholeNumber } from './errors';

/** `lm`: tied language-model head. `reward`, `value`: one score a token, read at the last one. */
export type ModelKind = 'lm' | 'reward' | 'value';

/** Sizes by their names in `config.json`: L, C, H, T and V. */
export interface GPT2Sizes {
  n_layer: number;
  n_embd: number;
  n_head: number;
  n_positions: number;
  vocab_size: number;
}

/** Hugging Face names and shapes of a model's tensors, in the order of the forward pass. */
export function gpt2TensorShapes(sizes: GPT2Sizes, kind: ModelKind): Map<string, number[]> {
  const { n_layer: L, n_embd: C, n_positions: T, vocab_size: V } = sizes;
  const shapes = new Map<string, number[]>();
  shapes.set('transformer.wte.weight', [V, C]);
  shapes.set('transformer.wpe.weight', [T, C]);
  for (let i = 0; i < L; i++) {
    const block = `transformer.h.${i}`;
    shapes.set(`${block}.ln_1.weight`, [C]);
    shapes.set(`${block}.ln_1.bias`, [C]);
    shapes.set(`${block}.attn.c_attn.weight`, [C, 3 * C]);
    shapes.set(`${block}.attn.c_attn.bias`, [3 * C]);
    shapes.set(`${block}.attn.c_proj.weight`, [C, C]);
    shapes.set(`${block}.attn.c_proj.bias`, [C]);
    shapes.set(`${block}.ln_2.weight`, [C]);
    shapes.set(`${block}.ln_2.bias`, [C]);
    shapes.set(`${block}.mlp.c_fc.weight`, [C, 4 * C]);
    shapes.set(`${block}.mlp.c_fc.bias`, [4 * C]);
    shapes.set(`${block}.mlp.c_proj.weight`, [4 * C, C]);
    shapes.set(`${block}.mlp.c_proj.bias`, [C]);
  }
  shapes.set('transformer.ln_f.weight', [C]);
  shapes.set('transformer.ln_f.bias', [C]);
  if (kind !== 'lm') shapes.set('score.weight', [1, C]);
  return shapes;
}

const ARCHITECTURES = {
  lm: 'GPT2LMHeadModel',
  reward: 'GPT2ForSequenceClassification',
  value: 'GPT2ForSequenceClassification',
} as const;

/** Ids that the files of a model name: end-of-text and padding, which differ. */
export interface SpecialIds {
  eot: number;
  pad: number;
}

/** The value of `config.json`. `dtype` is that of the stored tensors. */
export function gpt2ConfigJson(
  sizes: GPT2Sizes,
  kind: ModelKind,
  { eot, pad }: SpecialIds,
  dtype: 'F32' | 'F16',
): Record<string, unknown> {
  return {
    activation_function: 'gelu_new',
    architectures: [ARCHITECTURES[kind]],
    attn_pdrop: 0,
    bos_token_id: eot,
    embd_pdrop: 0,
    eos_token_id: eot,
    ...(kind === 'lm' ? {} : { id2label: { '0': 'LABEL_0' } }),
    initializer_range: 0.02,
    ...(kind === 'lm' ? {} : { label2id: { LABEL_0: 0 } }),
    layer_norm_epsilon: 1e-5,
    model_type: 'gpt2',
    n_embd: sizes.n_embd,
    n_head: sizes.n_head,
    n_inner: null,
    n_layer: sizes.n_layer,
    n_positions: sizes.n_positions,
    pad_token_id: pad,
    reorder_and_upcast_attn: false,
    resid_pdrop: 0,
    scale_attn_by_inverse_layer_idx: false,
    scale_attn_weights: true,
    tie_word_embeddings: true,
    torch_dtype: dtype === 'F16' ? 'float16' : 'float32',
    use_cache: true,
    vocab_size: sizes.vocab_size,
  };
}

/** The value of `generation_config.json`: sampling at temperature 1 with nothing cut, as in PPO. */
export function generationConfigJson({ eot, pad }: SpecialIds): Record<string, unknown> {
  return {
    bos_token_id: eot,
    do_sample: true,
    eos_token_id: eot,
    pad_token_id: pad,
    temperature: 1,
    top_k: 0,
    top_p: 1,
  };
}

/** Beyond these no file is a model, and its shapes are not worth listing. */
const size = wholeNumber(1, 2 ** 24);
const layers = wholeNumber(1, 1024);

const configSchema = v.object({
  model_type: v.literal('gpt2'),
  architectures: v.optional(v.nullable(v.array(v.string()))),
  activation_function: v.optional(v.picklist(['gelu_new', 'gelu_pytorch_tanh']), 'gelu_new'),
  layer_norm_epsilon: v.optional(v.literal(1e-5), 1e-5),
  scale_attn_weights: v.optional(v.literal(true), true),
  scale_attn_by_inverse_layer_idx: v.optional(v.literal(false), false),
  add_cross_attention: v.optional(v.literal(false), false),
  n_inner: v.optional(v.nullable(size)),
  n_layer: layers,
  n_embd: size,
  n_head: size,
  n_positions: size,
  vocab_size: size,
  id2label: v.optional(v.record(v.string(), v.string())),
});

/**
 * Checks the value of a `config.json`. A score head is read as a reward model's; its file says
 * nothing by which a value model's could be told from it.
 * @throws FormatError in one sentence.
 */
export function parseGpt2Config(
  json: unknown,
  file = 'config.json',
): { sizes: GPT2Sizes; kind: 'lm' | 'reward' } {
  const result = v.safeParse(configSchema, json);
  if (!result.success) throw new FormatError(`${file}: ${describeIssue(result.issues[0])}.`);
  const { n_layer, n_embd, n_head, n_positions, vocab_size, n_inner, architectures, id2label } =
    result.output;
  if (n_embd % n_head !== 0) {
    throw new FormatError(
      `${file}: "n_embd" is ${n_embd}, but a multiple of "n_head" (${n_head}) was wanted.`,
    );
  }
  if (n_inner != null && n_inner !== 4 * n_embd) {
    throw new FormatError(
      `${file}: "n_inner" is ${n_inner}, but four times "n_embd" (${4 * n_embd}) was wanted.`,
    );
  }
  const architecture = architectures?.[0] ?? 'GPT2LMHeadModel';
  const kind = architecture === ARCHITECTURES.reward ? 'reward' : 'lm';
  if (kind === 'lm' && architecture !== ARCHITECTURES.lm && architecture !== 'GPT2Model') {
    throw new FormatError(
      `${file}: "architectures" names ${architecture}, but GPT2LMHeadModel, GPT2Model or GPT2ForSequenceClassification was wanted.`,
    );
  }
  const labels = Object.keys(id2label ?? {}).length;
  if (kind === 'reward' && labels !== 1) {
    throw new FormatError(
      `${file}: "id2label" has ${labels} labels, but a score model with exactly one was wanted.`,
    );
  }
  return { sizes: { n_layer, n_embd, n_head, n_positions, vocab_size }, kind };
}
