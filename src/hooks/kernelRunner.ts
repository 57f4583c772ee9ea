/**
 * One kernel on plain arrays: a tape of one dispatch on a device of its own, every output read back.
 *
 * A buffer that the kernel only writes may be left out; it starts as NaN bits, so that an element
 * that is not written is seen. One that it changes in place starts as zeros when left out.
 */
import type { Gpu, View } from '../gpu/device';
import { compiles } from '../gpu/features';
import {
  type Binding,
  type ElementType,
  elementsOf,
  type Kernel,
  type Scalar,
  type Values,
} from '../gpu/kernel';
import { read } from '../gpu/readback';
import { Tape } from '../gpu/tape';
import { KERNELS } from '../kernels';
import { slotsOf } from '../kernels/norm_runs';
import { openGpu } from '../kernels/trust';
import { type Numbers, numbersOf, type Stored, storedAs, unwritten, zeros } from './elements';

export interface KernelListing {
  readonly name: string;
  readonly file: string;
  /** Buffers that are read; one that stands in `outputs` too is changed in place. */
  readonly inputs: readonly string[];
  /** Buffers that are written and answered. */
  readonly outputs: readonly string[];
  /** Buffers that are used only when a constant asks for them. */
  readonly optional: readonly string[];
  readonly params: Readonly<Record<string, Scalar>>;
  /** Tunables and their defaults; they may be given among the params. */
  readonly constants: Values;
  /** Element type of each buffer; `f16` too is given and answered as numbers. */
  readonly types: Readonly<Record<string, ElementType>>;
  /** Shape of each buffer in the kernel's params, row-major: `'N, 3*C'`. */
  readonly shapes: Readonly<Record<string, string>>;
}

export type RunKernel = (
  name: string,
  buffers: Readonly<Record<string, ArrayLike<number>>>,
  params: Values,
) => Promise<{ outputs: Record<string, Numbers> }>;

/** The kernels that this browser's adapter can run; without an adapter, all of them. */
export async function listKernels(): Promise<KernelListing[]> {
  const adapter = await navigator.gpu?.requestAdapter();
  const runs = ({ features = [] }: Kernel) => !adapter || compiles(features, adapter);
  return [...KERNELS.values()].filter(runs).map((kernel) => {
    const bindings = Object.entries(kernel.bindings);
    const those = (holds: (binding: Binding) => boolean) =>
      bindings.filter(([, binding]) => holds(binding)).map(([name]) => name);
    const each = <T>(of: (binding: Binding) => T) =>
      Object.fromEntries(bindings.map(([name, binding]) => [name, of(binding)]));
    return {
      name: kernel.name,
      file: `shaders/${kernel.name}.wgsl`,
      inputs: those(({ access }) => access !== 'out'),
      outputs: those(({ access }) => access !== 'in'),
      optional: those(({ optional }) => optional),
      params: kernel.params,
      constants: kernel.constants,
      types: each(({ type }) => type),
      shapes: each(({ shape }) => shape),
    };
  });
}

let opened: Promise<Gpu> | undefined;

/**
 * @param buffers arrays by binding name
 * @param params every param of the kernel, and any of its constants
 * @throws naming the kernel, buffer or param that is wrong, what was met and what is wanted
 */
export const runKernel: RunKernel = async (name, buffers, params) => {
  const kernel = KERNELS.get(name);
  if (!kernel) {
    throw new Error(`No kernel '${name}'; the kernels are ${[...KERNELS.keys()].join(', ')}.`);
  }
  const constants = sortParams(kernel, params);
  const arrays = fitBuffers(kernel, buffers, params);
  if ((await opened)?.failure) opened = undefined;
  opened ??= openGpu();
  return { outputs: await run(await opened, kernel, params, constants, arrays) };
};

/** The constants among the params. @throws for a param that is missing, unknown or no number */
function sortParams(kernel: Kernel, params: Values): Values {
  const known = [...Object.keys(kernel.params), ...Object.keys(kernel.constants)];
  for (const [name, value] of Object.entries(params)) {
    if (!known.includes(name)) {
      throw new Error(`${kernel.name} has no param '${name}'; it has ${known.join(', ')}.`);
    }
    if (typeof value !== 'number') {
      throw new Error(`${kernel.name}: param '${name}' must be a number, not ${typeof value}.`);
    }
  }
  for (const [name, type] of Object.entries(kernel.params)) {
    if (!(name in params)) {
      throw new Error(`${kernel.name}: param '${name}' (${type}) is missing.`);
    }
  }
  const constants: Record<string, number> = { ...kernel.constants };
  // Private arrays are sized by D4 = D/4 in attention, and in LayerNorm by the channels of a thread.
  if ('D4' in constants && params['D'] !== undefined) constants['D4'] = params['D'] / 4;
  for (const name of Object.keys(constants)) {
    const given = params[name];
    if (given !== undefined) constants[name] = given;
  }
  const { SLOTS, WG } = constants;
  if (SLOTS !== undefined && params['SLOTS'] === undefined) {
    constants['SLOTS'] = slotsOf(params['C']!, WG!);
  }
  return constants;
}

/** Every bound buffer's first contents. @throws for one that is missing, unknown or of another size */
function fitBuffers(
  kernel: Kernel,
  buffers: Readonly<Record<string, ArrayLike<number>>>,
  params: Values,
): Map<string, Stored> {
  const names = Object.keys(kernel.bindings);
  for (const name of Object.keys(buffers)) {
    if (!names.includes(name)) {
      throw new Error(`${kernel.name} has no buffer '${name}'; it has ${names.join(', ')}.`);
    }
  }
  const arrays = new Map<string, Stored>();
  for (const [name, { access, type, shape, optional }] of Object.entries(kernel.bindings)) {
    const wanted = elementsOf(shape, params);
    const given = buffers[name];
    const described = `'${name}' [${shape}]`;
    if (given && given.length !== wanted) {
      throw new Error(
        `${kernel.name}: buffer ${described} has ${given.length} elements; ${wanted} are wanted.`,
      );
    }
    if (given) arrays.set(name, storedAs(type, given));
    else if (access !== 'in') {
      const first = access === 'out' && !optional ? unwritten : zeros;
      arrays.set(name, first(type, wanted));
    } else if (!optional) {
      throw new Error(
        `${kernel.name}: buffer ${described} is missing; ${wanted} elements are wanted.`,
      );
    }
  }
  return arrays;
}

async function run(
  gpu: Gpu,
  kernel: Kernel,
  params: Values,
  constants: Values,
  arrays: Map<string, Stored>,
): Promise<Record<string, Numbers>> {
  const views: Record<string, View> = {};
  const tape = new Tape(gpu, kernel.name);
  const dispatch = async () => {
    for (const [name, array] of arrays) {
      views[name] = gpu.upload(name, array);
    }
    tape.dispatch(kernel, params, views, constants);
    await tape.finish();
    tape.run();
    const written = Object.entries(kernel.bindings).filter(
      ([name, { access }]) => access !== 'in' && views[name],
    );
    const bytes = await read(gpu, ...written.map(([name]) => views[name]!));
    return Object.fromEntries(
      written.map(([name, { type }], index) => [
        name,
        numbersOf(type, bytes[index]!, arrays.get(name)!.length),
      ]),
    );
  };
  gpu.device.pushErrorScope('validation');
  const [outcome] = await Promise.allSettled([dispatch()]);
  tape.free();
  gpu.free(...Object.values(views));
  // What the GPU says of a bad call is the cause of whatever was thrown after it.
  const invalid = await gpu.device.popErrorScope();
  if (invalid) throw new Error(`${kernel.name}: ${invalid.message.split('\n')[0]}`);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
