/**
 * GPU memory of a run, known before it: each training is recorded on a Gpu that only counts, so that
 * the number is what the same code will allocate. What counts is the largest training.
 */
import type { Settings } from '../config/fields';
import type { Gpu } from '../gpu/device';
import { type Place, type PlanningGpu, planningGpu } from '../gpu/plan';
import { Scratch } from '../gpu/scratch';
import { ADAMW } from '../nn/adamw';
import { configOf, type GptConfig, type Head, layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import { LmEvaluator } from '../rlhf/losses';
import { Rollout, type RolloutShape } from '../rlhf/ppo_rollout';
import { Updater } from '../rlhf/ppo_update';
import { RewardTrainer, rewardParts } from '../rlhf/reward_trainer';
import { recordScorer } from '../rlhf/scorer';

interface Sizes {
  readonly s: Readonly<Settings>;
  readonly model: GptConfig;
  /** Longest prompt and response. */
  readonly P: number;
  readonly R: number;
}

/** Sequences that the looks beside a training evaluate, sample and score at a time. */
const LOOK = { evaluated: 16, shown: 4, scored: 64 };

const ignore = () => {};

const weightsOf = (gpu: Gpu, { model }: Sizes, head: Head) =>
  Weights.zeros(gpu, layoutOf(model, head), head);

const sampling = ({ P, R }: Sizes, B: number, temperature: number) => ({
  ...{ B, P, R, temperature },
  ...{ topK: 0, topP: 1, eot: 0, pad: 0, stopAtEot: true },
});

/** Base and SFT: a trainer, and beside it held-out losses and a few samples. */
async function supervised(
  gpu: Gpu,
  sizes: Sizes,
  training: 'base' | 'sft' | 'sft_for_rl',
): Promise<void> {
  const { s } = sizes;
  const T = sizes.model.n_positions;
  const options = {
    B: s[`${training}.batch`],
    T,
    accumulate: s[`${training}.accumulate`],
    dropout: training === 'base' ? 0 : s[`${training}.dropout`],
    packed: training !== 'base',
  };
  const weights = weightsOf(gpu, sizes, 'lm');
  await LmTrainer.make(gpu, weights, { ...options, seed: 0, adamw: ADAMW }, ignore);
  await LmEvaluator.make(gpu, weights, LOOK.evaluated, T);
  await Sampler.make(gpu, weights, sampling(sizes, LOOK.shown, 1));
}

/** The reward model: a trainer over all completions of some prompts, and a scorer beside it. */
async function reward(gpu: Gpu, sizes: Sizes): Promise<void> {
  const { s } = sizes;
  const weights = weightsOf(gpu, sizes, 'score');
  const prompts = s['reward.prompts_per_batch'];
  const parts = rewardParts(prompts, s['reward.accumulate'], s['reward.k_max']);
  await RewardTrainer.make(gpu, weights, parts, ignore);
  await recordScorer(gpu, weights, LOOK.scored);
}

/** PPO-ptx: four models, an average, two optimizers, rollouts and their sampler. */
async function ppo(gpu: Gpu, sizes: Sizes): Promise<void> {
  const { s, model, P, R } = sizes;
  const [S, M, A] = [s['ppo.batch'], s['ppo.minibatch'], s['ppo.accumulate']];
  const shape: RolloutShape = { S, M, A, T: P + R, R };
  const models = {
    policy: weightsOf(gpu, sizes, 'lm'),
    reference: weightsOf(gpu, sizes, 'lm'),
    value: weightsOf(gpu, sizes, 'score'),
    reward: weightsOf(gpu, sizes, 'score'),
  };
  const average = weightsOf(gpu, sizes, 'lm').arena;
  const options = {
    temperature: s['ppo.temperature'],
    cliprange: s['ppo.cliprange'],
    cliprangeValue: s['ppo.cliprange_value'],
    vfCoef: s['ppo.vf_coef'],
    ptxCoef: s['ppo.ptx_coef'],
    emaDecay: s['ppo.ema'],
    gamma: s['ppo.gamma'],
    lam: s['ppo.lam'],
  };
  const X = options.ptxCoef > 0 ? Math.round(shape.M * s['ppo.ptx_ratio']) : 0;
  const ptx = { X, T: model.n_positions };
  const scratch = new Scratch(gpu, 'PPO temporaries');
  const rollout = await Rollout.make(gpu, models, shape, options, scratch);
  await Updater.make(gpu, models, rollout, shape, ptx, average, options, ignore, scratch);
  await Sampler.make(gpu, models.policy, sampling(sizes, shape.S, options.temperature), scratch);
}

/** How each training is recorded. */
const RECORD = {
  base: (gpu: Gpu, sizes: Sizes) => supervised(gpu, sizes, 'base'),
  sft: (gpu: Gpu, sizes: Sizes) => supervised(gpu, sizes, 'sft'),
  sft_for_rl: (gpu: Gpu, sizes: Sizes) => supervised(gpu, sizes, 'sft_for_rl'),
  reward,
  ppo,
};
export type Estimated = keyof typeof RECORD;
export const ESTIMATED = Object.keys(RECORD) as Estimated[];

/** What a run is planned for. */
export interface RunPlace extends Place {
  /** Tokens of the longest prompt; without it, as many as the context holds. */
  readonly promptTokens?: number;
}

/** One training, recorded on a Gpu that only counts. */
export async function rehearsed(
  training: Estimated,
  s: Readonly<Settings>,
  { promptTokens = Number.POSITIVE_INFINITY, ...place }: RunPlace,
): Promise<PlanningGpu> {
  const model = configOf(s);
  const R = s['ppo.response_length'];
  const sizes: Sizes = { s, model, P: Math.min(promptTokens, model.n_positions - R), R };
  const gpu = planningGpu(place);
  await RECORD[training](gpu, sizes);
  return gpu;
}

/** Bytes of GPU memory that one training holds at its peak. */
export async function trainingBytes(
  training: Estimated,
  s: Readonly<Settings>,
  place: RunPlace,
): Promise<number> {
  return (await rehearsed(training, s, place)).counters.peakBytes;
}

/** Bytes of GPU memory that a run holds at its peak. */
export async function estimateBytes(s: Readonly<Settings>, place: RunPlace): Promise<number> {
  return Math.max(
    ...(await Promise.all(ESTIMATED.map((training) => trainingBytes(training, s, place)))),
  );
}
