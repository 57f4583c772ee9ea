/**
 * Model size (the paper's headline, 4.1: 1.3 B InstructGPT is preferred to 175 B GPT-3): models of two
 * experiments in one town answer the same test prompts, all are held against SFT of the larger one,
 * as in the paper's figure 1, and the small policy against the larger base model.
 */
import { type GptConfig, layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import type { Tokenizer } from '../text/tokenizer/tokenizer';
import type { StageContext } from './context';
import { answerPrompts } from './evaluate';

/** What is compared, in the order of the paper's stages. */
export const COMPARED = ['base', 'sft', 'policy'] as const;
export type Compared = (typeof COMPARED)[number];

/** What is common to the models of an experiment. */
export interface Family {
  readonly model: GptConfig;
  readonly settings: StageContext['settings'];
  readonly tokenizer: Tokenizer;
  readonly promptTokens: number;
}

/** Parameters of a language model with a tied head. */
export const parametersOf = (model: GptConfig): number =>
  layoutOf(model, 'lm').tensors.reduce((sum, { size }) => sum + size, 0);

/**
 * One sampled answer to each prompt.
 * @param sequence number of the first among all that are sampled with this seed
 */
export async function answersOf(
  ctx: StageContext,
  family: Family,
  floats: Float32Array<ArrayBuffer>,
  prompts: readonly string[],
  seed: number,
  sequence: number,
): Promise<string[]> {
  const weights = Weights.from(ctx.gpu, layoutOf(family.model, 'lm'), 'compared', floats);
  try {
    return await answerPrompts({ ...ctx, ...family }, weights, prompts, seed, sequence);
  } finally {
    ctx.gpu.free(weights.arena);
  }
}
