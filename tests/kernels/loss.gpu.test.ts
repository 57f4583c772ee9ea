/** Cross-entropy forward and backward, and the weighted sum, against f64. */
import { describe, expect, it } from 'vitest';
import { ceil4 } from '../../src/gpu/kernel';
import {
  crossEntropyBackward,
  crossEntropyBackwardVec4,
  crossEntropyForward,
  crossEntropyForwardVec4,
  weightedSumKernel,
} from '../../src/kernels/loss';
import { expectClose, random } from '../reference/compare';
import { crossEntropy } from '../reference/crossEntropy';
import { IGNORE } from '../reference/types';
import { runKernel } from '../support/kernel';
import { inRows, outOfRows } from '../support/rows';

const SHAPES = [
  [1, 1],
  [1, 2],
  [7, 13],
  [33, 31],
  [5, 97],
  [17, 512],
  [2, 2053],
];

/**
 * Sums of at most 2053 positive terms in strided loops; exp may be off by 3 + 2|x| units in the last
 * place (WGSL's limit) for each. Together about 1e-6 of the largest value.
 */
const TOLERANCE = 1e-5;

const make = (N: number, V: number) => ({
  logits: random(N * V, 1).map((x) => 4 * x),
  // Every third row is ignored.
  targets: Array.from({ length: N }, (_, n) => (n % 3 === 1 ? IGNORE : (n * 31 + 5) % V)),
  weight: random(N, 2),
});

/** Every kernel with every shape, and the numbers of a row that it reads. */
const formsOf = <K extends { name: string }>(any: K, vec4: K) =>
  [any, vec4].flatMap((kernel) =>
    SHAPES.map(([N, V]) => ({
      kernel,
      N: N!,
      V: V!,
      S: kernel === any ? V! : ceil4(V!),
      name: `${kernel.name} of [${N}, ${V}]`,
    })),
  );

describe.each([8, 64])('with workgroups of %i', (WG) => {
  const forward = (N: number, V: number, inv_temperature: number, given: object) =>
    runKernel(crossEntropyForward, { N, V, inv_temperature }, { ...given }, { WG });

  it.each(formsOf(crossEntropyForward, crossEntropyForwardVec4))(
    '$name',
    async ({ kernel, N, V, S }) => {
      for (const temperature of [1, 0.5]) {
        const { logits, targets } = make(N, V);
        const params = { N, V, inv_temperature: 1 / temperature };
        const given = { logits: inRows(logits, V, S), targets };
        const actual = await runKernel(kernel, params, given, { WG });
        const expected = crossEntropy(logits, targets, N, V, { temperature });
        expectClose(actual.logprob!, expected.logp, TOLERANCE, 'logprob');
        // Compared on the scale of log V, the most it can be: near-certain rows have an entropy near 0.
        const most = Math.log(V) || 1;
        expected.entropy.forEach((value, n) => {
          expect(Math.abs(actual.entropy![n]! - value) / most).toBeLessThan(TOLERANCE);
        });
        const lse = Array.from({ length: N }, (_, n) => {
          const row = Array.from(logits.slice(n * V, (n + 1) * V), (x) => x / temperature);
          const largest = Math.max(...row);
          return largest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
        });
        expectClose(actual.lse!, lse, TOLERANCE, 'lse');
      }
    },
  );

  it.each(formsOf(crossEntropyBackward, crossEntropyBackwardVec4))(
    '$name, ignored rows are 0',
    async ({ kernel, N, V, S }) => {
      for (const temperature of [1, 0.5]) {
        const { logits, targets, weight } = make(N, V);
        const { lse } = await forward(N, V, 1 / temperature, { logits, targets });
        const written = await runKernel(
          kernel,
          { N, V, inv_temperature: 1 / temperature },
          { logits: inRows(logits, V, S), targets, lse: lse!, weight },
          { WG },
        );
        const actual = outOfRows(written['logits']!, V, S);
        expect(actual.behind.every((x) => x === 0)).toBe(true);
        const expected = crossEntropy(logits, targets, N, V, { temperature, weights: weight });
        if (V === 1) {
          // softmax of one logit is 1: only rounding of lse is left of p − 1.
          for (const value of actual.values) expect(Math.abs(value)).toBeLessThan(TOLERANCE);
        } else {
          expectClose(actual.values, expected.dlogits, TOLERANCE, 'dlogits');
        }
        targets.forEach((target, n) => {
          if (target !== IGNORE) return;
          expect(actual.values.slice(n * V, (n + 1) * V).every((x) => x === 0)).toBe(true);
        });
      }
    },
  );

  it.each([
    [3, [1e4, -1e4, 9999, 0, 0, -1e30]],
    [4, [-1e4, 1e4, 9999, -1e4, 0, 0, -1e30, 0]],
  ])('logits of 1e4 and −1e4 neither overflow nor lose the target: V = %i', async (V, logits) => {
    const targets = [2, 2];
    const params = { N: 2, V, inv_temperature: 1 };
    const expected = crossEntropy(logits, targets, 2, V);
    for (const { kernel, S } of [
      { kernel: crossEntropyForward, S: V },
      { kernel: crossEntropyForwardVec4, S: ceil4(V) },
    ]) {
      const given = { logits: inRows(logits, V, S), targets };
      const { logprob, entropy } = await runKernel(kernel, params, given, { WG });
      expectClose(logprob!, expected.logp, TOLERANCE, 'logprob');
      expectClose(entropy!, expected.entropy, TOLERANCE, 'entropy');
    }
  });

  it.each([1, 7, 64, 65, 1009])('weighted_sum of %i products fills its slot only', async (N) => {
    const a = random(N, 3);
    const b = random(N, 4);
    const before = [10, 20, 30];
    const run = (ACCUMULATE = 0) =>
      runKernel(
        weightedSumKernel,
        { N, slot: 1, S: 3, scale: -0.25 },
        { a, b, out: before },
        { WG, ACCUMULATE },
      );
    const { out } = await run();
    const sum = a.reduce((total, x, i) => total + x * b[i]!, 0);
    const size = a.reduce((total, x, i) => total + Math.abs(x * b[i]!), 0);
    expect(out![0]).toBe(10);
    expect(out![2]).toBe(30);
    expect(Math.abs(out![1]! + 0.25 * sum)).toBeLessThan(TOLERANCE * 0.25 * size);
    expect(await run()).toEqual({ out });
    const added = await run(1);
    expect(Array.from(added.out!)).toEqual([10, Math.fround(20 + out![1]!), 30]);
  });

  it('gives the same bits twice', async () => {
    const { logits, targets } = make(17, 512);
    const once = () => forward(17, 512, 1, { logits, targets });
    expect(await once()).toEqual(await once());
  });
});
