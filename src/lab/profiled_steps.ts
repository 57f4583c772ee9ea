/**
 * The steps of an experiment as tapes that stand still: recorded by the very classes that train, on
 * copies of the experiment's models and windows of its corpus, so that profiling changes nothing.
 */
import type { Settings } from '../config/fields';
import type { ModelName } from '../config/stages';
import type { Gpu, View } from '../gpu/device';
import { real } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { ADAMW } from '../nn/adamw';
import { initialWeights } from '../nn/init';
import { type GptConfig, type Layout, layoutOf } from '../nn/layout';
import type { NamedArena } from '../nn/names';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import { Rollout } from '../rlhf/ppo_rollout';
import { Updater } from '../rlhf/ppo_update';
import { RewardTrainer, rewardParts } from '../rlhf/reward_trainer';
import type { TokenStream } from '../text/datasets/packing';
import type { ProfiledStep } from './profile_api';

export interface StepInputs {
  readonly gpu: Gpu;
  readonly model: GptConfig;
  readonly settings: Readonly<Settings>;
  /** The experiment's models so far. */
  readonly models: ReadonlyMap<ModelName, Float32Array<ArrayBuffer>>;
  readonly corpus: TokenStream;
  /** Tokens of the longest prompt. */
  readonly promptTokens: number;
}

/** A recorded step and what is needed to read it. */
export interface RecordedStep {
  readonly tape: Tape;
  readonly shape: string;
  /** Arenas by what a tensor in them is called. */
  readonly arenas: readonly NamedArena[];
  /** Puts back what the tape moves on by itself. */
  readonly before?: () => void;
  /** Most repeats between two of these. */
  readonly most?: number;
  free(): void;
}

/** The first of the named models that exists, or fresh weights, laid out anew. */
function weightsOf(inputs: StepInputs, layout: Layout, ...names: ModelName[]): Weights {
  const { gpu, models } = inputs;
  const found = names.map((name) => models.get(name)).find((floats) => floats !== undefined);
  const floats = new Float32Array(layout.floats);
  // A model with another head has the same trunk in front.
  floats.set((found ?? initialWeights(layout, 0)).subarray(0, layout.floats));
  return Weights.from(gpu, layout, names[0]!, floats);
}

/** Ids of B windows of T tokens, end to end in the corpus, and what each is followed by. */
function windows({ corpus, model }: StepInputs, B: number, T: number) {
  const at = (index: number) => corpus[index % corpus.length]! % model.vocab_size;
  return {
    inputIds: Int32Array.from({ length: B * T }, (_, n) => at(n)),
    targets: Int32Array.from({ length: B * T }, (_, n) => at(n + 1)),
  };
}

async function trainStep(inputs: StepInputs): Promise<RecordedStep> {
  const { gpu, model, settings } = inputs;
  const [B, T] = [settings['base.batch'], model.n_positions];
  const weights = weightsOf(inputs, layoutOf(model, 'lm'), 'sft', 'base');
  const accumulate = settings['base.accumulate'];
  const options = { B, T, accumulate, dropout: 0, seed: 0, adamw: ADAMW };
  const trainer = await LmTrainer.make(gpu, weights, options, () => {});
  trainer.queue(1, 0, windows(inputs, B, T));
  await trainer.drain();
  return {
    tape: trainer.recorded,
    shape: `${B} sequences of ${T} tokens`,
    arenas: arenasOf('', weights, trainer.grads),
    free: () => {
      trainer.free();
      gpu.free(weights.arena);
    },
  };
}

async function rewardStep(inputs: StepInputs): Promise<RecordedStep> {
  const { gpu, model, settings } = inputs;
  const [prompts, K] = [settings['reward.prompts_per_batch'], settings['reward.k_max']];
  const [S, T] = [prompts * K, model.n_positions];
  const weights = weightsOf(inputs, layoutOf(model, 'score'), 'reward', 'sft');
  const parts = rewardParts(prompts, settings['reward.accumulate'], K);
  const trainer = await RewardTrainer.make(gpu, weights, parts, () => {});
  await trainer.step(1, 0, {
    ids: windows(inputs, S, T).inputIds,
    lengths: new Int32Array(S).fill(T),
    group: Int32Array.from({ length: S }, (_, row) => Math.floor(row / K)),
    rank: Int32Array.from({ length: S }, (_, row) => row % K),
    weight: new Float32Array(S).fill(2 / (K * (K - 1) * prompts)),
    filled: Array.from({ length: S }, (_, row) => row),
  });
  await trainer.drain();
  return {
    tape: trainer.recorded,
    shape: `${prompts} prompts with ${K} completions, ${T} tokens each`,
    arenas: arenasOf('', weights, trainer.grads),
    free: () => {
      trainer.free();
      gpu.free(weights.arena);
    },
  };
}

async function ppoStep(inputs: StepInputs): Promise<RecordedStep> {
  const { gpu, model, settings: s } = inputs;
  const R = Math.min(s['ppo.response_length'], model.n_positions - 1);
  const P = Math.min(inputs.promptTokens, model.n_positions - R);
  // One minibatch: what an update works on.
  const M = s['ppo.minibatch'];
  const shape = { S: M, M, A: s['ppo.accumulate'], T: P + R, R };
  const { T } = shape;
  const policy = weightsOf(inputs, layoutOf(model, 'lm'), 'policy_raw', 'sft_for_rl', 'sft');
  const value = weightsOf(inputs, layoutOf(model, 'score'), 'value', 'reward', 'sft');
  // An update reads neither the reference nor the reward model.
  const models = { policy, reference: policy, value, reward: value };
  const average = weightsOf(inputs, layoutOf(model, 'lm'), 'policy', 'sft_for_rl', 'sft');
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
  const X = options.ptxCoef > 0 ? Math.round(M * s['ppo.ptx_ratio']) : 0;
  const ptx = { X, T: model.n_positions };
  const rollout = await Rollout.make(gpu, models, shape, options);
  const updater = await Updater.make(
    gpu,
    models,
    rollout,
    shape,
    ptx,
    average.arena,
    options,
    () => {},
  );
  const lengths = Int32Array.from({ length: 2 * M }, (_, at) => (at % 2 === 0 ? P : R));
  gpu.write(rollout.lengths, lengths);
  const { inputIds, targets } = windows(inputs, M, T);
  const rows = Array.from({ length: M }, (_, row) => row);
  const corpus = X > 0 ? windows(inputs, X, ptx.T) : undefined;
  const sequences = { inputIds, targets, lengths };
  await updater.step(1, { policy: 0, value: 0 }, sequences, rows, corpus, options.ptxCoef);
  await updater.drain();
  return {
    tape: updater.recorded,
    shape: `${M} responses in ${T} tokens${X > 0 ? `, ${X} corpus windows of ${ptx.T}` : ''}`,
    arenas: [
      ...arenasOf('policy ', policy, updater.policyGrads),
      ...arenasOf('value ', value, updater.valueGrads),
      { prefix: 'average ', weights: average },
    ],
    free: () => {
      updater.free();
      rollout.free();
      gpu.free(policy.arena, value.arena, average.arena);
    },
  };
}

async function sampleStep(inputs: StepInputs): Promise<RecordedStep> {
  const { gpu, model, settings } = inputs;
  const B = settings['ppo.batch'];
  const weights = weightsOf(inputs, layoutOf(model, 'lm'), 'policy', 'sft_for_rl', 'sft', 'base');
  const T = model.n_positions;
  const sampler = await Sampler.make(gpu, weights, {
    B,
    P: 1,
    R: T - 1,
    temperature: 1,
    topK: 0,
    topP: 1,
    eot: 0,
    pad: 0,
    stopAtEot: false,
  });
  const tape = sampler.recorded;
  const moved = bound(tape, 'pos');
  const middle = new Uint32Array(B).fill(T >> 1);
  for (const view of moved) gpu.write(view, middle);
  tape.run();
  return {
    tape,
    shape: `a token for each of ${B} sequences, half of ${T} positions behind it`,
    arenas: [{ prefix: '', weights }],
    before: () => {
      for (const view of moved) gpu.write(view, middle);
    },
    most: Math.max(1, (T >> 1) - 2),
    free: () => {
      sampler.free();
      gpu.free(weights.arena);
    },
  };
}

/** The buffers that a tape binds under a name. */
function bound(tape: Tape, name: string): View[] {
  const views = new Map<GPUBuffer, View>();
  for (const info of tape.describe()) {
    const at = info ? Object.keys(info.kernel.bindings).indexOf(name) : -1;
    const slot = info?.slots[at];
    if (slot) views.set(real(slot).buffer, real(slot));
  }
  return [...views.values()];
}

const arenasOf = (whose: string, weights: Weights, grads: Weights) => [
  { prefix: whose, weights },
  { prefix: `∂ ${whose}`, weights: grads },
];

const STEPS: Readonly<Record<ProfiledStep, (inputs: StepInputs) => Promise<RecordedStep>>> = {
  train: trainStep,
  reward: rewardStep,
  ppo: ppoStep,
  sample: sampleStep,
};

/** Records a step on buffers of its own, which the caller frees, and runs it once. */
export const recordStep = (step: ProfiledStep, inputs: StepInputs): Promise<RecordedStep> =>
  STEPS[step](inputs);
