/**
 * From prompts and completions to rows of token ids: tokens(prompt) + tokens(completion) +
 * end-of-text. SFT trains on such a row with the prompt masked; the reward and value models score
 * it. A row that does not fit T positions is reported and never cut, because a cut one would teach
 * answers without an end.
 */

import type { Tokenizer } from '../tokenizer/tokenizer';
import { type Batch, IGNORE } from './packing';

/** One row before padding. */
export interface TokenizedExample {
  /** Prompt, completion and end-of-text. */
  ids: number[];
  /** How many of them are the prompt. */
  promptLength: number;
}

/** Prompt and completion are tokenised apart, as they are when a completion is sampled. */
export function tokenizeExample(
  { prompt, completion }: { prompt: string; completion: string },
  tokenizer: Tokenizer,
): TokenizedExample {
  const ids = tokenizer.encode(prompt);
  const promptLength = ids.length;
  for (const id of tokenizer.encode(completion)) ids.push(id);
  ids.push(tokenizer.eot);
  return { ids, promptLength };
}

export interface FittedExamples {
  examples: TokenizedExample[];
  /** Rows left out: their index in the input and their length in tokens, end-of-text counted. */
  tooLong: { index: number; length: number }[];
}

/** Tokenises examples and keeps those of at most T tokens, in order. */
export function tokenizeExamples(
  rows: Iterable<{ prompt: string; completion: string }>,
  tokenizer: Tokenizer,
  T: number,
): FittedExamples {
  const fitted: FittedExamples = { examples: [], tooLong: [] };
  let index = 0;
  for (const row of rows) {
    const example = tokenizeExample(row, tokenizer);
    if (example.ids.length <= T) fitted.examples.push(example);
    else fitted.tooLong.push({ index, length: example.ids.length });
    index++;
  }
  return fitted;
}

/**
 * A batch [B, T] of B examples, padded on the right. Position t is to predict token t + 1 where
 * that belongs to the completion or is its end-of-text, else `IGNORE`.
 * @param rows with fewer than `B` of them, the rest is padding.
 * @throws RangeError when an example has more than T tokens or there are more than B.
 */
export function exampleBatch(
  rows: readonly TokenizedExample[],
  { B = rows.length, T, pad }: { B?: number; T: number; pad: number },
): Batch {
  if (rows.length > B) throw new RangeError(`A batch of ${B} rows was given ${rows.length}.`);
  const inputIds = new Int32Array(B * T).fill(pad);
  const targets = new Int32Array(B * T).fill(IGNORE);
  let targetCount = 0;
  rows.forEach(({ ids, promptLength }, row) => {
    if (ids.length > T) {
      throw new RangeError(
        `An example has ${ids.length} tokens, but only ${T} positions are there.`,
      );
    }
    inputIds.set(ids, row * T);
    // Nothing stands before the first token, so with an empty prompt it stays unpredicted.
    const first = Math.max(1, promptLength);
    targets.set(ids.slice(first), row * T + first - 1);
    targetCount += ids.length - first;
  });
  return { inputIds, targets, targetCount };
}
