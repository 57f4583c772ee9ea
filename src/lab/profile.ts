/** Profiles a step of an experiment for the Kernels lens: every dispatch, timed, named and judged. */
import type { Gpu } from '../gpu/device';
import { profileTape } from '../gpu/profiler';
import type { DispatchInfo } from '../gpu/tape';
import { KERNELS } from '../kernels';
import { measurePeak } from '../kernels/peak';
import { flopsOf, type Peak, rateOf, trafficOf } from '../kernels/work';
import { nameOf } from '../nn/names';
import type { DispatchProfile, KernelSource, ProfiledStep, StepProfile } from './profile_api';
import { type RecordedStep, recordStep, type StepInputs } from './profiled_steps';
import type { Session } from './session';

/** The peaks of a device, measured once. */
const peaks = new WeakMap<Gpu, Promise<Peak>>();

function peakOf(gpu: Gpu): Promise<Peak> {
  const known = peaks.get(gpu);
  if (known) return known;
  const measuring = measurePeak(gpu);
  peaks.set(gpu, measuring);
  measuring.catch(() => peaks.delete(gpu));
  return measuring;
}

/** What the steps of an open experiment are recorded from. */
export function inputsOf(
  { experiment, material, runner }: Pick<Session, 'experiment' | 'material' | 'runner'>,
  gpu: Gpu,
): StepInputs {
  const { model, settings, promptTokens } = runner.context(gpu, undefined);
  const { models } = experiment;
  return { gpu, model, settings, models, corpus: material.corpus.train, promptTokens };
}

/** @param report called with the share that is done, from 0 to 1 */
export async function profileStep(
  step: ProfiledStep,
  inputs: StepInputs,
  report: (share: number) => void = () => {},
): Promise<StepProfile> {
  const { gpu } = inputs;
  const peak = await peakOf(gpu);
  const recorded = await recordStep(step, inputs);
  try {
    const { tape, before, most, shape } = recorded;
    const { method, us } = await profileTape(gpu, tape, {
      ...(before ? { before } : {}),
      ...(most ? { most } : {}),
      report: (done, total) => report(done / total),
    });
    const dispatches = tape
      .describe()
      .flatMap((info, index) => (info ? [judged(info, us[index]!, recorded, peak)] : []));
    return {
      step,
      adapter: gpu.adapter.description || 'an unnamed adapter',
      method,
      peak,
      shape,
      dispatches,
    };
  } finally {
    recorded.free();
  }
}

function judged(
  info: DispatchInfo,
  us: number,
  recorded: RecordedStep,
  peak: Peak,
): DispatchProfile {
  const { kernel, params, constants, grid } = info;
  const writes = whatIsWritten(info, recorded);
  return {
    kernel: kernel.name,
    writes,
    phase: phaseOf(kernel.name, writes),
    params,
    constants,
    grid: [grid[0], grid[1] ?? 1, grid[2] ?? 1],
    us,
    flops: flopsOf(info),
    ...trafficOf(info),
    ...rateOf(info, us, peak),
  };
}

/** What a dispatch writes (its `out`, or else the first), by its tensor's or temporary's name. */
function whatIsWritten({ kernel, slots }: DispatchInfo, { tape, arenas }: RecordedStep): string {
  const bindings = Object.entries(kernel.bindings);
  const written = bindings.flatMap(([name, { access }], at) =>
    access === 'in' || !slots[at] ? [] : [{ name, slot: slots[at] }],
  );
  const slot = (written.find(({ name }) => name === 'out') ?? written[0])?.slot;
  return slot ? nameOf(slot, tape, arenas).replace(/(^| )transformer\./, '$1') : '';
}

/** Where in a step a dispatch stands, by what it computes. */
function phaseOf(kernel: string, writes: string): DispatchProfile['phase'] {
  if (/adamw|grad_norm/.test(kernel)) return 'optimizer';
  const backward = /backward|_tn|token_sort/.test(kernel) || /^∂|\.dx$|^d[a-z]+$/.test(writes);
  return backward ? 'backward' : 'forward';
}

/** The WGSL of a kernel, as it stands in the repository. @throws for a name that no kernel has */
export function kernelSource(name: string): KernelSource {
  const kernel = KERNELS.get(name);
  if (!kernel) throw new Error(`There is no kernel '${name}'.`);
  return { file: `shaders/${name}.wgsl`, code: kernel.code };
}
