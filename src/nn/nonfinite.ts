/**
 * Where a value that is not finite came from: a recorded step run once more, dispatch by dispatch,
 * each thing that a dispatch writes scanned before the next one runs, because temporaries share
 * their buffers over time. One submit and one read; the optimizer is left out, so that nothing that
 * is kept changes. A step that goes well pays nothing for this.
 */
import type { Gpu, View } from '../gpu/device';
import { elementsOf, type Kernel } from '../gpu/kernel';
import { read } from '../gpu/readback';
import { isTemporary, real, type Slot } from '../gpu/slots';
import { type DispatchInfo, Tape } from '../gpu/tape';
import { findNonfinite } from '../kernels/nonfinite';
import { adamw } from '../kernels/optimizer';
import type { AdamW } from './adamw';
import { workgroup } from './choice';
import { arenaOf, type NamedArena, nameOf } from './names';
import type { Weights } from './weights';

/** What a scan leaves where every value is finite. */
const FINITE = 0xffff_ffff;

/** The first value that is not finite. */
export interface Nonfinite {
  /** A tensor by Hugging Face's name, '∂ ' before a gradient, or what a dispatch is called by. */
  readonly what: string;
  /** The kernel that made it of finite inputs; undefined where it was there before the step. */
  readonly kernel: string | undefined;
  readonly element: number;
}

/** The arenas of a step: what it starts from (parameters and moments), and its gradients. */
export interface StepArenas {
  readonly state: readonly NamedArena[];
  readonly grads: readonly NamedArena[];
}

/** Those of one model: its own weights, their moments and gradients. */
export const optimizerArenas = (
  whose: string,
  { weights, grads, optimizer }: { weights: Weights; grads: Weights; optimizer: AdamW },
): StepArenas => ({
  state: [
    { prefix: whose, weights },
    { prefix: `AdamW's m of ${whose}`, weights: optimizer.m },
    { prefix: `AdamW's v of ${whose}`, weights: optimizer.v },
  ],
  grads: [{ prefix: `∂ ${whose}`, weights: grads }],
});

interface Scan {
  readonly view: View;
  readonly count: number;
  readonly what: string;
  readonly kernel?: string;
}

/**
 * Runs a finished tape once more, with the inputs that its owner has written, and finds the first
 * value that is not finite: in parameters and moments, in other inputs, or in what a dispatch makes.
 * @returns undefined when every value was finite this time
 */
export async function firstNonfinite(
  gpu: Gpu,
  tape: Tape,
  arenas: StepArenas,
): Promise<Nonfinite | undefined> {
  const operations = tape.describe();
  const named = [...arenas.state, ...arenas.grads];
  const before = stateScans(arenas.state);
  const owners = ownersOf(operations, named);
  const known = new Known();
  const inputs: Scan[] = [];
  const after = operations.map((info, at): Scan[] => {
    if (!info || info.kernel.name === adamw.name) return [];
    const scans: Scan[] = [];
    for (const { slot, access, count } of floatsOf(info)) {
      const view = real(slot);
      const name = nameOf(slot, tape, named);
      const what = isTemporary(slot) ? `${owners[at]}${name}` : name;
      if (access !== 'in') scans.push({ view, count, what, kernel: info.kernel.name });
      if (isTemporary(slot) || arenaOf(slot, named) || !known.add(view)) continue;
      if (access === 'in') inputs.push({ view, count, what });
    }
    return scans;
  });
  const all = [...before, ...inputs, ...after.flat()];
  const K = all.length;
  const found = gpu.upload('first non-finite values', new Uint32Array(K).fill(FINITE));
  const scanning = new Tape(gpu, 'non-finite scan');
  try {
    for (const [at, { view, count: N }] of all.entries()) {
      const slots = { values: view, found };
      scanning.dispatch(findNonfinite, { N, K, at }, slots, workgroup(gpu, findNonfinite));
    }
    await scanning.finish();
    const encoder = gpu.device.createCommandEncoder({ label: 'non-finite scan' });
    let next = 0;
    const scan = (count: number) => {
      for (let i = 0; i < count; i++) scanning.encodeOne(encoder, next++);
    };
    // What the failed step has left behind must not be taken for a result of this one.
    for (const buffer of leftovers(operations, arenas)) encoder.clearBuffer(buffer);
    scan(before.length + inputs.length);
    for (const [at, info] of operations.entries()) {
      if (!info || info.kernel.name !== adamw.name) tape.encodeOne(encoder, at);
      scan(after[at]!.length);
    }
    gpu.submit(encoder.finish());
    const [bytes] = await read(gpu, found);
    const first = new Uint32Array(bytes!, 0, K);
    const at = first.findIndex((index) => index !== FINITE);
    if (at < 0) return undefined;
    return { what: all[at]!.what, kernel: all[at]!.kernel, element: first[at]! };
  } finally {
    scanning.free();
    gpu.free(found);
  }
}

/** One scan a tensor of each arena that a step starts from. */
const stateScans = (state: readonly NamedArena[]): Scan[] =>
  state.flatMap(({ prefix, weights }) =>
    weights.layout.tensors.map(({ name, size }) => ({
      view: weights.tensor(name),
      count: size,
      what: `${prefix}${name}`,
    })),
  );

/** The floats that a dispatch binds. */
function floatsOf({ kernel, params, slots }: DispatchInfo) {
  const bindings: Kernel['bindings'][string][] = Object.values(kernel.bindings);
  return bindings.flatMap(({ access, type, shape }, at) => {
    const slot: Slot | undefined = slots[at];
    return slot && type === 'f32' ? [{ slot, access, count: elementsOf(shape, params) }] : [];
  });
}

/** Whose step each operation belongs to: the model whose tensors were bound last. */
function ownersOf(
  operations: readonly (DispatchInfo | undefined)[],
  arenas: readonly NamedArena[],
): string[] {
  let owner = '';
  return operations.map((info) => {
    for (const slot of info?.slots ?? []) {
      const arena = slot && arenaOf(slot, arenas);
      if (arena) owner = arena.prefix.replace('∂ ', '');
    }
    return owner;
  });
}

/** The buffers of temporaries and gradients. */
function leftovers(
  operations: readonly (DispatchInfo | undefined)[],
  { grads }: StepArenas,
): Set<GPUBuffer> {
  const slots = operations.flatMap((info) => info?.slots ?? []);
  const temporaries = slots.filter((slot) => slot !== undefined && isTemporary(slot));
  return new Set([
    ...temporaries.map((slot) => real(slot!).buffer),
    ...grads.map(({ weights }) => weights.arena.buffer),
  ]);
}

/** Ranges that were seen already: an input is scanned once, and not when the step made it itself. */
class Known {
  private readonly starts = new Map<GPUBuffer, Set<number>>();

  /** Whether the range is new. */
  add({ buffer, offset }: View): boolean {
    const starts = this.starts.get(buffer) ?? new Set();
    this.starts.set(buffer, starts);
    if (starts.has(offset)) return false;
    starts.add(offset);
    return true;
  }
}
