/**
 * Applies learned merges to one word. The pair with the lowest rank is merged first, leftmost
 * among equals, until no neighbouring pair has a merge (Sennrich et al. 2016, algorithm 1). A heap
 * over a linked list keeps this at O(n log n), so that a megabyte without a space is no trap.
 */

import { Heap } from './heap';

/** A pair of neighbouring token ids as one number; exact for ids below 2²⁶. */
export const pairKey = (left: number, right: number): number => left * 0x4000000 + right;

interface Candidate {
  rank: number;
  /** Index of the pair's left symbol in the word. */
  at: number;
}

export class MergeTable {
  private readonly ranks = new Map<number, number>();
  private readonly results: number[] = [];

  /** `merges` in rank order: the two ids that are merged and the id that results. */
  constructor(merges: readonly (readonly [left: number, right: number, result: number])[]) {
    for (const [left, right, result] of merges) {
      this.ranks.set(pairKey(left, right), this.results.length);
      this.results.push(result);
    }
  }

  /** Merges `symbols` (one id a byte) as far as the table goes and returns the remaining ids. */
  apply(symbols: readonly number[]): number[] {
    if (symbols.length < 2) return [...symbols];
    const { ranks, results } = this;
    const ids = [...symbols];
    const end = ids.length;
    const next = ids.map((_, i) => i + 1);
    const previous = ids.map((_, i) => i - 1);
    const queue = new Heap<Candidate>(
      (a, b) => a.rank < b.rank || (a.rank === b.rank && a.at < b.at),
    );
    const rankAt = (at: number): number | undefined =>
      next[at] < end ? ranks.get(pairKey(ids[at], ids[next[at]])) : undefined;
    const propose = (at: number) => {
      const rank = rankAt(at);
      if (rank !== undefined) queue.push({ rank, at });
    };
    for (let at = 0; at + 1 < end; at++) propose(at);

    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      // The entry is stale when its left symbol is gone or the pair there now gives another token.
      if (ids[top.at] === -1) continue;
      const rank = rankAt(top.at);
      if (rank === undefined || results[rank] !== results[top.rank]) continue;
      const gone = next[top.at];
      ids[top.at] = results[rank];
      ids[gone] = -1;
      next[top.at] = next[gone];
      if (next[gone] < end) previous[next[gone]] = top.at;
      if (previous[top.at] >= 0) propose(previous[top.at]);
      propose(top.at);
    }
    return ids.filter((id) => id !== -1);
  }
}
