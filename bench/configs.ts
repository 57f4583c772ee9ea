/** The models that are measured. */
import type { BenchConfig } from '../src/hooks/benchApi';

const config = (
  n_layer: number,
  n_embd: number,
  n_head: number,
  n_positions: number,
  vocab_size: number,
  batch = 8,
): BenchConfig => ({ n_layer, n_embd, n_head, n_positions, vocab_size, batch });

export const CONFIGS = {
  tiny: config(2, 64, 4, 64, 512),
  small: config(4, 128, 4, 128, 1024),
  nano: config(2, 64, 4, 64, 512),
  micro: config(4, 128, 4, 128, 1024),
  mini: config(6, 256, 8, 256, 2048),
  // GPT-2 124 M on one window of 256 tokens, so that a software adapter comes to an end.
  gpt2: config(12, 768, 12, 256, 50257, 1),
} as const;

export type ConfigName = keyof typeof CONFIGS;

/** Square products beside the models' kernels: what a matmul is usually judged by. */
export const SQUARES = 'squares';
export type KernelSet = ConfigName | typeof SQUARES;
/** Their sides; a software adapter is spared the largest. */
export const SQUARE_SIDES = { software: [512, 1024], gpu: [512, 1024, 2048, 4096] } as const;
