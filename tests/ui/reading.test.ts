/** What the lens reads off an inspection: weights, next tokens under a temperature, the logit lens. */
import { describe, expect, test } from 'vitest';
import { attentionOf, depthName, lensAt, nextTokens, strongest } from '../../src/ui/inside/reading';
import { fakeInspection } from '../support/fakeInside';

const inspection = fakeInspection({ model: 'sft', text: 'Which owl is green?' });
const T = inspection.tokens.length;

describe('attention', () => {
  test('of one head is its row, and of a layer the mean over its heads', () => {
    const [first, second] = [0, 1].map((head) => attentionOf(inspection, { layer: 1, head }, 3));
    const mean = attentionOf(inspection, { layer: 1, head: null }, 3);
    mean.forEach((weight, key) => {
      expect(weight).toBeCloseTo((first![key]! + second![key]!) / 2, 12);
    });
    expect(first!.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
    expect(first!.slice(4)).toEqual([0]);
  });

  test('names the strongest first, and none under a per cent', () => {
    expect(strongest([0.2, 0.005, 0.7, 0.095], 3).map(({ at }) => at)).toEqual([2, 0, 3]);
    expect(strongest([0.999, 0.001], 3)).toEqual([{ at: 0, weight: 0.999 }]);
  });
});

describe('next tokens', () => {
  test('at temperature 1 have the probabilities of the last depth of the lens', () => {
    const { tokens, follows } = nextTokens(inspection, 1, 1);
    const lens = lensAt(inspection, inspection.layers, 1);
    expect(tokens.map(({ id }) => id)).toEqual(lens.likeliest.map(({ id }) => id));
    tokens.forEach(({ share }, k) => {
      // f32 log-probabilities on one side.
      expect(share).toBeCloseTo(lens.likeliest[k]!.share, 6);
    });
    expect(follows).toBeCloseTo(lens.follows!, 6);
  });

  test('are one token at temperature 0, and near to equal at a high one', () => {
    const cold = nextTokens(inspection, 1, 0);
    expect(cold.tokens.map(({ share }) => share)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(cold.entropy).toBe(0);
    const hot = nextTokens(inspection, 1, 1000);
    expect(hot.entropy).toBeCloseTo(Math.log(30), 4);
    expect(hot.tokens[0]!.share).toBeCloseTo(1 / 30, 3);
  });

  test('nothing follows the last token', () => {
    expect(nextTokens(inspection, T - 1, 1).follows).toBeNull();
    expect(lensAt(inspection, 0, T - 1).follows).toBeNull();
  });
});

test('depths are named from the embedding on', () => {
  expect([0, 1, 2].map(depthName)).toEqual(['embedding', 'after block 1', 'after block 2']);
});
