/** How often each contestant runs, by how long it takes, and what its runs amount to. */
import { median, type Spread, spreadOf } from '../src/gpu/spread';
import type { BenchConfig, SampleAnswer, TrainAnswer } from '../src/hooks/benchApi';

export interface TrainResult {
  readonly ms: Spread;
  readonly tokensPerSecond: number;
  /** Thousand millions of a step's operations a second, as our kernels' tables count them for all. */
  readonly gflops: number;
  /** Of the arithmetic peak that was measured in turn. */
  readonly share: number;
  /** With all steps queued before the first loss is read. */
  readonly queuedTokensPerSecond: number;
  /** JavaScript's own time to queue a step, milliseconds. */
  readonly jsMs: Spread;
  /** Of one step. */
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
  readonly bindGroups: number;
  readonly bytes: number;
  readonly losses: readonly number[];
}

export interface SampleResult {
  readonly tokensPerSecond: Spread;
  /** Of one token of every sequence. */
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
}

export interface Plan {
  readonly rounds: number;
  /** Timed steps of a round, behind one that is not. */
  readonly steps: number;
  /** Steps that are queued at once. */
  readonly queued: number;
  /** Tokens sampled of every sequence in a round. */
  readonly tokens: number;
}

const ROUNDS = 3;
const MOST_STEPS = 5;
const MOST_QUEUED = 16;
/** Milliseconds that the timed steps, the queued ones and the sampling of a round may each take. */
const BUDGET_MS = 6000;
/** A contestant whose step takes longer has one round. */
const SLOW_MS = 6000;

/** From the steps and the tokens that warmed a contestant up. */
export function planOf(warm: TrainAnswer, sample: SampleAnswer, config: BenchConfig): Plan {
  // The first step and the first token compile.
  const ms = Math.min(...warm.stepMs.slice(1));
  const { n_positions: T, batch: B } = config;
  const tokenMs = sample.ms / (sample.tokens.length / B);
  const within = (most: number, each: number) =>
    Math.max(1, Math.min(most, Math.floor(BUDGET_MS / each)));
  return {
    rounds: ms > SLOW_MS ? 1 : ROUNDS,
    steps: within(MOST_STEPS, ms),
    queued: within(MOST_QUEUED, ms),
    tokens: Math.max(4, within(T - 1, tokenMs)),
  };
}

/** What a step computes, and what the adapter reached at most meanwhile. */
export interface StepWork {
  /** Floating-point operations of one training step. */
  readonly operations: number;
  /** Thousand millions of operations a second. */
  readonly peakGflops: number;
}

export function trainedOf(
  { batch: B, n_positions: T }: BenchConfig,
  { steps, queued: together }: Plan,
  { operations, peakGflops }: StepWork,
  stepped: readonly TrainAnswer[],
  queued: readonly TrainAnswer[],
): TrainResult {
  const ms = spreadOf(stepped.flatMap(({ stepMs }) => stepMs.slice(1)));
  const [first] = stepped;
  const each = (count: number) => count / (steps + 1);
  const gflops = operations / ms.median / 1e6;
  return {
    ms,
    tokensPerSecond: (B * T * 1000) / ms.median,
    gflops,
    share: gflops / peakGflops,
    queuedTokensPerSecond: (B * T * together * 1000) / median(queued.map(({ blockMs }) => blockMs)),
    jsMs: spreadOf(queued.map(({ jsMs }) => jsMs)),
    dispatches: each(first!.dispatches),
    submits: each(first!.submits),
    readbacks: each(first!.readbacks),
    bindGroups: each(first!.bindGroups),
    bytes: first!.bytes,
    losses: first!.losses,
  };
}

export function sampledOf(
  { batch: B }: BenchConfig,
  { tokens }: Plan,
  sampled: readonly SampleAnswer[],
): SampleResult {
  const [first] = sampled;
  return {
    tokensPerSecond: spreadOf(sampled.map(({ ms }) => (B * tokens * 1000) / ms)),
    dispatches: first!.dispatches / tokens,
    submits: first!.submits / tokens,
    readbacks: first!.readbacks / tokens,
  };
}
