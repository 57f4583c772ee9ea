/** The record of an experiment that is about to begin. */
import type { ExperimentConfig } from '../config/experiment';
import type { AdapterName } from '../gpu/device';
import type { GpuStatus } from './api';
import type { ExperimentRecord } from './parts';

/** The adapter of a GPU that is there, or a name for none. */
export function adapterOf(status: GpuStatus): AdapterName {
  if (!status.ok) return { vendor: '', architecture: '', description: 'none', is_fallback: true };
  const { vendor, architecture, description, is_fallback } = status;
  return { vendor, architecture, description, is_fallback };
}

export function newRecord(
  config: ExperimentConfig,
  name: string | undefined,
  status: GpuStatus,
): Omit<ExperimentRecord, 'version' | 'used'> {
  return {
    id: crypto.randomUUID(),
    name: name ?? `${config.preset}, seed ${config.seed}`,
    created: Date.now(),
    config,
    notes: '',
    made: {},
    stages: {
      base: 'ready',
      sft: 'missing',
      reward: 'missing',
      ppo: 'missing',
      evaluate: 'missing',
    },
    report: {
      ok: false,
      preset: config.preset,
      seed: config.seed,
      adapter: adapterOf(status),
      browser: globalThis.navigator?.userAgent ?? '',
      seconds: {},
      // Estimated when the session opens: it depends on the texts.
      memory: { estimated_bytes: 0, peak_bytes: 0 },
      tokens_per_second: { train: 0, sample: 0 },
    },
  };
}
