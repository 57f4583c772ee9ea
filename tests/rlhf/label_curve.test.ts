/** Shares of the labels, and an accuracy whose interval is over prompts. */
import { describe, expect, test } from 'vitest';
import { accuracyOverPrompts, rankingsOfShare, SHARES } from '../../src/rlhf/label_curve';
import type { Ranking } from '../../src/rlhf/rankings';

const ranking = (prompt: string, ranks: number[], labeler = 'one'): Ranking => ({
  prompt,
  completions: ranks.map((_, k) => `${prompt} ${k}`),
  ranks,
  likert: ranks.map(() => 4),
  flags: ranks.map(() => []),
  labeler,
});

describe('a share of the ranked prompts', () => {
  const rankings = Array.from({ length: 64 }, (_, i) => ranking(`prompt ${i}`, [1, 2]));

  test('has its size, lies within the larger ones, and is the same for the same seed', () => {
    const [eighth, quarter, half, whole] = SHARES.map((share) =>
      rankingsOfShare(rankings, share, 5),
    ) as [Ranking[], Ranking[], Ranking[], Ranking[]];
    expect([eighth, quarter, half, whole].map((some) => some.length)).toEqual([8, 16, 32, 64]);
    for (const [small, large] of [
      [eighth, quarter],
      [quarter, half],
    ] as const) {
      for (const one of small) expect(large).toContain(one);
    }
    expect(whole).toEqual(rankings);
    expect(rankingsOfShare(rankings, 1 / 8, 5)).toEqual(eighth);
    expect(rankingsOfShare(rankings, 1 / 8, 6)).not.toEqual(eighth);
  });

  test('takes all rankings of a prompt or none', () => {
    const twice = rankings.flatMap((one) => [one, { ...one, labeler: 'two' }]);
    const some = rankingsOfShare(twice, 1 / 4, 5);
    expect(some).toHaveLength(32);
    expect(new Set(some.map(({ prompt }) => prompt)).size).toBe(16);
  });
});

describe('the accuracy', () => {
  test('is the share of pairs, equal scores left out', () => {
    const rankings = [ranking('a', [1, 2, 3]), ranking('b', [1, 1, 2])];
    // Three pairs of a, two of b (a tie gives none); one score is equal.
    const { share } = accuracyOverPrompts(rankings, [1, 2, -1, 0, 3]);
    expect(share).toBe(3 / 4);
  });

  test('has the interval of prompts that stand or fall as a whole', () => {
    // 100 prompts of ten equal pairs each: as uncertain as 100 coins, not as 1,000.
    const rankings = Array.from({ length: 100 }, (_, i) => ranking(`${i}`, [1, 2, 3, 4, 5]));
    const margins = rankings.flatMap((_, i) => new Array<number>(10).fill(i < 60 ? 1 : -1));
    const { share, half } = accuracyOverPrompts(rankings, margins);
    expect(share).toBe(0.6);
    expect(half).toBeCloseTo(1.96 * Math.sqrt((0.6 * 0.4) / 100), 10);
  });

  test('counts two labelers of one prompt as one', () => {
    const one = Array.from({ length: 50 }, (_, i) => ranking(`${i}`, [1, 2]));
    const margins = one.map((_, i) => (i % 2 === 0 ? 1 : -1));
    const twice = one.flatMap((row) => [row, { ...row, labeler: 'two' }]);
    const doubled = margins.flatMap((margin) => [margin, margin]);
    expect(accuracyOverPrompts(twice, doubled).half).toBeCloseTo(
      accuracyOverPrompts(one, margins).half,
      12,
    );
  });
});
