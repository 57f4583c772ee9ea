/**
 * Model folders as Hugging Face has them, in and out: six files, which `transformers` loads as
 * they are. A folder is a map from file name to bytes; where the bytes go (disk, zip, IndexedDB) is
 * the caller's matter. Weights are F32 in memory whatever they were in the file.
 */

import { Tokenizer } from '../tokenizer/tokenizer';
import { readStoredTensors, takeGpt2Tensors } from './checkpoint';
import { FormatError } from './errors';
import {
  type GPT2Sizes,
  generationConfigJson,
  gpt2ConfigJson,
  gpt2TensorShapes,
  type ModelKind,
  parseGpt2Config,
} from './gpt2';
import { writeSafetensors } from './safetensors';
import { decodeText } from './text';

/** Files of a folder by name (a name, not a path). */
export type ModelFolder = Map<string, Uint8Array>;

export interface Model {
  kind: ModelKind;
  sizes: GPT2Sizes;
  /** By Hugging Face name, row-major; exactly those of `gpt2TensorShapes`. */
  tensors: ReadonlyMap<string, Float32Array>;
}

export interface LoadedModel extends Model {
  tokenizer: Tokenizer;
  /** Rows added to the embedding because the tokenizer has more tokens (a missing pad token). */
  addedRows: number;
}

/**
 * The six files of a model's folder.
 * @param dtype of the stored tensors; F16 halves the file and rounds the weights.
 * @throws RangeError when a tensor is missing, superfluous or of another size than the model's.
 */
export function writeModelFolder(
  { kind, sizes, tensors }: Model,
  tokenizer: Tokenizer,
  { dtype = 'F32' }: { dtype?: 'F32' | 'F16' } = {},
): ModelFolder {
  const shapes = gpt2TensorShapes(sizes, kind);
  for (const name of tensors.keys()) {
    if (!shapes.has(name)) throw new RangeError(`A ${kind} model has no tensor "${name}".`);
  }
  if (tokenizer.vocabSize > sizes.vocab_size) {
    throw new RangeError(
      `The tokenizer has ${tokenizer.vocabSize} tokens, but the model only ${sizes.vocab_size} embeddings.`,
    );
  }
  const entries = Array.from(shapes, ([name, shape]) => {
    const data = tensors.get(name);
    if (!data) throw new RangeError(`The ${kind} model's tensor "${name}" is missing.`);
    return [name, { shape, data, dtype }] as const;
  });
  const tokenizerFiles = tokenizerFolder(tokenizer, sizes.n_positions);
  return new Map([
    ['model.safetensors', writeSafetensors(entries, { format: 'pt' })],
    ['config.json', json(gpt2ConfigJson(sizes, kind, tokenizer, dtype))],
    ['generation_config.json', json(generationConfigJson(tokenizer))],
    ...tokenizerFiles,
  ]);
}

/** The three files of a tokenizer; `maxLength` is the model's T. */
export function tokenizerFolder(tokenizer: Tokenizer, maxLength: number): ModelFolder {
  const eot = tokenizer.tokens[tokenizer.eot]!;
  const pad = tokenizer.tokens[tokenizer.pad]!;
  const names = { bos_token: eot, eos_token: eot, pad_token: pad, unk_token: eot };
  return new Map([
    ['tokenizer.json', utf8.encode(tokenizer.toJSONText())],
    [
      'tokenizer_config.json',
      json({
        add_prefix_space: false,
        ...names,
        clean_up_tokenization_spaces: false,
        model_max_length: maxLength,
        padding_side: 'right',
        tokenizer_class: 'PreTrainedTokenizerFast',
      }),
    ],
    ['special_tokens_map.json', json(names)],
  ]);
}

/**
 * Reads a model's folder: one `model.safetensors` or shards with their index, F32, F16 or BF16, with
 * or without the `transformer.` prefix. Where the tokenizer has tokens beyond the embedding (GPT-2's
 * has no pad token, so it gets one), rows equal to the mean embedding are added: such a token is as
 * likely as an average one, where a row of zeros would be likelier than all others.
 * @throws FormatError in one sentence that names the file or the tensor.
 */
export function readModelFolder(files: ReadonlyMap<string, Uint8Array>): LoadedModel {
  const { sizes, kind } = parseGpt2Config(readJson(files, 'config.json'));
  const tensors = takeGpt2Tensors(readStoredTensors(files), sizes, kind);
  const tokenizer = readTokenizerFolder(files);
  const addedRows = Math.max(0, tokenizer.vocabSize - sizes.vocab_size);
  if (addedRows > 0) {
    const name = 'transformer.wte.weight';
    tensors.set(name, addMeanRows(tensors.get(name)!, sizes.n_embd, addedRows));
    sizes.vocab_size += addedRows;
  }
  return { kind, sizes, tensors, tokenizer, addedRows };
}

/**
 * Reads the tokenizer of a folder. `tokenizer_config.json`, where present, says which tokens end a
 * document and pad.
 * @throws FormatError in one sentence.
 */
export function readTokenizerFolder(files: ReadonlyMap<string, Uint8Array>): Tokenizer {
  const names: { eot?: string; pad?: string } = {};
  if (files.has('tokenizer_config.json')) {
    const config = (readJson(files, 'tokenizer_config.json') ?? {}) as Record<string, unknown>;
    const eot = tokenName(config['eos_token']);
    const pad = tokenName(config['pad_token']);
    if (eot !== undefined) names.eot = eot;
    if (pad !== undefined) names.pad = pad;
  }
  return Tokenizer.fromJSON(readJson(files, 'tokenizer.json'), names);
}

/** A token in `tokenizer_config.json` is its text or, in older files, an object that holds it. */
function tokenName(value: unknown): string | undefined {
  const content =
    typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
  return typeof content === 'string' ? content : undefined;
}

/** Appends `count` rows of C values, each the mean of the rows of `matrix` [V, C]. */
function addMeanRows(matrix: Float32Array, C: number, count: number): Float32Array {
  const mean = new Float64Array(C);
  for (let i = 0; i < matrix.length; i++) mean[i % C] += matrix[i];
  const row = mean.map((sum) => (sum * C) / matrix.length);
  const grown = new Float32Array(matrix.length + count * C);
  grown.set(matrix);
  for (let i = 0; i < count; i++) grown.set(row, matrix.length + i * C);
  return grown;
}

const utf8 = new TextEncoder();

const json = (value: unknown): Uint8Array => utf8.encode(`${JSON.stringify(value, null, 2)}\n`);

function readJson(files: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  const bytes = files.get(name);
  if (!bytes) {
    throw new FormatError(
      `${name} is missing; the folder has ${[...files.keys()].sort().join(', ') || 'no files'}.`,
    );
  }
  try {
    return JSON.parse(decodeText(bytes, name));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`${name} is not JSON: ${(error as Error).message}.`);
  }
}
