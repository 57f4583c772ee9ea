/** SFT rows: what is predicted, what is masked, what does not fit. */

import { describe, expect, test } from 'vitest';
import {
  exampleBatch,
  tokenizeExample,
  tokenizeExamples,
} from '../../../src/text/datasets/examples';
import { IGNORE } from '../../../src/text/datasets/packing';
import { trainBpe } from '../../../src/text/tokenizer/trainBpe';

const tokenizer = trainBpe(['Q: who is there? A: the owl is there.'.repeat(9)], { vocabSize: 290 });
const pad = tokenizer.pad;

describe('an SFT batch', () => {
  const row = { prompt: 'Q: who is there?\nA:', completion: ' the owl.' };
  const example = tokenizeExample(row, tokenizer);

  test('has rows of prompt, completion and end-of-text', () => {
    expect(tokenizer.decode(example.ids)).toBe(`${row.prompt}${row.completion}<|endoftext|>`);
    expect(example.ids.slice(0, example.promptLength)).toEqual(tokenizer.encode(row.prompt));
  });

  test('is padded on the right, and only completion and end-of-text are predicted', () => {
    const T = example.ids.length + 3;
    const { inputIds, targets, targetCount } = exampleBatch([example], { T, pad });
    expect([...inputIds]).toEqual([...example.ids, pad, pad, pad]);
    const answer = example.ids.slice(example.promptLength);
    expect([...targets]).toEqual([
      ...Array(example.promptLength - 1).fill(IGNORE),
      ...answer,
      ...Array(4).fill(IGNORE),
    ]);
    expect(answer.at(-1)).toBe(tokenizer.eot);
    expect(targetCount).toBe(answer.length);
  });

  test('fills the rows that it lacks with padding, and takes an example that just fits', () => {
    const T = example.ids.length;
    const batch = exampleBatch([example, example], { B: 3, T, pad });
    expect([...batch.inputIds.subarray(T, 2 * T)]).toEqual(example.ids);
    expect(new Set(batch.inputIds.subarray(2 * T))).toEqual(new Set([pad]));
    expect(new Set(batch.targets.subarray(2 * T))).toEqual(new Set([IGNORE]));
    expect(batch.targetCount).toBe(2 * (T - example.promptLength));
  });

  test('with an empty prompt leaves the first token unpredicted', () => {
    const bare = tokenizeExample({ prompt: '', completion: 'xyz' }, tokenizer);
    const { targets, targetCount } = exampleBatch([bare], { T: 5, pad });
    expect([...targets]).toEqual([...bare.ids.slice(1), IGNORE, IGNORE]);
    expect(targetCount).toBe(3);
  });

  test('leaves out and reports what does not fit, and never cuts', () => {
    const T = example.ids.length;
    const long = { ...row, completion: `${row.completion}!` };
    expect(tokenizeExamples([row, long, row], tokenizer, T)).toEqual({
      examples: [example, example],
      tooLong: [{ index: 1, length: T + 1 }],
    });
    expect(() => exampleBatch([example], { T: T - 1, pad })).toThrow(
      `An example has ${T} tokens, but only ${T - 1} positions are there.`,
    );
    expect(() => exampleBatch([example, example], { B: 1, T, pad })).toThrow('was given 2');
  });
});
