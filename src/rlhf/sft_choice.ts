/**
 * Which epoch of SFT is kept once a reward model exists: the one whose answers to the validation
 * prompts it scores highest (C.1). Validation loss over-fits after about an epoch, while
 * preference still rises.
 */
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import { type StageContext, seedFor } from './context';
import { Scorer } from './scorer';
import type { SftEpoch } from './sft';
import { promptLimit } from './shown';
import { mean } from './statistics';
import { Writer } from './texts';

/** Sequences that are sampled and scored at a time. */
const BATCH = 64;

export interface SftChoice {
  readonly best: SftEpoch;
  /** Mean reward-model score of each epoch's answers, in the order given. */
  readonly scores: readonly number[];
}

/**
 * Samples an answer of every epoch to every prompt, each with the same draws, and scores them.
 * @param reward the reward model's arena
 */
export async function chooseSft(
  ctx: StageContext,
  epochs: readonly SftEpoch[],
  reward: Float32Array<ArrayBuffer>,
  prompts: readonly string[],
): Promise<SftChoice> {
  const { gpu, tokenizer } = ctx;
  const lm = layoutOf(ctx.model, 'lm');
  const ids = prompts.map((prompt) => tokenizer.encode(prompt));
  const shape = { B: Math.min(BATCH, prompts.length), ...promptLimit(ctx) };
  const judge = Weights.from(gpu, layoutOf(ctx.model, 'score'), 'reward', reward);
  const weights = Weights.from(gpu, lm, 'SFT epoch', epochs[0]!.weights);
  const writer = await Writer.make(gpu, weights, tokenizer, shape);
  const scorer = await Scorer.make(gpu, judge, tokenizer, BATCH);
  try {
    const scores: number[] = [];
    for (const epoch of epochs) {
      gpu.write(weights.arena, epoch.weights);
      const answers = await writer.answers(ids, seedFor(ctx, 'sftChoice'), 0, () => ctx.breathe());
      const texts = answers.map(({ completion }, i) => ({ prompt: prompts[i]!, completion }));
      scores.push(mean(await scorer.rewards(texts)));
      ctx.progress('choosing the epoch of SFT', scores.length, epochs.length);
    }
    return { best: epochs[scores.indexOf(Math.max(...scores))]!, scores };
  } finally {
    ctx.sampled(writer.work);
    writer.free();
    scorer.free();
    gpu.free(weights.arena);
    gpu.free(judge.arena);
  }
}
