/** Runs one kernel on plain arrays in a test: a tape of one dispatch, every output read back. */
import type { Gpu, View } from '../../src/gpu/device';
import { elementsOf, type Kernel, type Values } from '../../src/gpu/kernel';
import { read } from '../../src/gpu/readback';
import { Tape } from '../../src/gpu/tape';
import { type Numbers, numbersOf, storedAs, unwritten } from '../../src/hooks/elements';
import { openGpu } from '../../src/kernels/trust';

export type Arrays = Record<string, ArrayLike<number>>;

let opened: Promise<Gpu> | undefined;

/** The one device of a test file. Fails, never skips, without an adapter. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

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
): Promise<Record<string, Numbers>> {
  const gpu = await testGpu();
  const views: Record<string, View> = {};
  const tape = new Tape(gpu, kernel.name);
  try {
    for (const [name, binding] of Object.entries(kernel.bindings)) {
      const given = inputs[name];
      const length = elementsOf(binding.shape, params);
      if (given) views[name] = gpu.upload(name, storedAs(binding.type, given));
      else if (!binding.optional) views[name] = gpu.upload(name, unwritten(binding.type, length));
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
        return [name, numbersOf(binding.type, bytes[index]!, length)];
      }),
    );
  } finally {
    tape.free();
    gpu.free(...Object.values(views));
  }
}
