/** The page behind `npm run bench`: measures what it is asked for, piece by piece. */
import { Gpu } from '../src/gpu/device';
import { measurePeak } from '../src/kernels/peak';
import type { Peak } from '../src/kernels/work';
import { CONFIGS, type ConfigName } from './configs';
import { type Contestants, contestants } from './contestants';
import { type KernelResult, measureKernels } from './kernels';
import { measureSteps, type StepsResult } from './steps';

export interface BenchPage {
  adapter(): Promise<{ name: string; is_fallback: boolean; userAgent: string }>;
  peak(): Promise<Peak>;
  kernels(config: ConfigName): Promise<KernelResult[]>;
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
let peak: Promise<Peak> | undefined;
let workers: Contestants | undefined;
let doing = '';

function gpu(): Promise<Gpu> {
  opened ??= Gpu.open();
  return opened;
}

const tell = (what: string) => (done: number, total: number) => {
  doing = `${what}: ${done} of ${total}`;
};

window.pocketRlhfBench = {
  async adapter() {
    const { vendor, architecture, description, is_fallback } = (await gpu()).adapter;
    const name = description || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
    return { name, is_fallback, userAgent: navigator.userAgent };
  },
  peak() {
    doing = 'peaks of the adapter';
    peak ??= gpu().then(measurePeak);
    return peak;
  },
  async kernels(config) {
    return measureKernels(
      await gpu(),
      CONFIGS[config],
      await this.peak(),
      tell(`${config} kernels`),
    );
  },
  async steps(config) {
    workers ??= contestants();
    return measureSteps(CONFIGS[config], workers, (what) => {
      doing = `${config} steps: ${what}`;
    });
  },
  progress: () => doing,
};
