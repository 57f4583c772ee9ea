/**
 * What every stage is given: the GPU, the settings, and where its numbers go. A stage knows no
 * page and no database; whoever runs it decides what a metric or a checkpoint becomes.
 */
import type { Settings } from '../config/fields';
import type { Training } from '../config/stages';
import type { Gpu } from '../gpu/device';
import type { GptConfig } from '../nn/layout';
import type { Tokenizer } from '../text/tokenizer/tokenizer';

/** One logged step's numbers by the names of RLHF.md; `step` is added by the caller. */
export type Metrics = Readonly<Record<string, number>>;

/** What a training needs to go on bit for bit where it stopped. */
export interface Checkpoint {
  readonly training: Training;
  /** Optimizer updates (or PPO iterations) that are done. */
  readonly step: number;
  /** Whole arenas by role: weights, m, v, … */
  readonly arenas: Readonly<Record<string, Float32Array>>;
  /** Everything else, as plain data. */
  readonly state: Readonly<Record<string, number>>;
}

/** An answer shown beside a curve. */
export interface ShownSample {
  readonly prompt: string;
  readonly completion: string;
}

/** A file of the trace: tensors and metadata, by its path below `trace/`. */
export interface TraceTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
export interface TraceSink {
  /** Optimizer updates of each training to write. */
  readonly updates: number;
  write(
    path: string,
    tensors: Readonly<Record<string, TraceTensor>>,
    metadata: Readonly<Record<string, string | number>>,
  ): void;
}

export interface StageContext {
  readonly gpu: Gpu;
  /** Read at each step, so that a change takes hold while a stage runs. */
  readonly settings: Readonly<Settings>;
  readonly seed: number;
  readonly model: GptConfig;
  readonly tokenizer: Tokenizer;
  /** Tokens of the longest prompt in the data. */
  readonly promptTokens: number;
  readonly trace: TraceSink | undefined;
  /** Whether somebody watches this very step: what it costs to show all of it may be paid. */
  watched(): boolean;
  /** Prompts whose answers are shown beside the curves. */
  readonly shown: readonly string[];
  /** `tokens` counts what was trained on or sampled since the last call. */
  progress(phase: string, done: number, total: number, tokens?: number): void;
  /** Sampling that was done: response tokens and the seconds they took. */
  sampled(work: { readonly tokens: number; readonly seconds: number }): void;
  metrics(training: Training, step: number, metrics: Metrics): void;
  samples(training: Training, step: number, samples: readonly ShownSample[]): void;
  log(message: string): void;
  /**
   * Between two steps: a checkpoint is taken when one is due, and a pause takes hold here.
   * @returns whether the training shall end here, with what it has learned
   * @throws {Paused} after saving, when somebody has asked for a pause
   */
  boundary(save: () => Promise<Checkpoint>): Promise<boolean>;
  /** The step that the training would go on from if it ended here; 0 is its beginning. */
  kept(training: Training): number;
  /** For work that is repeated rather than resumed. @throws {Paused} when asked for a pause */
  breathe(): Promise<void>;
}

/** A stage that stopped at a boundary because it was asked to. */
export class Paused extends Error {
  override readonly name = 'Paused';
}

/** A guard that ended a training: the message says which and why. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

/** Different seeds for different uses of one experiment's seed. */
export const SEEDS = {
  weights: 11,
  windows: 23,
  sft: 37,
  sft_for_rl: 41,
  scoreHead: 53,
  rankings: 67,
  labels: 71,
  reward: 83,
  ppoPrompts: 97,
  ppoRollouts: 101,
  ppoMinibatches: 103,
  ppoPtx: 107,
  evaluate: 127,
  shown: 131,
  sftChoice: 137,
  bestOfN: 139,
  labelShares: 149,
  modelSizes: 151,
} as const;

/** The seed of one use (unsigned 32 bit). */
export function seedFor(ctx: Pick<StageContext, 'seed'>, use: keyof typeof SEEDS): number {
  return (Math.imul(ctx.seed, 1_000_003) + SEEDS[use]) >>> 0;
}
