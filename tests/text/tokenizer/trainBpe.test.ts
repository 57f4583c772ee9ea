/** BPE training against Hugging Face's BpeTrainer, byte for byte in the file it gives. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BpeTrainingProgress, trainBpe } from '../../../src/text/tokenizer/trainBpe';

const golden = (name: string): string =>
  readFileSync(new URL(`../../golden/tokenizer/${name}`, import.meta.url), 'utf8');
const documents: string[] = JSON.parse(golden('documents.json'));

describe('the trained tokenizer.json is that of Hugging Face', () => {
  test.each([
    [300, 0],
    [400, 2],
    [4096, 0],
  ])('for %i tokens and a minimum frequency of %i', (vocabSize, minFrequency) => {
    const trained = trainBpe(documents, { vocabSize, minFrequency });
    expect(trained.toJSONText()).toBe(golden(`trained-${vocabSize}-${minFrequency}.json`));
  });
});

test('training stops early when every word is one token', () => {
  const trained = trainBpe(['one two one two'], { vocabSize: 1000 });
  expect(trained.vocabSize).toBeLessThan(300);
  expect(trained.encode('one two')).toHaveLength(2);
});

test('the order of the documents makes no difference', () => {
  const forwards = trainBpe(documents, { vocabSize: 350 });
  const backwards = trainBpe([...documents].reverse(), { vocabSize: 350 });
  expect(backwards.toJSONText()).toBe(forwards.toJSONText());
});

test('an end-of-text written out separates documents and is not learned', () => {
  const apart = trainBpe(documents, { vocabSize: 350 });
  const joined = trainBpe([documents.join('<|endoftext|>')], { vocabSize: 350 });
  expect(joined.toJSONText()).toBe(apart.toJSONText());
});

test('whatever the text, the tokenizer trained on it gives it back', () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 5 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 258, max: 300 }), (some, vocabSize) => {
      const trained = trainBpe(some, { vocabSize });
      expect(trained.vocabSize).toBeLessThanOrEqual(vocabSize);
      for (const text of some) expect(trained.decode(trained.encode(text))).toBe(text);
    }),
    { numRuns: 40 },
  );
});

test('progress runs from counting to the full vocabulary', () => {
  const seen: BpeTrainingProgress[] = [];
  const many = Array.from({ length: 20 }, () => documents).flat();
  trainBpe(many, { vocabSize: 400, onProgress: (progress) => seen.push(progress) });
  const merging = seen.filter(({ phase }) => phase === 'merging').map(({ done }) => done);
  expect(seen[0]).toEqual({ phase: 'counting', done: 1000, total: undefined });
  expect(merging).toEqual([...merging].sort((a, b) => a - b));
  expect(merging.at(-1)).toBe(399);
});

describe('settings that cannot be are refused', () => {
  test.each([100, 257, 300.5, Number.NaN])('a vocabulary of %d', (vocabSize) => {
    expect(() => trainBpe([], { vocabSize })).toThrow(
      `The vocabulary size is ${vocabSize}, but a whole number of at least 258 is wanted`,
    );
  });

  test('special tokens without padding', () => {
    expect(() => trainBpe([], { vocabSize: 300, specialTokens: ['<|endoftext|>'] })).toThrow(
      'The special tokens lack <|pad|>',
    );
  });
});
