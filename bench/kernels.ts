/** The kernels of a training step and of a decoded token, in the variants and shapes of a model. */
import type { Gpu, View } from '../src/gpu/device';
import type { Kernel, Values } from '../src/gpu/kernel';
import type { Spread } from '../src/gpu/spread';
import { type DispatchInfo, Tape } from '../src/gpu/tape';
import { type Contestant, race } from '../src/gpu/timing';
import type { BenchConfig } from '../src/hooks/benchApi';
import { boundOf, type Peak, type Rate, rateOf } from '../src/kernels/work';
import { ADAMW } from '../src/nn/adamw';
import { initialWeights } from '../src/nn/init';
import { layoutOf } from '../src/nn/layout';
import { Sampler } from '../src/nn/sampler';
import { LmTrainer } from '../src/nn/trainer';
import { Weights } from '../src/nn/weights';
import { contentsOf } from './inputs';
import { opponentOf } from './naive';

export interface KernelResult extends Rate {
  readonly kernel: string;
  readonly params: Values;
  readonly constants: Values;
  /** How often a training step, or a decoded token, dispatches it. */
  readonly times: { readonly step: number; readonly token: number };
  /** Milliseconds of one dispatch. */
  readonly ms: Spread;
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

/** Every distinct dispatch that the model's trainer and sampler record. */
async function recordedBy(gpu: Gpu, config: BenchConfig): Promise<Found[]> {
  const layout = layoutOf(config, 'lm');
  const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 1));
  const trainer = await LmTrainer.make(
    gpu,
    weights,
    { B: config.batch, T: config.n_positions, dropout: 0, seed: 0, adamw: ADAMW },
    () => {},
  );
  const sampler = await Sampler.make(gpu, weights, {
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
  const found = new Map<string, Found>();
  for (const [tape, kind] of [
    [trainer.recorded, 'step'],
    [sampler.recorded, 'token'],
  ] as const) {
    for (const info of tape.describe()) {
      if (!info) continue;
      const key = JSON.stringify([info.kernel.name, info.params, info.constants]);
      const entry = found.get(key) ?? { info, step: 0, token: 0 };
      entry[kind]++;
      found.set(key, entry);
    }
  }
  trainer.free();
  sampler.free();
  gpu.free(weights.arena);
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

async function measure(gpu: Gpu, { info, step, token }: Found, peak: Peak): Promise<KernelResult> {
  const { kernel, params, constants } = info;
  const ours = await contestant(gpu, kernel, params, constants);
  const opponent = opponentOf(info);
  const naive = opponent && (await contestant(gpu, opponent.kernel, params, opponent.constants));
  const [ms, naiveMs] = await race(gpu, naive ? [ours.entry, naive.entry] : [ours.entry]);
  ours.free();
  naive?.free();
  return {
    kernel: kernel.name,
    params,
    constants,
    times: { step, token },
    ms: ms!,
    ...rateOf(info, 1000 * ms!.median, peak),
    naive:
      opponent && naiveMs
        ? { name: opponent.name, ms: naiveMs, ratio: naiveMs.median / ms!.median }
        : null,
  };
}

/** Measures them all; `report` gets each as it is done. */
export async function measureKernels(
  gpu: Gpu,
  config: BenchConfig,
  peak: Peak,
  report: (done: number, total: number) => void,
): Promise<KernelResult[]> {
  const found = await recordedBy(gpu, config);
  const results: KernelResult[] = [];
  for (const entry of found) {
    results.push(await measure(gpu, entry, peak));
    report(results.length, found.length);
  }
  return results;
}
