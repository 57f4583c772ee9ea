/** Samples beside the curves: a model in training answers a few fixed prompts. */
import type { Training } from '../config/stages';
import type { Weights } from '../nn/weights';
import { type StageContext, seedFor } from './context';
import { Writer } from './texts';

/** Longest prompt and response in tokens: what the data holds, within the context. */
export function promptLimit(ctx: Pick<StageContext, 'settings' | 'model' | 'promptTokens'>): {
  P: number;
  R: number;
} {
  const R = ctx.settings['ppo.response_length'];
  return { P: Math.min(ctx.promptTokens, ctx.model.n_positions - R), R };
}

/** Samples answers to the shown prompts and hands them to the context. */
export async function showSamples(
  ctx: StageContext,
  training: Training,
  step: number,
  weights: Weights,
): Promise<void> {
  const prompts = ctx.shown;
  if (prompts.length === 0) return;
  const shape = { B: prompts.length, ...promptLimit(ctx) };
  const writer = await Writer.make(ctx.gpu, weights, ctx.tokenizer, shape);
  try {
    const ids = prompts.map((prompt) => ctx.tokenizer.encode(prompt));
    const answers = await writer.answers(ids, seedFor(ctx, 'shown'));
    ctx.samples(
      training,
      step,
      answers.map(({ completion }, index) => ({ prompt: prompts[index]!, completion })),
    );
  } finally {
    writer.free();
  }
}
