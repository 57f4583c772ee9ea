/**
 * Stage 1 in terms of an experiment: both recipes of SFT, the epochs kept on the way, and the choice
 * among them once there is a reward model.
 */
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import type { StageContext } from '../rlhf/context';
import { LmEvaluator } from '../rlhf/losses';
import { exampleBatches, type SftEpoch, trainSft } from '../rlhf/sft';
import { chooseSft } from '../rlhf/sft_choice';
import type { TokenizedExample } from '../text/datasets/examples';
import type { Experiment } from './experiment';
import { type Material, tokenizeDemonstrations } from './material';
import type { PipelineParts } from './pipeline';

type Floats = Float32Array<ArrayBuffer>;

/** The demonstrations in use: a person's edition of them, or the world's. */
export const demonstrationsOf = (experiment: Experiment, material: Material) =>
  experiment.parts.demonstrations ??
  material.world.demonstrations.train.slice(
    0,
    experiment.record.config.settings['data.demonstrations'],
  );

export async function runSft({ ctx, experiment, material }: PipelineParts): Promise<void> {
  const { tokenizer, corpus, world } = material;
  const T = ctx.model.n_positions;
  const train = tokenizeDemonstrations(demonstrationsOf(experiment, material), tokenizer, T);
  const val = tokenizeDemonstrations(world.demonstrations.val, tokenizer, T);
  if (train.leftOut > 0) {
    ctx.log(`${train.leftOut} demonstrations are longer than ${T} tokens and were left out.`);
  }
  const demonstrations = { train: train.examples, val: val.examples };
  const base = experiment.model('base');
  for (const recipe of ['sft', 'sft_for_rl'] as const) {
    if (experiment.models.has(recipe)) continue;
    const resume = experiment.resumeFrom(recipe);
    const keep = recipe === 'sft' ? keepEpoch(experiment) : undefined;
    const floats = await trainSft(ctx, recipe, base, demonstrations, corpus, resume, keep);
    experiment.setModel(recipe, floats as Floats);
    if (recipe === 'sft') experiment.parts.sftTrunk = floats as Floats;
    await experiment.finish('sftTrunk');
  }
  experiment.record.report.sft = { val_loss: await sftLoss(ctx, experiment, val.examples) };
}

/** Stores the weights after an epoch; one that is trained again after a resume takes its place. */
function keepEpoch(experiment: Experiment) {
  return async (made: SftEpoch) => {
    const { parts } = experiment;
    parts.sftEpochs = [...parts.sftEpochs.filter(({ epoch }) => epoch < made.epoch), made];
    await experiment.save('sftEpochs');
  };
}

/** Loss of the SFT model on the validation demonstrations, in nats a target token. */
async function sftLoss(
  ctx: StageContext,
  experiment: Experiment,
  examples: readonly TokenizedExample[],
): Promise<number> {
  const weights = Weights.from(ctx.gpu, layoutOf(ctx.model, 'lm'), 'sft', experiment.model('sft'));
  const evaluator = await LmEvaluator.make(ctx.gpu, weights, 16, ctx.model.n_positions);
  try {
    const shape = { B: 16, T: ctx.model.n_positions, pad: ctx.tokenizer.pad };
    return await evaluator.loss(exampleBatches(examples, shape));
  } finally {
    evaluator.free();
    ctx.gpu.free(weights.arena);
  }
}

/**
 * The epoch of SFT whose answers to the validation prompts the new reward model scores highest. The
 * log lists the scores; the epoch is returned only where the settings want it to be kept.
 */
export async function chosenSft(
  ctx: StageContext,
  { parts }: Experiment,
  { world }: Material,
  reward: Floats,
): Promise<SftEpoch | undefined> {
  const { sftEpochs } = parts;
  if (sftEpochs.length < 2) return undefined;
  const prompts = world.prompts.val.map(({ prompt }) => prompt);
  const { best, scores } = await chooseSft(ctx, sftEpochs, reward, prompts);
  const listed = sftEpochs.map(({ epoch }, i) => `${epoch}: ${scores[i]!.toFixed(2)}`).join(', ');
  const keeps = ctx.settings['sft.choose_by_reward'];
  ctx.log(
    `SFT's answers, scored by the reward model after each epoch (${listed}): ${keeps ? 'kept' : 'highest after'} ${best.epoch}.`,
  );
  return keeps ? best : undefined;
}

/** The SFT weights before a reward model has chosen: the reward model's trunk, and what is ranked. */
export const sftTrunk = (experiment: Experiment): Floats =>
  experiment.parts.sftTrunk ?? experiment.model('sft');
