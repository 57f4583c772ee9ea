/**
 * An experiment as one file, to keep or to carry elsewhere: a safetensors file whose tensors are
 * the models, the checkpoint and every other typed array, and whose metadata holds the rest as
 * JSON with references to them. It is read through the schemas that guard the store.
 */
import { MODELS, type ModelName } from '../config/stages';
import { FormatError } from '../text/formats/errors';
import {
  readSafetensors,
  type TensorToWrite,
  toFloat32,
  toInt32,
  writeSafetensors,
} from '../text/formats/safetensors';
import type { Experiment } from './experiment';
import type { Floats } from './parts';
import { type Contents, checkParts, checkRecord, isCheckpoint, repair, VERSION } from './stored';

const FORMAT = 'pocket-rlhf-experiment';
/** The key of a reference to a tensor, and of a number that JSON has not. */
const TENSOR = '$tensor';
const NUMBER = '$number';

type TypedArray = Float32Array | Int32Array;

/** The whole experiment; traces are left out, their files are in the folder of a run. */
export function writeBackup({ record, parts, models, checkpoint }: Experiment): Uint8Array {
  const tensors: [string, TensorToWrite][] = [];
  const encode = (_key: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value)) return { [NUMBER]: String(value) };
    if (!(value instanceof Float32Array || value instanceof Int32Array)) return value;
    const name = String(tensors.length);
    tensors.push([name, { shape: [value.length], data: value } as TensorToWrite]);
    return { [TENSOR]: name };
  };
  const { traces: _traces, sums: _sums, ...kept } = parts;
  const all = { record, parts: kept, models: Object.fromEntries(models), checkpoint };
  const json = JSON.stringify(all, encode);
  return writeSafetensors(tensors, { format: FORMAT, version: String(VERSION), json });
}

/**
 * Reads such a file. @throws FormatError in one sentence; nothing is stored here
 */
export function readBackup(bytes: Uint8Array, file = 'the file'): Contents {
  const { metadata, tensors } = readSafetensors(bytes, file);
  if (metadata['format'] !== FORMAT || metadata['json'] === undefined) {
    throw new FormatError(`${file} is a safetensors file, but not one of a saved experiment.`);
  }
  const decode = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (NUMBER in value) return Number(value[NUMBER]);
    if (!(TENSOR in value)) return value;
    const tensor = tensors.get(String(value[TENSOR]));
    if (!tensor)
      throw new FormatError(`${file} names the tensor ${value[TENSOR]}, which it lacks.`);
    return tensor.dtype === 'I32' ? toInt32(tensor).slice() : toFloat32(tensor).slice();
  };
  let all: Record<string, unknown>;
  try {
    all = JSON.parse(metadata['json'], decode) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${file}: the metadata is not JSON: ${(cause as Error).message}.`);
  }
  const record = checkRecord(all?.['record']);
  const parts = checkParts((all['parts'] ?? {}) as Record<string, unknown>, (name, why) => {
    throw new FormatError(`${file}: the ${name} cannot be read: ${why}.`);
  });
  const models = new Map<ModelName, Floats>();
  for (const name of MODELS) {
    const floats = (all['models'] as Record<string, TypedArray> | undefined)?.[name];
    if (floats instanceof Float32Array) models.set(name, floats as Floats);
  }
  repair(record, models);
  const checkpoint = all['checkpoint'];
  if (checkpoint !== undefined && !isCheckpoint(checkpoint)) {
    throw new FormatError(`${file}: the checkpoint is not whole.`);
  }
  return { record, parts, models, checkpoint };
}
