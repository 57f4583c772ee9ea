/** Documents packed into one stream, and the windows cut from it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  evaluationBatches,
  evaluationWindowCount,
  IGNORE,
  joinDocuments,
  packDocuments,
  splitDocuments,
  trainingWindows,
} from '../../../src/text/datasets/packing';
import { trainBpe } from '../../../src/text/tokenizer/trainBpe';

const tokenizer = trainBpe(['Q: who is there? A: the owl is there.'.repeat(9)], { vocabSize: 290 });
const pad = tokenizer.pad;

describe('a packed stream', () => {
  const documents = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 8 });

  test('is the corpus file tokenised with its special tokens', () => {
    fc.assert(
      fc.property(documents, (texts) => {
        const ids = tokenizer.encode(joinDocuments(texts), { allowSpecial: true });
        expect([...packDocuments(texts, tokenizer)]).toEqual(ids);
      }),
    );
  });

  test('grows past its first buffer, at 16 bits an id', () => {
    const stream = packDocuments(Array(30_000).fill('xyz'), tokenizer);
    expect(stream).toBeInstanceOf(Uint16Array);
    expect([...stream.subarray(-4)]).toEqual([...tokenizer.encode('xyz'), tokenizer.eot]);
    expect(stream).toHaveLength(120_000);
  });

  test('documents joined and split are the documents', () => {
    fc.assert(
      fc.property(documents, (texts) => {
        expect(splitDocuments(joinDocuments(texts))).toEqual(texts);
      }),
    );
    expect(splitDocuments('a<|endoftext|>b')).toEqual(['a', 'b']);
    expect(splitDocuments('a<|endoftext|>\n')).toEqual(['a']);
    expect(splitDocuments('')).toEqual([]);
  });
});

describe('evaluation windows', () => {
  test('predict every token but the first exactly once, each from the one before', () => {
    const sizes = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.nat({ max: 60 }), sizes, sizes, (length, B, T) => {
        const stream = Int32Array.from({ length }, (_, i) => 100 + i);
        const inputs: number[] = [];
        const targets: number[] = [];
        let count = 0;
        for (const batch of evaluationBatches(stream, { B, T, pad })) {
          expect(batch.inputIds).toHaveLength(B * T);
          count += batch.targetCount;
          batch.targets.forEach((target, i) => {
            if (target === IGNORE) {
              expect(batch.inputIds[i]).toBe(pad);
              return;
            }
            targets.push(target);
            inputs.push(batch.inputIds[i]);
          });
        }
        expect(targets).toEqual([...stream.subarray(1)]);
        expect(inputs).toEqual([...stream.subarray(0, -1)]);
        expect(count).toBe(targets.length);
        expect(evaluationWindowCount(stream, T)).toBe(Math.ceil(targets.length / T));
      }),
    );
  });
});

describe('training windows', () => {
  const stream = Uint16Array.from({ length: 50 }, (_, i) => i);
  const settings = { B: 3, T: 8, seed: 7 };

  test('are runs of the stream that predict the next token', () => {
    for (let step = 0; step < 20; step++) {
      const { inputIds, targets, targetCount } = trainingWindows(stream, { ...settings, step });
      expect(targetCount).toBe(24);
      for (let i = 0; i < 24; i++) {
        expect(targets[i]).toBe(inputIds[i] + 1);
        if (i % 8 > 0) expect(inputIds[i]).toBe(inputIds[i - 1] + 1);
      }
    }
  });

  test('depend on seed and step alone, and differ between them', () => {
    const at = (seed: number, step: number) =>
      trainingWindows(stream, { ...settings, seed, step }).inputIds;
    const fifth = at(7, 5);
    for (let step = 0; step < 5; step++) at(7, step);
    expect(at(7, 5)).toEqual(fifth);
    expect(at(7, 6)).not.toEqual(fifth);
    expect(at(8, 5)).not.toEqual(fifth);
  });

  test('begin at every possible place', () => {
    const starts = new Set<number>();
    for (let step = 0; step < 300; step++) {
      const { inputIds } = trainingWindows(stream, { ...settings, step });
      for (let row = 0; row < 3; row++) starts.add(inputIds[row * 8]);
    }
    expect([...starts].sort((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i));
  });

  test('want a text of at least one window', () => {
    const short = stream.subarray(0, 8);
    expect(() => trainingWindows(short, { ...settings, step: 0 })).toThrow(
      'The text has 8 tokens, but at least 9 are wanted for one window.',
    );
    expect(trainingWindows(stream.subarray(0, 9), { ...settings, step: 0 }).inputIds[0]).toBe(0);
  });
});
