/** The K-wise ranking loss against f64: ties, uneven K, empty rows, one-sided and enormous margins. */
import { describe, expect, it } from 'vitest';
import { pairwiseLoss } from '../../src/kernels/rlhf';
import { expectClose, random } from '../reference/compare';
import * as reference from '../reference/pairwise';
import { runKernel } from '../support/kernel';

interface Batch {
  T: number;
  /** Prompt of each completion; −1 is an empty row. */
  group: number[];
  rank: number[];
  length: number[];
}

const BATCHES: Record<string, Batch> = {
  'one pair': { T: 1, group: [0, 0], rank: [1, 2], length: [1, 1] },
  'K of 4 and 2, ties, and empty rows between': {
    T: 7,
    group: [0, 0, -1, 1, 0, 0, 1, -1],
    rank: [2, 1, 0, 1, 2, 3, 2, 9],
    length: [7, 1, 0, 3, 6, 5, 2, 0],
  },
  'nine completions of each of nine prompts': {
    T: 13,
    group: Array.from({ length: 81 }, (_, s) => Math.floor(s / 9)),
    rank: Array.from({ length: 81 }, (_, s) => 1 + ((s * 5 + Math.floor(s / 9)) % 7)),
    length: Array.from({ length: 81 }, (_, s) => 1 + (s % 13)),
  },
  'a prompt whose completions all tie makes no pair': {
    T: 3,
    group: [0, 0, 1, 1, 1],
    rank: [1, 1, 3, 1, 2],
    length: [1, 2, 3, 1, 2],
  },
};

/** weight[s] = 1/(pairs of its prompt · prompts with a pair). */
function weightsOf({ group, rank }: Batch): number[] {
  const pairs = new Map<number, number>();
  group.forEach((g, a) => {
    group.forEach((other, b) => {
      if (g >= 0 && g === other && rank[a]! < rank[b]!) pairs.set(g, (pairs.get(g) ?? 0) + 1);
    });
  });
  return group.map((g) => (pairs.has(g) ? 1 / (pairs.get(g)! * pairs.size) : 0));
}

/** Where each completion ends, one a row of T tokens; what an empty row says is never looked at. */
const lastOf = ({ T, length }: Batch) =>
  length.map((tokens, s) => (tokens === 0 ? 1e6 : s * T + tokens - 1));

/** Sums of at most 300 pairs in f32. */
const TOLERANCE = 1e-5;

describe.each([8, 64])('pairwise_loss with workgroups of %i', (WG) => {
  const run = (batch: Batch, scores: ArrayLike<number>, stats?: ArrayLike<number>) => {
    const { T, group, rank } = batch;
    const given = { scores, last: lastOf(batch), group, rank, weight: weightsOf(batch) };
    const added = stats ? { stats } : {};
    const constants = { WG, ACCUMULATE: stats ? 1 : 0 };
    return runKernel(
      pairwiseLoss,
      { S: group.length, N: group.length * T },
      { ...given, ...added },
      constants,
    );
  };

  async function check(batch: Batch, size: number) {
    const { T, group, rank, length } = batch;
    const scores = random(group.length * T, 1).map((x) => size * x);
    const actual = await run(batch, scores);
    // The reference knows no empty rows: only the filled ones are given to it.
    const filled = group.flatMap((g, s) => (g < 0 ? [] : [s]));
    const of = (values: ArrayLike<number>) => filled.map((s) => values[s]!);
    const read = filled.map((s) => scores[s * T + length[s]! - 1]!);
    const exact = reference.pairwiseLoss(read, of(group), of(rank));
    const picked = new Float64Array(group.length);
    const dscores = new Float64Array(group.length * T);
    filled.forEach((s, i) => {
      picked[s] = read[i]!;
      dscores[s * T + length[s]! - 1] = exact.dscores[i]!;
    });
    expectClose(actual.picked!, picked, TOLERANCE, 'picked');
    expectClose(actual.dscores!, dscores, TOLERANCE, 'dscores');
    const [loss, correct, pairs, margin] = actual.stats!;
    expectClose([loss!], [exact.loss], TOLERANCE, 'loss');
    expect([correct, pairs]).toEqual([exact.correct, exact.pairs]);
    const total = exact.margin * exact.pairs;
    expect(Math.abs(margin! - total)).toBeLessThan(TOLERANCE * size * (1 + exact.pairs));
    expect(await run(batch, scores), 'same bits twice').toEqual(actual);
    const before = [0.5, 3, 7, -2];
    const { stats, ...others } = await run(batch, scores, before);
    const sums = before.map((value, i) => Math.fround(value + actual.stats![i]!));
    expect({ ...others, stats: Array.from(stats!) }, 'added to the parts before').toEqual({
      picked: actual.picked,
      dscores: actual.dscores,
      stats: sums,
    });
  }

  it.each(Object.keys(BATCHES))('%s', async (name) => check(BATCHES[name]!, 1));

  it('finds the scores of completions wherever they end', async () => {
    const [group, rank] = [
      [0, 0, 1, 1],
      [1, 2, 2, 1],
    ];
    const last = [8, 3, 0, 5];
    const scores = random(10, 4);
    const weight = [0.5, 0.5, 0.5, 0.5];
    const given = { scores, last, group: group!, rank: rank!, weight };
    const { dscores, picked } = await runKernel(pairwiseLoss, { S: 4, N: 10 }, given, { WG });
    const read = last.map((n) => scores[n]!);
    expectClose(picked!, read, 1e-6, 'picked');
    const expected = new Float64Array(10);
    const exact = reference.pairwiseLoss(read, group!, rank!);
    last.forEach((n, s) => {
      expected[n] = exact.dscores[s]!;
    });
    expectClose(dscores!, expected, TOLERANCE, 'dscores');
  });

  it('margins of hundreds neither overflow nor vanish', async () => {
    await check(BATCHES['K of 4 and 2, ties, and empty rows between']!, 300);
  });

  it('equal scores are ln 2 a pair and not counted as ordered', async () => {
    const batch = BATCHES['one pair']!;
    const { stats, dscores } = await run(batch, [3, 3]);
    expectClose(stats!, [Math.LN2, 0, 1, 0], 1e-6);
    expectClose(dscores!, [-0.5, 0.5], 1e-6);
  });
});
