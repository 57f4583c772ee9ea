/**
 * Stage 0, the base model: next-token cross-entropy over the packed corpus, random windows,
 * cosine to a tenth after a short warm-up (RLHF.md section 0).
 */

import { initialWeights } from '../nn/init';
import { layoutOf } from '../nn/layout';
import { evaluationBatches, type TokenStream, trainingWindows } from '../text/datasets/packing';
import { type Checkpoint, type StageContext, seedFor } from './context';
import { LmEvaluator } from './losses';
import { cosine } from './schedule';
import { showSamples } from './shown';
import { trainSupervised } from './supervised';

export interface Corpus {
  readonly train: TokenStream;
  readonly val: TokenStream;
}

/** Validation loss on the way is measured on this many batches; at the end on all. */
const GLANCE = 8;

/** Trains a base model from random weights. */
export async function trainBase(
  ctx: StageContext,
  corpus: Corpus,
  resume?: Checkpoint,
): Promise<Float32Array> {
  const { settings, model, tokenizer } = ctx;
  const B = settings['base.batch'];
  const T = model.n_positions;
  const updates = Math.max(1, Math.round(settings['base.tokens'] / (B * T)));
  const warmup = Math.round(settings['base.warmup'] * updates);
  const seed = seedFor(ctx, 'windows');
  return trainSupervised(
    ctx,
    {
      training: 'base',
      phase: 'training the base model',
      initial: initialWeights(layoutOf(model, 'lm'), seedFor(ctx, 'weights')),
      updates,
      B,
      accumulate: settings['base.accumulate'],
      packed: false,
      dropout: 0,
      dropoutSeed: 0,
      weightDecay: settings['base.weight_decay'],
      lr: (update) => cosine(update, { peak: settings['base.lr'], updates, warmup }),
      batch: (update) => trainingWindows(corpus.train, { B, T, seed, step: update }),
      look: {
        every: Math.max(1, Math.ceil(updates / 20)),
        at: async (update, weights) => {
          const evaluator = await LmEvaluator.make(ctx.gpu, weights, 16, T);
          const batches = evaluationBatches(corpus.val, { B: 16, T, pad: tokenizer.pad });
          try {
            const val_loss = await evaluator.loss(
              update === updates ? batches : take(batches, GLANCE),
            );
            await showSamples(ctx, 'base', update, weights);
            return { val_loss };
          } finally {
            evaluator.free();
          }
        },
      },
    },
    resume,
  );
}

function* take<Item>(items: Iterable<Item>, count: number): Generator<Item> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
