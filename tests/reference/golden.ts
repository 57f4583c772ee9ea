/**
 * Reads the golden files of tests/golden, in Node from the disk and in a browser test from the dev
 * server. A safetensors file is a u64 length, a JSON header and the tensors' bytes, little-endian.
 */

export interface Golden {
  /** F32 tensors widened to f64, I32 as they are, by name. */
  tensors: Record<string, Float64Array>;
  shapes: Record<string, number[]>;
  /** The file's string metadata: sizes, settings and scalar results. */
  metadata: Record<string, string>;
  /** A metadata entry as a number; throws where it is missing or not a number. */
  number: (key: string) => number;
  /** Tensors under `prefix/`, by the rest of their name. */
  group: (prefix: string) => Record<string, Float64Array>;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Loads tests/golden/`path`, e.g. `model/lm.safetensors`. */
export async function loadGolden(path: string): Promise<Golden> {
  return parseGolden(
    await readBytes(new URL(/* @vite-ignore */ `../golden/${path}`, import.meta.url)),
  );
}

function parseGolden(bytes: ArrayBuffer): Golden {
  const headerSize = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, headerSize)));
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, HeaderEntry> & {
    __metadata__?: Record<string, string>;
  };
  const tensors: Record<string, Float64Array> = {};
  const shapes: Record<string, number[]> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [start, end] = data_offsets;
    const data = bytes.slice(8 + headerSize + start, 8 + headerSize + end);
    if (dtype === 'F32') tensors[name] = Float64Array.from(new Float32Array(data));
    else if (dtype === 'I32') tensors[name] = Float64Array.from(new Int32Array(data));
    else throw new Error(`Golden tensor ${name} is ${dtype}; F32 and I32 are read.`);
    shapes[name] = shape;
  }
  const number = (key: string) => {
    const value = Number(metadata[key] ?? Number.NaN);
    if (Number.isNaN(value))
      throw new Error(`Golden metadata ${key} is ${metadata[key]}, no number.`);
    return value;
  };
  const group = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(`${prefix}/`))
        .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
    );
  return { tensors, shapes, metadata, number, group };
}

async function readBytes(url: URL): Promise<ArrayBuffer> {
  if (url.protocol === 'file:') {
    const fs = await import('node:fs/promises');
    const file = await fs.readFile(url);
    return new Uint8Array(file).buffer;
  }
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url} answered ${response.status}; run the tests from the root.`);
  return response.arrayBuffer();
}
