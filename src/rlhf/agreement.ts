/**
 * How far labelers agree: the share of pairs that two of them order alike (Ouyang et al. 2022,
 * section 3.4), and Krippendorff's α, which corrects for chance (Krippendorff 2011).
 */
import type { Ranking } from './rankings';

export interface Agreement {
  /** Items that both ranked. */
  readonly items: number;
  /** Pairs of completions that both order; ties of either leave a pair out. */
  readonly pairs: number;
  /** Of these, how many both order alike. */
  readonly alike: number;
  /** Krippendorff's α over all pairs, ties too; NaN where there is nothing to disagree about. */
  readonly alpha: number;
}

type Ranked = Pick<Ranking, 'prompt' | 'completions' | 'ranks'>;

/** 1 where the first completion is ranked better, −1 where the second is, 0 for a tie. */
const preference = (ranks: readonly number[], first: number, second: number): number =>
  Math.sign(ranks[second]! - ranks[first]!);

/**
 * Krippendorff's α of ratings.
 * @param units the ratings of each unit; units with fewer than two count for nothing
 * @param distance squared difference δ² of two ratings
 */
export function krippendorffAlpha(
  units: readonly (readonly number[])[],
  distance: (a: number, b: number) => number = (a, b) => (a - b) ** 2,
): number {
  const paired = units.filter((ratings) => ratings.length > 1);
  const all = paired.flat();
  let observed = 0;
  for (const ratings of paired) {
    for (let i = 0; i < ratings.length; i++) {
      for (let j = 0; j < i; j++) {
        observed += (2 * distance(ratings[i]!, ratings[j]!)) / (ratings.length - 1);
      }
    }
  }
  const counts = new Map<number, number>();
  for (const rating of all) counts.set(rating, (counts.get(rating) ?? 0) + 1);
  let expected = 0;
  for (const [a, n] of counts) for (const [b, m] of counts) expected += n * m * distance(a, b);
  return expected === 0 ? Number.NaN : 1 - ((all.length - 1) * observed) / expected;
}

/**
 * Agreement over items in which both ranked the same completions of a prompt.
 * @param pairs two rankings of one item each; completions in the same order in both
 */
export function agreementOf(pairs: readonly (readonly [Ranked, Ranked])[]): Agreement {
  let both = 0;
  let alike = 0;
  const units: number[][] = [];
  for (const [one, other] of pairs) {
    for (let i = 0; i < one.ranks.length; i++) {
      for (let j = 0; j < i; j++) {
        const ratings = [preference(one.ranks, i, j), preference(other.ranks, i, j)];
        // Which completion of a pair comes first means nothing: both ways count.
        units.push(
          ratings,
          ratings.map((rating) => -rating),
        );
        if (ratings[0] === 0 || ratings[1] === 0) continue;
        both++;
        if (ratings[0] === ratings[1]) alike++;
      }
    }
  }
  return { items: pairs.length, pairs: both, alike, alpha: krippendorffAlpha(units) };
}

const keyOf = ({ prompt, completions }: Ranked) => JSON.stringify([prompt, completions]);

/** Each ranking of the one with each of the other's rankings of the same completions. */
export function pairedRankings<A extends Ranked, B extends Ranked>(
  one: readonly A[],
  other: readonly B[],
): [A, B][] {
  const byItem = new Map<string, B[]>();
  for (const ranking of other) {
    const key = keyOf(ranking);
    byItem.set(key, [...(byItem.get(key) ?? []), ranking]);
  }
  return one.flatMap((mine) =>
    (byItem.get(keyOf(mine)) ?? []).map((theirs): [A, B] => [mine, theirs]),
  );
}
