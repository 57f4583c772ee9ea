/**
 * Safetensors files: an 8-byte little-endian header length, a JSON header, then the tensors' bytes
 * without gaps (https://huggingface.co/docs/safetensors). Reading checks everything the header
 * claims before any data is touched and copies nothing until a tensor is asked for; writing gives
 * the bytes that the Python library gives. Sharded models are put together in huggingface.ts.
 */

import { FormatError } from './errors';
import { floatToHalf, widenBfloat, widenHalf } from './halfFloat';

const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, U8: 1, BOOL: 1 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** The library's own bound: a longer header is a damaged or a hostile file. */
const MAX_HEADER_BYTES = 100_000_000;

/** A tensor as it lies in the file. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes, row-major and little-endian: a view of the file, not a copy. */
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the file's order of data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A tensor to write: I32 from an Int32Array; F32, or F16 by rounding, from a Float32Array. */
export type TensorToWrite =
  | { shape: readonly number[]; data: Float32Array; dtype?: 'F32' | 'F16' }
  | { shape: readonly number[]; data: Int32Array; dtype?: 'I32' };

/** Number of elements of a shape; 1 for a scalar. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * Reads a safetensors file. The views it holds keep `file` alive and see later writes to it.
 * @throws FormatError in one sentence with the byte offset or the tensor at fault.
 */
export function readSafetensors(file: Uint8Array, name = 'model.safetensors'): SafetensorsFile {
  const fail = (what: string): never => {
    throw new FormatError(`${name}: ${what}.`);
  };
  if (file.length < 8) {
    fail(`the file has ${file.length} bytes, but at least 8 for the header length were wanted`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(MAX_HEADER_BYTES, file.length - 8))) {
    fail(
      `the header length at offset 0 is ${headerLength}, but ${file.length - 8} bytes follow it and at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const dataStart = 8 + Number(headerLength);
  const header = parseHeader(file.subarray(8, dataStart), fail);
  const data = file.subarray(dataStart);

  let metadata: Record<string, string> = {};
  const entries: [name: string, entry: HeaderEntry][] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key !== '__metadata__') entries.push([key, checkEntry(key, value, fail)]);
    else if (!isStringMap(value)) return fail('"__metadata__" is not an object of strings');
    else metadata = value;
  }

  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, StoredTensor>();
  let offset = 0;
  for (const [key, { dtype, shape, begin, end }] of entries) {
    if (begin !== offset) {
      fail(
        `tensor "${key}" begins at data offset ${begin}, but ${offset} was wanted (${begin < offset ? 'it overlaps the tensor before it' : 'bytes lie unused before it'})`,
      );
    }
    if (end > data.length) {
      fail(
        `tensor "${key}" ends at data offset ${end}, but the file's data ends at ${data.length}`,
      );
    }
    tensors.set(key, { dtype, shape, bytes: data.subarray(begin, end) });
    offset = end;
  }
  if (offset !== data.length) {
    fail(`${data.length - offset} bytes after data offset ${offset} belong to no tensor`);
  }
  return { metadata, tensors };
}

/**
 * The tensor's values as floats: a view of the file where it is F32 and aligned to 4 bytes (not to
 * be written to, then), else a copy. F16 and BF16 are widened, integers and booleans converted.
 */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const { bytes, dtype } = tensor;
  switch (dtype) {
    case 'F32':
      return new Float32Array(...aligned(bytes, 4));
    case 'F16':
      return widenHalf(new Uint16Array(...aligned(bytes, 2)));
    case 'BF16':
      return widenBfloat(new Uint16Array(...aligned(bytes, 2)));
    case 'I32':
      return Float32Array.from(new Int32Array(...aligned(bytes, 4)));
    case 'I64':
      return Float32Array.from(new BigInt64Array(...aligned(bytes, 8)), Number);
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
    default:
      return dtype satisfies never;
  }
}

/**
 * The values of an I32, I64, U8 or BOOL tensor as 32-bit integers; I32 is a view where aligned.
 * @throws FormatError for a float tensor, or an I64 value that 32 bits do not hold.
 */
export function toInt32(tensor: StoredTensor): Int32Array {
  const { bytes, dtype } = tensor;
  switch (dtype) {
    case 'I32':
      return new Int32Array(...aligned(bytes, 4));
    case 'I64':
      return Int32Array.from(new BigInt64Array(...aligned(bytes, 8)), (wide) => {
        const value = Number(wide);
        if (value === (value | 0)) return value;
        throw new FormatError(`An I64 tensor holds ${wide}, which 32 bits do not hold.`);
      });
    case 'U8':
    case 'BOOL':
      return Int32Array.from(bytes);
    case 'F32':
    case 'F16':
    case 'BF16':
      throw new FormatError(`A tensor is ${dtype}, but integers were wanted.`);
    default:
      return dtype satisfies never;
  }
}

/**
 * Writes a safetensors file; the same tensors give the same bytes in whatever order they come
 * (wider elements first, then by name, as the Python library lays them out).
 * @throws RangeError when a shape does not fit its data, a name comes twice, or a finite float is
 * too large for F16.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: TensorToWrite]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const list = Array.from(tensors, ([name, { shape, data, dtype }]) => {
    if (elementCount(shape) !== data.length) {
      throw new RangeError(
        `Tensor "${name}" has shape [${shape}], but ${data.length} values were given for it.`,
      );
    }
    return { name, shape, data, dtype: dtype ?? (data instanceof Int32Array ? 'I32' : 'F32') };
  }).sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : 1));

  // Without a prototype, so that a tensor may bear any name.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) {
    const names = Object.keys(metadata).sort();
    header['__metadata__'] = Object.fromEntries(names.map((key) => [key, metadata[key]]));
  }
  let dataLength = 0;
  for (const { name, shape, data, dtype } of list) {
    if (name in header) throw new RangeError(`Two tensors are named "${name}".`);
    const end = dataLength + data.length * DTYPE_BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [dataLength, end] };
    dataLength = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;

  const file = new Uint8Array(8 + headerLength + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, 8 + headerLength);
  let offset = 8 + headerLength;
  for (const { name, data, dtype } of list) {
    const stored = dtype === 'F16' ? narrow(data, name) : data;
    file.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), offset);
    offset += stored.byteLength;
  }
  return file;
}

interface HeaderEntry {
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

function parseHeader(bytes: Uint8Array, fail: (what: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    fail(`the header at offset 8 is not JSON: ${(error as Error).message}`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    fail('the header at offset 8 is not a JSON object');
  }
  return header as Record<string, unknown>;
}

function checkEntry(key: string, value: unknown, fail: (what: string) => never): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    fail(
      `tensor "${key}" has dtype ${JSON.stringify(dtype)}, but one of ${Object.keys(DTYPE_BYTES).join(', ')} was wanted`,
    );
  }
  if (!isSizes(shape)) {
    fail(`tensor "${key}" has shape ${JSON.stringify(shape)}, but a list of sizes was wanted`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    fail(
      `tensor "${key}" has data_offsets ${JSON.stringify(offsets)}, but [begin, end] was wanted`,
    );
  }
  const [begin, end] = offsets as number[];
  const wanted = elementCount(shape as number[]) * DTYPE_BYTES[dtype as Dtype];
  if (end - begin !== wanted) {
    fail(
      `tensor "${key}" takes ${end - begin} bytes at data offset ${begin}, but ${dtype} of shape [${shape}] takes ${wanted}`,
    );
  }
  return { dtype: dtype as Dtype, shape: shape as number[], begin, end };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const isStringMap = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((entry) => typeof entry === 'string');

/** Arguments of a typed array over `bytes`: in place where aligned to `size`, else over a copy. */
function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset, byteLength } = byteOffsetAligned(bytes, size) ? bytes : bytes.slice();
  return [buffer, byteOffset, byteLength / size];
}

const byteOffsetAligned = (bytes: Uint8Array, size: number): boolean =>
  bytes.byteOffset % size === 0;

function narrow(data: Float32Array | Int32Array, name: string): Uint16Array {
  return Uint16Array.from(data, (value) => {
    const bits = floatToHalf(value);
    if ((bits & 0x7fff) === 0x7c00 && Number.isFinite(value)) {
      throw new RangeError(
        `Tensor "${name}" holds ${value}, but F16 ends at 65504; write it as F32.`,
      );
    }
    return bits;
  });
}
