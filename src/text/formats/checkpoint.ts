/**
 * From the stored tensors of a GPT-2 checkpoint, however it was saved, to exactly the tensors of
 * the model: shards are put together, names get their prefix, what a tied GPT-2 does not need is
 * dropped, and whatever is missing, superfluous or of another shape is named.
 */

import { FormatError } from './errors';
import { type GPT2Sizes, gpt2TensorShapes, type ModelKind } from './gpt2';
import { readSafetensors, type StoredTensor, toFloat32 } from './safetensors';
import { decodeText } from './text';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * All tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` names.
 * @throws FormatError when neither is there, a shard is missing, or one lacks a tensor promised.
 */
export function readStoredTensors(
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, StoredTensor> {
  const single = files.get(SINGLE);
  if (single) return readSafetensors(single, SINGLE).tensors;
  const index = files.get(INDEX);
  if (!index) {
    throw new FormatError(
      `${SINGLE} is missing, and so is ${INDEX}; the folder has ${[...files.keys()].sort().join(', ') || 'no files'}.`,
    );
  }
  const shards = new Map<string, ReadonlyMap<string, StoredTensor>>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shard] of Object.entries(parseIndex(index))) {
    let stored = shards.get(shard);
    if (!stored) {
      const bytes = files.get(shard);
      if (!bytes) {
        throw new FormatError(`${INDEX} puts "${name}" in ${shard}, which the folder lacks.`);
      }
      stored = readSafetensors(bytes, shard).tensors;
      shards.set(shard, stored);
    }
    const tensor = stored.get(name);
    if (!tensor) throw new FormatError(`${INDEX} puts "${name}" in ${shard}, which lacks it.`);
    tensors.set(name, tensor);
  }
  return tensors;
}

function parseIndex(bytes: Uint8Array): Record<string, string> {
  let index: unknown;
  try {
    index = JSON.parse(decodeText(bytes, INDEX));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`${INDEX} is not JSON: ${(error as Error).message}.`);
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (
    typeof map !== 'object' ||
    map === null ||
    Object.values(map).some((shard) => typeof shard !== 'string')
  ) {
    throw new FormatError(`${INDEX}: "weight_map" is not an object from tensor to file name.`);
  }
  return map as Record<string, string>;
}

/** Causal-mask buffers that older `transformers` stored beside the weights. */
const MASK_BUFFER = /^transformer\.h\.\d+\.attn\.(masked_)?bias$/;

/**
 * The model's tensors as F32, by full name and in `gpt2TensorShapes`' order; views of the file
 * where it is F32 and aligned. A stored `lm_head.weight` must equal the token embedding.
 * @throws FormatError that names the tensor, the shape met and the shape wanted.
 */
export function takeGpt2Tensors(
  stored: ReadonlyMap<string, StoredTensor>,
  sizes: GPT2Sizes,
  kind: ModelKind,
): Map<string, Float32Array> {
  const byName = new Map<string, { tensor: StoredTensor; storedName: string }>();
  for (const [storedName, tensor] of stored) {
    const name = fullName(storedName);
    const twin = byName.get(name);
    if (twin) {
      throw new FormatError(
        `The tensors "${twin.storedName}" and "${storedName}" are the same one.`,
      );
    }
    byName.set(name, { tensor, storedName });
  }

  const tensors = new Map<string, Float32Array>();
  for (const [name, shape] of gpt2TensorShapes(sizes, kind)) {
    const found = byName.get(name);
    if (!found) {
      throw new FormatError(`The tensor "${name}" is missing; shape [${shape}] was wanted.`);
    }
    const { tensor, storedName } = found;
    if (tensor.shape.length !== shape.length || tensor.shape.some((n, i) => n !== shape[i])) {
      throw new FormatError(
        `The tensor "${storedName}" has shape [${tensor.shape}], but [${shape}] was wanted.`,
      );
    }
    if (tensor.dtype !== 'F32' && tensor.dtype !== 'F16' && tensor.dtype !== 'BF16') {
      throw new FormatError(
        `The tensor "${storedName}" is ${tensor.dtype}, but F32, F16 or BF16 was wanted.`,
      );
    }
    tensors.set(name, toFloat32(tensor));
    byName.delete(name);
  }

  for (const [name, { tensor, storedName }] of byName) {
    if (MASK_BUFFER.test(name)) continue;
    if (name === 'lm_head.weight' && kind === 'lm') {
      checkTied(tensor, tensors.get('transformer.wte.weight')!);
      continue;
    }
    throw new FormatError(
      `The tensor "${storedName}" of shape [${tensor.shape}] is no part of a GPT-2 of kind ${kind} with ${sizes.n_layer} layers.`,
    );
  }
  return tensors;
}

/** `wte.weight` and `h.0.…` are the trunk's names where a bare GPT2Model was saved. */
const fullName = (name: string): string =>
  /^(wte|wpe|ln_f|h)\./.test(name) ? `transformer.${name}` : name;

function checkTied(head: StoredTensor, embedding: Float32Array): void {
  const values = toFloat32(head);
  const at = embedding.findIndex((value, i) => value !== values[i]);
  if (values.length === embedding.length && at === -1) return;
  throw new FormatError(
    `The tensor "lm_head.weight" differs from "transformer.wte.weight", but a tied head was wanted.`,
  );
}
