/**
 * Stage 1, supervised fine-tuning (C.1, C.3): mean cross-entropy over completion and end-of-text
 * tokens, the prompt masked, residual dropout, cosine to a tenth without warm-up.
 *
 * Two recipes, as in the paper: `sft`, of which the weights with the lowest validation loss are
 * kept until a reward model can choose among its epochs (sft_choice.ts), gives the reward model its
 * trunk; `sft_for_rl`, with corpus windows mixed into
 * every batch, is where PPO starts, the reference of its KL and the opponent in win rates.
 */
import type { Weights } from '../nn/weights';
import { exampleBatch, type TokenizedExample } from '../text/datasets/examples';
import { ShuffledOrder } from '../text/datasets/order';
import { trainingWindows } from '../text/datasets/packing';
import type { Corpus } from './base';
import { type Checkpoint, type StageContext, seedFor } from './context';
import { LmEvaluator } from './losses';
import { cosine } from './schedule';
import { showSamples } from './shown';
import { trainSupervised } from './supervised';

export interface Demonstrations {
  readonly train: readonly TokenizedExample[];
  readonly val: readonly TokenizedExample[];
}

/** Batches of the validation demonstrations. */
export function* exampleBatches(
  examples: readonly TokenizedExample[],
  shape: { B: number; T: number; pad: number },
) {
  for (let from = 0; from < examples.length; from += shape.B) {
    yield exampleBatch(examples.slice(from, from + shape.B), shape);
  }
}

/** The weights after an epoch of SFT, among which the reward model chooses. */
export interface SftEpoch {
  readonly epoch: number;
  /** Updates done. */
  readonly update: number;
  readonly valLoss: number;
  readonly weights: Float32Array<ArrayBuffer>;
}

/**
 * Fine-tunes the base model by one of the two recipes.
 * @param onEpoch is given the weights after (about) each epoch
 */
export async function trainSft(
  ctx: StageContext,
  recipe: 'sft' | 'sft_for_rl',
  base: Float32Array<ArrayBuffer>,
  demonstrations: Demonstrations,
  corpus: Corpus,
  resume?: Checkpoint,
  onEpoch: (epoch: SftEpoch) => Promise<void> = async () => {},
): Promise<Float32Array> {
  const { settings, model, tokenizer } = ctx;
  const T = model.n_positions;
  const B = settings[`${recipe}.batch`];
  const mixed = Math.min(B - 1, Math.round(B * settings[`${recipe}.mix`]));
  const own = B - mixed;
  const seed = seedFor(ctx, recipe);
  const order = new ShuffledOrder(demonstrations.train.length, own, seed);
  const epochs = settings[`${recipe}.epochs`];
  const updates = order.stepsFor(epochs);
  const pad = tokenizer.pad;
  const every = Math.max(1, Math.ceil(updates / epochs / 2));
  /** Epochs that are done after an update. */
  const epochAt = (update: number) =>
    update === updates ? epochs : Math.floor((update * epochs) / updates);

  const batch = (update: number) => {
    const examples = order.batch(update - 1).map((index) => demonstrations.train[index]!);
    const { inputIds, targets } = exampleBatch(examples, { B, T, pad });
    if (mixed > 0) {
      const windows = trainingWindows(corpus.train, { B: mixed, T, seed, step: update });
      inputIds.set(windows.inputIds, own * T);
      targets.set(windows.targets, own * T);
    }
    return { inputIds, targets };
  };

  const look = async (update: number, weights: Weights): Promise<Record<string, number>> => {
    const evaluator = await LmEvaluator.make(ctx.gpu, weights, 16, T);
    try {
      const val_loss = await evaluator.loss(exampleBatches(demonstrations.val, { B: 16, T, pad }));
      await showSamples(ctx, recipe, update, weights);
      const epoch = epochAt(update);
      if (epoch > epochAt(Math.max(0, update - every))) {
        const floats = (await weights.floats(ctx.gpu)) as Float32Array<ArrayBuffer>;
        await onEpoch({ epoch, update, valLoss: val_loss, weights: floats });
      }
      return { val_loss };
    } finally {
      evaluator.free();
    }
  };

  return trainSupervised(
    ctx,
    {
      training: recipe,
      phase: recipe === 'sft' ? 'training SFT' : 'training SFT for RL',
      initial: base,
      updates,
      B,
      accumulate: settings[`${recipe}.accumulate`],
      packed: true,
      dropout: settings[`${recipe}.dropout`],
      dropoutSeed: seed,
      weightDecay: settings[`${recipe}.weight_decay`],
      lr: (update) => cosine(update, { peak: settings[`${recipe}.lr`], updates }),
      batch,
      look: { every, at: look },
      keepBest: recipe === 'sft',
    },
    resume,
  );
}
