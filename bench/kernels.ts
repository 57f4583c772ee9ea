/** The kernels of a training step and of a decoded token, in the variants and shapes of a model. */
import type { Gpu, View } from '../src/gpu/device';
import { bytesOfBinding, type Kernel, type Values } from '../src/gpu/kernel';
import { type Place, planningGpu } from '../src/gpu/plan';
import type { Spread } from '../src/gpu/spread';
import { type DispatchInfo, Tape } from '../src/gpu/tape';
import { type Contestant, race } from '../src/gpu/timing';
import type { BenchConfig } from '../src/hooks/benchApi';
import type { Probes } from '../src/kernels/peak';
import { boundOf, flopsOf, type Peak, type Rate, rateOf } from '../src/kernels/work';
import { ADAMW } from '../src/nn/adamw';
import { matmul } from '../src/nn/choice';
import { layoutOf } from '../src/nn/layout';
import { Sampler } from '../src/nn/sampler';
import { LmTrainer } from '../src/nn/trainer';
import { Weights } from '../src/nn/weights';
import { CONFIGS, type KernelSet, SQUARE_SIDES, SQUARES } from './configs';
import { contentsOf } from './inputs';
import { opponentOf } from './naive';

export interface KernelResult extends Rate {
  readonly kernel: string;
  readonly params: Values;
  readonly constants: Values;
  /** How often a training step, or a decoded token, dispatches it; never, where it waits to be asked for. */
  readonly times: { readonly step: number; readonly token: number };
  /** Milliseconds of one dispatch. */
  readonly ms: Spread;
  /** What the probes reached in turn with it. */
  readonly peak: Peak;
  readonly naive: { readonly name: string; readonly ms: Spread; readonly ratio: number } | null;
}

interface Found {
  readonly info: DispatchInfo;
  step: number;
  token: number;
}

/** Sequences decoded at once. */
const DECODED = 64;
/** Tokens of a prompt before what is decoded. */
const PROMPT = 16;

/** Time of a sample: in Firefox a few ms of it are the wait for its end. */
const SAMPLE_MS = 120;

/** Bytes of buffers that a kernel may take to be measured. */
const MOST_BYTES = { software: 2 ** 29, gpu: 2 ** 32 };

/**
 * Every distinct dispatch that the model's trainer and sampler record, and those of the features that
 * passed their check and are used by nobody who has not asked for them.
 */
export async function recordedBy(gpu: Gpu, config: BenchConfig): Promise<Found[]> {
  const dry = planningGpu(gpu);
  const weights = Weights.zeros(dry, layoutOf(config, 'lm'), 'weights');
  const trainer = await LmTrainer.make(
    dry,
    weights,
    { B: config.batch, T: config.n_positions, dropout: 0, seed: 0, adamw: ADAMW },
    () => {},
  );
  const step = trainer.recorded;
  const used = distinct({ step, token: await decodedToken(gpu, config) });
  const asked = await decodedToken({ ...placeOf(gpu), trusted: gpu.verified }, config);
  const all = distinct({ step, token: asked });
  const keys = new Set(used.map(keyOf));
  return [...used, ...all.filter((found) => !keys.has(keyOf(found))).map(waiting)];
}

const placeOf = ({ adapter, variants }: Gpu): Place => ({ adapter, variants });

const waiting = ({ info }: Found): Found => ({ info, step: 0, token: 0 });

/** What decodes a token. */
async function decodedToken(place: Place, config: BenchConfig): Promise<Tape> {
  const dry = planningGpu(place);
  const weights = Weights.zeros(dry, layoutOf(config, 'lm'), 'weights');
  const sampler = await Sampler.make(dry, weights, {
    B: DECODED,
    P: PROMPT,
    R: config.n_positions - PROMPT,
    temperature: 1,
    topK: 0,
    topP: 1,
    eot: 0,
    pad: 0,
    stopAtEot: false,
  });
  return sampler.recorded;
}

/** Floating-point operations of a training step. */
export async function stepOperations(gpu: Gpu, config: BenchConfig): Promise<number> {
  const found = await recordedBy(gpu, config);
  return found.reduce((sum, { info, step }) => sum + step * flopsOf(info), 0);
}

/** C×C products of the three forms, by the variants chosen for them. */
function squares(gpu: Gpu): Found[] {
  const dry = planningGpu(gpu);
  const tape = new Tape(dry, 'squares');
  for (const side of SQUARE_SIDES[gpu.adapter.is_fallback ? 'software' : 'gpu']) {
    const size = { M: side, N: side, K: side };
    const matrix = () => dry.alloc('matrix', 4 * side * side);
    for (const form of ['nn', 'nt', 'tn'] as const) {
      matmul(dry, tape, form, size, { a: matrix(), b: matrix(), out: matrix() });
    }
  }
  return distinct({ step: tape });
}

const keyOf = ({ info: { kernel, params, constants } }: Pick<Found, 'info'>) =>
  JSON.stringify([kernel.name, params, constants]);

function distinct(tapes: Partial<Record<'step' | 'token', Tape>>): Found[] {
  const found = new Map<string, Found>();
  for (const [kind, tape] of Object.entries(tapes) as ['step' | 'token', Tape][]) {
    for (const info of tape.describe()) {
      if (!info) continue;
      const key = keyOf({ info });
      const entry = found.get(key) ?? { info, step: 0, token: 0 };
      entry[kind]++;
      found.set(key, entry);
    }
  }
  return [...found.values()];
}

/** A tape of one dispatch on buffers of its own. */
async function contestant(
  gpu: Gpu,
  kernel: Kernel,
  params: Values,
  constants: Values,
): Promise<{ entry: Contestant; free: () => void }> {
  const bound = boundOf({ kernel, constants });
  // Decoding is measured at the middle of the sequence, and the sampler moves on by itself.
  const start = { pos: Math.floor((params['T'] ?? 0) / 2) };
  const views: Record<string, View> = {};
  const changed: (() => void)[] = [];
  for (const [name, binding] of bound) {
    const contents = contentsOf(name, binding, params, start);
    const view = gpu.upload(name, contents);
    views[name] = view;
    if (binding.access === 'inout') changed.push(() => gpu.write(view, contents));
  }
  const tape = new Tape(gpu, kernel.name);
  tape.dispatch(kernel, params, views, constants);
  await tape.finish();
  const reset = () => {
    for (const write of changed) write();
  };
  const most = kernel.name === 'sample_token' ? Math.floor(params['R']! / 2) : 4096;
  return {
    entry: { tape, reset, most },
    free: () => {
      tape.free();
      gpu.free(...Object.values(views));
    },
  };
}

/** Bytes of all buffers that a dispatch binds. */
const sizeOf = ({ kernel, constants, params }: DispatchInfo) =>
  boundOf({ kernel, constants }).reduce(
    (sum, [, binding]) => sum + bytesOfBinding(binding, params),
    0,
  );

/** A kernel, the probes and the naive variant in turn, so that all meet the same machine. */
async function measure(
  gpu: Gpu,
  { info, step, token }: Found,
  { flops, bandwidth }: Probes,
): Promise<KernelResult> {
  const { kernel, params, constants } = info;
  const ours = await contestant(gpu, kernel, params, constants);
  const opponent = opponentOf(info);
  const naive = opponent && (await contestant(gpu, opponent.kernel, params, opponent.constants));
  const entries = [ours.entry, flops.entry, bandwidth.entry, ...(naive ? [naive.entry] : [])];
  const [ms, flopsMs, bandwidthMs, naiveMs] = await race(gpu, entries, SAMPLE_MS);
  const peak = {
    gflops: flops.rate(flopsMs!.median),
    gbps: bandwidth.rate(bandwidthMs!.median),
  };
  ours.free();
  naive?.free();
  return {
    kernel: kernel.name,
    params,
    constants,
    times: { step, token },
    ms: ms!,
    peak,
    ...rateOf(info, 1000 * ms!.median, peak),
    naive:
      opponent && naiveMs
        ? { name: opponent.name, ms: naiveMs, ratio: naiveMs.median / ms!.median }
        : null,
  };
}

/** Measures all kernels of a set; `report` is told which one is next. */
export async function measureKernels(
  gpu: Gpu,
  set: KernelSet,
  probes: Probes,
  report: (what: string) => void,
): Promise<KernelResult[]> {
  const all = set === SQUARES ? squares(gpu) : await recordedBy(gpu, CONFIGS[set]);
  const most = MOST_BYTES[gpu.adapter.is_fallback ? 'software' : 'gpu'];
  const found = all.filter(({ info }) => sizeOf(info) <= most);
  const results: KernelResult[] = [];
  for (const entry of found) {
    report(`${entry.info.kernel.name}, ${results.length + 1} of ${found.length}`);
    results.push(await measure(gpu, entry, probes));
  }
  return results;
}
