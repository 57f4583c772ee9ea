/** The page behind `npm run bench`: measures what it is asked for, piece by piece. */
import type { Gpu } from '../src/gpu/device';
import { openProbes, type Probes, peakOf } from '../src/kernels/peak';
import { openGpu } from '../src/kernels/trust';
import type { Peak } from '../src/kernels/work';
import { CONFIGS, type ConfigName, type KernelSet } from './configs';
import { type Contestants, contestants } from './contestants';
import { type KernelResult, measureKernels } from './kernels';
import { measureSteps, type StepsResult } from './steps';

export interface BenchPage {
  adapter(): Promise<{ name: string; is_fallback: boolean; userAgent: string }>;
  peak(): Promise<Peak>;
  kernels(set: KernelSet): Promise<KernelResult[]>;
  steps(config: ConfigName): Promise<StepsResult>;
  /** What is going on, in words. */
  progress(): string;
}

declare global {
  interface Window {
    pocketRlhfBench: BenchPage;
  }
}

let opened: Promise<Gpu> | undefined;
let probes: Promise<Probes> | undefined;
let workers: Contestants | undefined;
let doing = '';

function gpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

window.pocketRlhfBench = {
  async adapter() {
    const { vendor, architecture, description, is_fallback } = (await gpu()).adapter;
    const name = description || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
    return { name, is_fallback, userAgent: navigator.userAgent };
  },
  async peak() {
    doing = 'peaks of the adapter';
    probes ??= gpu().then(openProbes);
    return peakOf(await probes);
  },
  async kernels(set) {
    probes ??= gpu().then(openProbes);
    return measureKernels(await gpu(), set, await probes, (what) => {
      doing = `${set} kernels: ${what}`;
    });
  },
  async steps(config) {
    workers ??= contestants();
    return measureSteps(CONFIGS[config], workers, (what) => {
      doing = `${config} steps: ${what}`;
    });
  },
  progress: () => doing,
};
