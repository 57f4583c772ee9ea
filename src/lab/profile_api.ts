/** What the Kernels lens shows: plain data, as it crosses the worker's boundary. */
import type { TimingMethod } from '../gpu/profiler';
import type { Peak } from '../kernels/work';

/** The steps that can be profiled, each recorded as its stage records it. */
export const PROFILED_STEPS = ['train', 'reward', 'ppo', 'sample'] as const;
export type ProfiledStep = (typeof PROFILED_STEPS)[number];

/** One dispatch of a step. */
export interface DispatchProfile {
  /** Its shader: `shaders/<kernel>.wgsl`. */
  readonly kernel: string;
  /** What it writes: 'h.0.mlp.c_fc.out', '∂ h.1.attn.c_attn.weight'. */
  readonly writes: string;
  readonly phase: 'forward' | 'backward' | 'optimizer';
  readonly params: Readonly<Record<string, number>>;
  readonly constants: Readonly<Record<string, number>>;
  /** Workgroups. */
  readonly grid: readonly [number, number, number];
  readonly us: number;
  /** Floating-point operations; 0 where memory alone counts. */
  readonly flops: number;
  /** Bytes. */
  readonly read: number;
  readonly written: number;
  readonly gflops: number;
  readonly gbps: number;
  /** Of the peak that binds it, from 0. */
  readonly share: number;
  readonly boundBy: 'arithmetic' | 'memory';
}

export interface StepProfile {
  readonly step: ProfiledStep;
  readonly adapter: string;
  readonly method: TimingMethod;
  readonly peak: Peak;
  /** Sequences and positions of the step, in words. */
  readonly shape: string;
  readonly dispatches: readonly DispatchProfile[];
}

/** A kernel's source and what it says of itself. */
export interface KernelSource {
  readonly file: string;
  readonly code: string;
}
