/** The record of an experiment that is about to begin. */
import type { ExperimentConfig } from '../config/experiment';
import type { GpuStatus } from './api';
import { estimateBytes } from './estimate';
import type { ExperimentRecord } from './parts';

export function newRecord(
  config: ExperimentConfig,
  name: string | undefined,
  status: GpuStatus,
): Omit<ExperimentRecord, 'version' | 'used'> {
  const { vendor, architecture, description, is_fallback } = status.ok
    ? status
    : { vendor: '', architecture: '', description: 'none', is_fallback: true };
  return {
    id: crypto.randomUUID(),
    name: name ?? `${config.preset}, seed ${config.seed}`,
    created: Date.now(),
    config,
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
      adapter: { vendor, architecture, description, is_fallback },
      browser: globalThis.navigator?.userAgent ?? '',
      seconds: {},
      memory: { estimated_bytes: estimateBytes(config.settings), peak_bytes: 0 },
      tokens_per_second: { train: 0, sample: 0 },
    },
  };
}
