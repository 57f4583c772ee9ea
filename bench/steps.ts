/**
 * Whole training and sampling steps, ours and jax-js's in turn: the same weights, ids and
 * hyperparameters, each in a worker of its own. Losses are compared before any time is.
 */
import { type Remote, wrap } from 'comlink';
import { type Spread, spreadOf } from '../src/gpu/spread';
import type { BenchApi, BenchConfig, Counts, TrainAnswer } from '../src/hooks/benchApi';
import { initialWeights } from '../src/nn/init';
import { layoutOf, namedTensors } from '../src/nn/layout';

export interface TrainResult {
  readonly ms: Spread;
  readonly tokensPerSecond: number;
  /** With all steps queued before the first loss is read. */
  readonly queuedTokensPerSecond: number;
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

export interface Pair<Result> {
  readonly ours: Result;
  readonly jax: Result;
  /** Ours over jax-js, by the medians of tokens a second. */
  readonly ratio: number;
}

export interface StepsResult {
  readonly config: BenchConfig;
  readonly train: Pair<TrainResult>;
  /** Largest relative difference of the two loss curves. */
  readonly lossDifference: number;
  readonly sample: Pair<SampleResult>;
}

type Contestant = Remote<Pick<BenchApi, 'trainBench' | 'sampleBench'>>;

const ROUNDS = 3;
/** Steps of a round, behind one that warms up. */
const STEPS = 5;
/** Two f32 trainings of a few steps may part by this much, and no more. */
const MOST_DIFFERENCE = 1e-3;

const start = (worker: Worker): Contestant => wrap(worker) as unknown as Contestant;

/** The two contestants, each with its own device. */
export function contestants() {
  return {
    ours: start(
      new Worker(new URL('../workers/bench.worker.ts', import.meta.url), { type: 'module' }),
    ),
    jax: start(new Worker(new URL('./jax/jax.worker.ts', import.meta.url), { type: 'module' })),
  };
}

const NAMES = ['ours', 'jax'] as const;

export async function measureSteps(
  config: BenchConfig,
  workers: ReturnType<typeof contestants>,
  report: (done: number, total: number) => void,
): Promise<StepsResult> {
  const layout = layoutOf(config, 'lm');
  const weights = namedTensors(layout, initialWeights(layout, 1));
  const { batch: B, n_positions: T, vocab_size: V } = config;
  const inputIds = Int32Array.from({ length: B * T }, (_, n) => (n * 7919 + (n % 13)) % V);
  const targets = inputIds.map((_, n) => inputIds[(n + 1) % inputIds.length]!);
  let done = 0;
  const told = () => report(++done, 2 * (3 * ROUNDS + 1));

  const train = async (name: (typeof NAMES)[number], drain: 'step' | 'end') => {
    const answer = await workers[name].trainBench({
      config,
      weights,
      inputIds,
      targets,
      steps: STEPS + 1,
      drain,
      lr: 1e-3,
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-8,
      weight_decay: 0.1,
      max_grad_norm: 1,
    });
    told();
    return answer;
  };
  const sample = async (name: (typeof NAMES)[number]) => {
    const answer = await workers[name].sampleBench({
      config,
      weights,
      prompts: new Int32Array(B),
      promptLength: 1,
      newTokens: T - 1,
      temperature: 1,
      top_k: 0,
      seed: 1,
    });
    told();
    return answer;
  };

  const stepped = { ours: [] as TrainAnswer[], jax: [] as TrainAnswer[] };
  const queued = { ours: [] as TrainAnswer[], jax: [] as TrainAnswer[] };
  const speeds = { ours: [] as number[], jax: [] as number[] };
  const counts = { ours: undefined as Counts | undefined, jax: undefined as Counts | undefined };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) stepped[name].push(await train(name, 'step'));
    if (round === 0) compareLosses(stepped.ours[0]!.losses, stepped.jax[0]!.losses);
    for (const name of NAMES) queued[name].push(await train(name, 'end'));
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of NAMES) {
      const answer = await sample(name);
      // The first call compiles.
      if (round < 0) continue;
      speeds[name].push((B * (T - 1) * 1000) / answer.ms);
      counts[name] = answer;
    }
  }

  const trained = (name: (typeof NAMES)[number]): TrainResult => {
    const ms = spreadOf(stepped[name].flatMap(({ stepMs }) => stepMs.slice(1)));
    const [few] = stepped[name];
    const block = spreadOf(queued[name].map(({ blockMs }) => blockMs / (STEPS + 1))).median;
    return {
      ms,
      tokensPerSecond: (B * T * 1000) / ms.median,
      queuedTokensPerSecond: (B * T * 1000) / block,
      dispatches: few!.dispatches / (STEPS + 1),
      submits: few!.submits / (STEPS + 1),
      readbacks: few!.readbacks / (STEPS + 1),
      bindGroups: few!.bindGroups / (STEPS + 1),
      bytes: few!.bytes,
      losses: few!.losses,
    };
  };
  const sampled = (name: (typeof NAMES)[number]): SampleResult => {
    const { dispatches, submits, readbacks } = counts[name]!;
    return {
      tokensPerSecond: spreadOf(speeds[name]),
      dispatches: dispatches / (T - 1),
      submits: submits / (T - 1),
      readbacks: readbacks / (T - 1),
    };
  };
  const training = { ours: trained('ours'), jax: trained('jax') };
  const sampling = { ours: sampled('ours'), jax: sampled('jax') };
  return {
    config,
    train: { ...training, ratio: training.ours.tokensPerSecond / training.jax.tokensPerSecond },
    lossDifference: difference(training.ours.losses, training.jax.losses),
    sample: {
      ...sampling,
      ratio: sampling.ours.tokensPerSecond.median / sampling.jax.tokensPerSecond.median,
    },
  };
}

const difference = (ours: readonly number[], theirs: readonly number[]) =>
  Math.max(...ours.map((loss, step) => Math.abs(loss / theirs[step]! - 1)));

/** @throws when the two do not train the same model on the same ids */
function compareLosses(ours: readonly number[], theirs: readonly number[]): void {
  const apart = difference(ours, theirs);
  if (apart <= MOST_DIFFERENCE) return;
  throw new Error(
    `The contestants do not do the same work: losses ${ours.join(', ')} and ${theirs.join(', ')}.`,
  );
}
