/** attention_probabilities against f64 and the rows' sums; top_tokens against a sort, to the bit. */
import { describe, expect, it } from 'vitest';
import { attentionForward } from '../../src/kernels/attention';
import { attentionProbabilities, topTokens } from '../../src/kernels/inside';
import * as reference from '../reference/attention';
import { expectClose, random } from '../reference/compare';
import { runKernel } from '../support/kernel';

/**
 * Scores of a few units in f32 are off by 1e-6 at most, and so is, relatively, their exponential
 * (WGSL allows it 3 + 2|x| units in the last place); a wrong term is off by far more than 1e-5.
 */
const TOLERANCE = 1e-5;

describe.each([8, 64])('attention_probabilities, workgroups of %i', (WG) => {
  it.each([
    { B: 1, T: 1, H: 1, D: 4 },
    { B: 2, T: 7, H: 3, D: 4 },
    { B: 1, T: 65, H: 2, D: 20 },
    { B: 3, T: 13, H: 2, D: 16 },
    { B: 1, T: 9, H: 1, D: 128 },
  ])('writes out the softmax that the forward pass used: $B, $T, $H, $D', async (shape) => {
    const { B, T, H, D } = shape;
    const qkv = random(B * T * 3 * H * D, 3);
    const { lse } = await runKernel(attentionForward, shape, { qkv }, { D4: D / 4 });
    const { probs } = await runKernel(attentionProbabilities, shape, { qkv, lse: lse! }, { WG });
    const expected = reference.attentionForward(qkv, { B, T, C: H * D, H }).probs;
    expectClose(probs!, expected, TOLERANCE, 'probs');
    for (let row = 0; row < B * H * T; row++) {
      const weights = Array.from(probs!.subarray(row * T, (row + 1) * T));
      expect(Math.abs(weights.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(TOLERANCE);
      expect(weights.slice((row % T) + 1).every((p) => p === 0)).toBe(true);
    }
  });
});

describe.each([8, 64])('top_tokens, workgroups of %i', (WG) => {
  const sorted = (row: readonly number[]) =>
    row.map((value, id) => ({ value, id })).sort((a, b) => b.value - a.value || a.id - b.id);

  it.each([
    { N: 1, V: 1, K: 1 },
    { N: 5, V: 53, K: 8 },
    { N: 3, V: 33, K: 33 },
    { N: 130, V: 64, K: 3 },
  ])('are the largest in order: $N rows of $V, $K of them', async ({ N, V, K }) => {
    const logits = Float32Array.from(random(N * V, 4));
    const { ids, values } = await runKernel(topTokens, { N, V, K }, { logits }, { WG });
    for (let n = 0; n < N; n++) {
      const expected = sorted(Array.from(logits.subarray(n * V, (n + 1) * V))).slice(0, K);
      expect(Array.from(ids!.subarray(n * K, (n + 1) * K))).toEqual(expected.map(({ id }) => id));
      const met = Array.from(values!.subarray(n * K, (n + 1) * K));
      expect(met).toEqual(expected.map(({ value }) => value));
    }
  });

  it('gives equal logits by their ids', async () => {
    const logits = [1, 3, 2, 3, 3, -1, 2];
    const { ids } = await runKernel(topTokens, { N: 1, V: 7, K: 6 }, { logits }, { WG });
    expect(Array.from(ids!)).toEqual([1, 3, 4, 2, 6, 0]);
  });
});
