/**
 * Whole training and sampling steps, ours and the peers' in turn: the same weights, ids and
 * hyperparameters, each in a worker of its own. Losses are compared before any time is; a peer that
 * cannot do the work, or does other work, is left out with a sentence that says so.
 */
import { type Spread, spreadOf } from '../src/gpu/spread';
import type { BenchConfig, SampleAnswer, TrainAnswer } from '../src/hooks/benchApi';
import { initialWeights } from '../src/nn/init';
import { layoutOf, namedTensors } from '../src/nn/layout';
import { type Contestants, type Name, PEERS, type Peer } from './contestants';
import {
  type Plan,
  planOf,
  type SampleResult,
  sampledOf,
  type TrainResult,
  trainedOf,
} from './plan';

export interface StepsResult {
  readonly config: BenchConfig;
  /** Floating-point operations of a training step, as our kernels' tables count them. */
  readonly operations: number;
  /** Thousand millions of operations a second that the probe reached in turn with the steps. */
  readonly peakGflops: Spread;
  readonly train: Readonly<Partial<Record<Name, TrainResult>>>;
  readonly sample: Readonly<Partial<Record<Name, SampleResult>>>;
  /** Ours over each peer, by the medians of tokens a second. */
  readonly ratios: Readonly<Partial<Record<Peer, { train: number; sample: number }>>>;
  /** Largest relative difference of a peer's losses from ours. */
  readonly lossDifferences: Readonly<Partial<Record<Peer, number>>>;
  /** Why a peer was left out. */
  readonly leftOut: Readonly<Partial<Record<Peer, string>>>;
}

/** Two f32 trainings of a few steps may part by this much, and no more. */
const MOST_DIFFERENCE = 1e-3;
/** Steps that compile, warm up and are compared. */
const COMPARED = 3;
/** Tokens that compile and warm up. */
const WARMED = 4;

interface Runs {
  readonly plan: Plan;
  readonly stepped: TrainAnswer[];
  readonly queued: TrainAnswer[];
  readonly sampled: SampleAnswer[];
}

/** What is measured, and with whom. */
export interface StepsRequest {
  readonly config: BenchConfig;
  /** Floating-point operations of a training step. */
  readonly operations: number;
  /** Who takes part beside ours. */
  readonly peers: readonly Peer[];
  /** Runs the probe of the arithmetic peak, in turn with the steps. @returns GFLOP/s */
  readonly probe: () => Promise<number>;
  /** Is told what is next. */
  readonly report: (what: string) => void;
}

export async function measureSteps(
  workers: Contestants,
  { config, operations, peers, probe, report }: StepsRequest,
): Promise<StepsResult> {
  const call = callsFor(config, workers);
  const runs = new Map<Name, Runs>();
  const peaks: number[] = [];
  const leftOut: Partial<Record<Peer, string>> = {};
  let ours: TrainAnswer | undefined;
  for (const name of ['ours', ...peers] as const) {
    report(`${name} warms up`);
    try {
      const first = await call.train(name, COMPARED, 'step');
      ours ??= first;
      compareLosses(ours.losses, first.losses);
      const sample = await call.sample(name, WARMED);
      runs.set(name, { plan: planOf(first, sample, config), stepped: [], queued: [], sampled: [] });
    } catch (cause) {
      if (name === 'ours') throw cause;
      leftOut[name] = cause instanceof Error ? cause.message : String(cause);
    }
  }
  const rounds = Math.max(...[...runs.values()].map(({ plan }) => plan.rounds));
  for (let round = 0; round < rounds; round++) {
    report(`round ${round + 1} of ${rounds}`);
    const inTurn = [...runs].filter(([, { plan }]) => round < plan.rounds);
    for (const [name, { plan, stepped }] of inTurn) {
      peaks.push(await probe());
      stepped.push(await call.train(name, plan.steps + 1, 'step'));
    }
    for (const [name, { plan, queued }] of inTurn) {
      queued.push(await call.train(name, plan.queued, 'end'));
    }
    for (const [name, { plan, sampled }] of inTurn) {
      sampled.push(await call.sample(name, plan.tokens));
    }
  }
  const peakGflops = spreadOf(peaks);
  return { ...resultsOf(config, runs, { operations, peakGflops }), leftOut };
}

function resultsOf(
  config: BenchConfig,
  runs: ReadonlyMap<Name, Runs>,
  { operations, peakGflops }: Pick<StepsResult, 'operations' | 'peakGflops'>,
): Omit<StepsResult, 'leftOut'> {
  const work = { operations, peakGflops: peakGflops.median };
  const train: Partial<Record<Name, TrainResult>> = {};
  const sample: Partial<Record<Name, SampleResult>> = {};
  for (const [name, { plan, stepped, queued, sampled }] of runs) {
    train[name] = trainedOf(config, plan, work, stepped, queued);
    sample[name] = sampledOf(config, plan, sampled);
  }
  const ratios: Partial<Record<Peer, { train: number; sample: number }>> = {};
  const lossDifferences: Partial<Record<Peer, number>> = {};
  for (const peer of PEERS) {
    if (!train[peer] || !sample[peer]) continue;
    ratios[peer] = {
      train: train.ours!.tokensPerSecond / train[peer].tokensPerSecond,
      sample: sample.ours!.tokensPerSecond.median / sample[peer].tokensPerSecond.median,
    };
    lossDifferences[peer] = spreadOf(differences(train.ours!.losses, train[peer].losses)).max;
  }
  return { config, operations, peakGflops, train, sample, ratios, lossDifferences };
}

/** The one request that every contestant gets. */
function callsFor(config: BenchConfig, workers: Contestants) {
  const layout = layoutOf(config, 'lm');
  const weights = namedTensors(layout, initialWeights(layout, 1));
  const { batch: B, n_positions: T, vocab_size: V } = config;
  const inputIds = Int32Array.from({ length: B * T }, (_, n) => (n * 7919 + (n % 13)) % V);
  const targets = inputIds.map((_, n) => inputIds[(n + 1) % inputIds.length]!);
  return {
    train: (name: Name, steps: number, drain: 'step' | 'end') =>
      workers[name].trainBench({
        config,
        weights,
        inputIds,
        targets,
        steps,
        drain,
        lr: 1e-3,
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-8,
        weight_decay: 0.1,
        max_grad_norm: 1,
      }),
    sample: (name: Name, newTokens: number) =>
      workers[name].sampleBench({
        config,
        weights,
        prompts: new Int32Array(B),
        promptLength: 1,
        newTokens: Math.min(newTokens, T - 1),
        temperature: 1,
        top_k: 0,
        seed: 1,
      }),
  };
}

const differences = (ours: readonly number[], theirs: readonly number[]) =>
  ours.slice(0, theirs.length).map((loss, step) => Math.abs(loss / theirs[step]! - 1));

/** @throws when the two do not train the same model on the same ids */
export function compareLosses(ours: readonly number[], theirs: readonly number[]): void {
  if (differences(ours, theirs).every((difference) => difference <= MOST_DIFFERENCE)) return;
  throw new Error(
    `it does other work: losses ${theirs.join(', ')} against ours ${ours.join(', ')}`,
  );
}
