/** The models that are measured. */
import type { BenchConfig } from '../src/hooks/benchApi';

const config = (
  n_layer: number,
  n_embd: number,
  n_head: number,
  n_positions: number,
  vocab_size: number,
): BenchConfig => ({ n_layer, n_embd, n_head, n_positions, vocab_size, batch: 8 });

export const CONFIGS = {
  tiny: config(2, 64, 4, 64, 512),
  small: config(4, 128, 4, 128, 1024),
  nano: config(2, 64, 4, 64, 512),
  micro: config(4, 128, 4, 128, 1024),
  mini: config(6, 256, 8, 256, 2048),
} as const;

export type ConfigName = keyof typeof CONFIGS;
