/** A reward model on the GPU for as long as it is used. */
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import type { StageContext } from '../rlhf/context';
import { Scorer } from '../rlhf/scorer';

/** @param B texts that are scored at a time */
export async function withScorer<Result>(
  ctx: StageContext,
  floats: Float32Array<ArrayBuffer>,
  B: number,
  use: (scorer: Scorer) => Promise<Result>,
): Promise<Result> {
  const weights = Weights.from(ctx.gpu, layoutOf(ctx.model, 'score'), 'reward', floats);
  const scorer = await Scorer.make(ctx.gpu, weights, ctx.tokenizer, B);
  try {
    return await use(scorer);
  } finally {
    scorer.free();
    ctx.gpu.free(weights.arena);
  }
}
