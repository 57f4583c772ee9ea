/** The page behind `npm run bench`: measures what it is asked for, piece by piece. */
import type { Gpu } from '../src/gpu/device';
import { race } from '../src/gpu/timing';
import { openProbes, type Probes, peakOf } from '../src/kernels/peak';
import { openGpu } from '../src/kernels/trust';
import type { Peak } from '../src/kernels/work';
import { CONFIGS, type ConfigName, type KernelSet } from './configs';
import { type Contestants, contestants, type Peer } from './contestants';
import { type KernelResult, measureKernels, stepOperations } from './kernels';
import { measureSteps, type StepsResult } from './steps';

export interface BenchPage {
  adapter(): Promise<{ name: string; is_fallback: boolean; userAgent: string }>;
  peak(): Promise<Peak>;
  kernels(set: KernelSet): Promise<KernelResult[]>;
  steps(config: ConfigName, peers: readonly Peer[]): Promise<StepsResult>;
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

function openedProbes(): Promise<Probes> {
  if (!probes) doing = 'peaks of the adapter';
  probes ??= gpu().then(openProbes);
  return probes;
}

window.pocketRlhfBench = {
  async adapter() {
    const { vendor, architecture, description, is_fallback } = (await gpu()).adapter;
    const name = description || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
    return { name, is_fallback, userAgent: navigator.userAgent };
  },
  async peak() {
    return peakOf(await openedProbes());
  },
  async kernels(set) {
    return measureKernels(await gpu(), set, await openedProbes(), (what) => {
      doing = `${set} kernels: ${what}`;
    });
  },
  async steps(name, peers) {
    const config = CONFIGS[name];
    const { flops } = await openedProbes();
    workers ??= contestants();
    return measureSteps(workers, {
      config,
      operations: await stepOperations(await gpu(), config),
      peers,
      probe: async () => {
        const [ms] = await race(await gpu(), [flops.entry]);
        return flops.rate(ms!.median);
      },
      report: (what) => {
        doing = `${name} steps: ${what}`;
      },
    });
  },
  progress: () => doing,
};
