/** Runs one kernel on plain arrays in a test: a tape of one dispatch, every output read back. */
import type { Gpu, View } from '../../src/gpu/device';
import { elementsOf, type Kernel, type Values } from '../../src/gpu/kernel';
import { read } from '../../src/gpu/readback';
import { Tape } from '../../src/gpu/tape';
import { openGpu } from '../../src/kernels/trust';

export type Arrays = Record<string, ArrayLike<number>>;

let opened: Promise<Gpu> | undefined;

/** The one device of a test file. Fails, never skips, without an adapter. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

const typed = {
  f32: (values: ArrayLike<number>) => Float32Array.from(values),
  i32: (values: ArrayLike<number>) => Int32Array.from(values),
  u32: (values: ArrayLike<number>) => Uint32Array.from(values),
};

/**
 * @param inputs arrays by binding name; an output left out starts as NaN bits, so that an element
 *   that the kernel forgets to write is noticed
 * @returns every binding that the kernel writes
 */
export async function runKernel(
  kernel: Kernel,
  params: Values,
  inputs: Arrays,
  constants: Values = {},
): Promise<Record<string, Float32Array | Int32Array | Uint32Array>> {
  const gpu = await testGpu();
  const views: Record<string, View> = {};
  const tape = new Tape(gpu, kernel.name);
  try {
    for (const [name, binding] of Object.entries(kernel.bindings)) {
      const given = inputs[name];
      const length = elementsOf(binding.shape, params);
      if (given) views[name] = gpu.upload(name, typed[binding.type](given));
      else if (!binding.optional) {
        views[name] = gpu.upload(name, new Uint32Array(length).fill(0x7fc00000));
      }
    }
    tape.dispatch(kernel, params, views, constants);
    await tape.finish();
    tape.run();
    const written = Object.entries(kernel.bindings).filter(
      ([name, binding]) => binding.access !== 'in' && views[name],
    );
    const bytes = await read(gpu, ...written.map(([name]) => views[name]!));
    return Object.fromEntries(
      written.map(([name, binding], index) => {
        const length = elementsOf(binding.shape, params);
        const buffer = bytes[index]!;
        if (binding.type === 'f32') return [name, new Float32Array(buffer, 0, length)];
        if (binding.type === 'i32') return [name, new Int32Array(buffer, 0, length)];
        return [name, new Uint32Array(buffer, 0, length)];
      }),
    );
  } finally {
    tape.free();
    gpu.free(...Object.values(views));
  }
}
