/**
 * GPU memory of a run, known before it: each training is recorded on a Gpu that only counts, so that
 * the number is what the same code will allocate. What counts is the largest training.
 */
import type { Settings } from '../config/fields';
import type { AdapterName, Gpu } from '../gpu/device';
import { planningGpu } from '../gpu/plan';
import { Scratch } from '../gpu/scratch';
import { Tape } from '../gpu/tape';
import { ADAMW } from '../nn/adamw';
import { recordTrunk } from '../nn/gpt';
import { recordScores } from '../nn/heads';
import { type GptConfig, type Head, layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import { LmEvaluator } from '../rlhf/losses';
import { Rollout, type RolloutShape } from '../rlhf/ppo_rollout';
import { Updater } from '../rlhf/ppo_update';
import { RewardTrainer } from '../rlhf/reward_trainer';

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
async function supervised(gpu: Gpu, sizes: Sizes, B: number, dropout: number): Promise<void> {
  const T = sizes.model.n_positions;
  const weights = weightsOf(gpu, sizes, 'lm');
  await LmTrainer.make(gpu, weights, { B, T, dropout, seed: 0, adamw: ADAMW }, ignore);
  await LmEvaluator.make(gpu, weights, LOOK.evaluated, T);
  await Sampler.make(gpu, weights, sampling(sizes, LOOK.shown, 1));
}

/** The reward model: a trainer over all completions of some prompts, and a scorer beside it. */
async function reward(gpu: Gpu, sizes: Sizes): Promise<void> {
  const { s, model } = sizes;
  const weights = weightsOf(gpu, sizes, 'score');
  const S = s['reward.prompts_per_batch'] * s['reward.k_max'];
  await new RewardTrainer(gpu, weights, S, ignore).finish();
  const ids = gpu.alloc('texts to score', LOOK.scored * model.n_positions * 4);
  const tape = new Tape(gpu, 'score');
  const trunk = recordTrunk(gpu, tape, weights, ids, LOOK.scored, model.n_positions);
  tape.keep(recordScores(gpu, tape, weights, trunk));
  await tape.finish();
}

/** PPO-ptx: four models, an average, two optimizers, rollouts and their sampler. */
async function ppo(gpu: Gpu, sizes: Sizes): Promise<void> {
  const { s, model, P, R } = sizes;
  const shape: RolloutShape = { S: s['ppo.batch'], M: s['ppo.minibatch'], T: P + R, R };
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

/**
 * Bytes of GPU memory that a run holds at its peak.
 * @param adapter the one it will run on
 * @param promptTokens tokens of the longest prompt; without it, as many as the context holds
 */
export async function estimateBytes(
  s: Readonly<Settings>,
  adapter: AdapterName,
  promptTokens = Number.POSITIVE_INFINITY,
): Promise<number> {
  const model = {
    n_layer: s['model.n_layer'],
    n_embd: s['model.n_embd'],
    n_head: s['model.n_head'],
    n_positions: s['model.n_positions'],
    vocab_size: s['model.vocab_size'],
  };
  const R = s['ppo.response_length'];
  const sizes: Sizes = { s, model, P: Math.min(promptTokens, model.n_positions - R), R };
  const trainings = [
    (gpu: Gpu) => supervised(gpu, sizes, s['base.batch'], 0),
    (gpu: Gpu) => supervised(gpu, sizes, s['sft.batch'], s['sft.dropout']),
    (gpu: Gpu) => supervised(gpu, sizes, s['sft_for_rl.batch'], s['sft_for_rl.dropout']),
    (gpu: Gpu) => reward(gpu, sizes),
    (gpu: Gpu) => ppo(gpu, sizes),
  ];
  const peaks = trainings.map(async (record) => {
    const gpu = planningGpu(adapter);
    await record(gpu);
    return gpu.counters.peakBytes;
  });
  return Math.max(...(await Promise.all(peaks)));
}
