/** What crosses the worker's boundary when people judge: items to rank, rankings, agreement, duels. */
import type { Writer } from '../config/stages';

/** A prompt with K completions in the blind order in which they are shown. */
export interface RankingItem {
  readonly id: string;
  readonly prompt: string;
  /** In shown order; what wrote each is kept in the lab until the item is submitted. */
  readonly completions: readonly string[];
  /** Items ranked by this labeler so far. */
  readonly done: number;
}

/** A labeler's judgement of an item, in shown order. */
export interface RankingSubmission {
  readonly id: string;
  readonly labeler: string;
  /** 1 is best; equal ranks are ties. Null when the item was skipped. */
  readonly ranks: readonly number[] | null;
  /** 1 to 7, or null where not given. */
  readonly likert: readonly (number | null)[];
  readonly flags: readonly (readonly string[])[];
  readonly seconds: number;
  /** Why it was skipped. */
  readonly reason?: string;
}

/** What wrote each completion of a submitted item, in shown order. */
export interface RankingReveal {
  readonly writers: readonly Writer[];
  /** Ordered pairs that this ranking gives. */
  readonly pairs: number;
  /** Where this labeler had ranked the item before: the pairs of both times, and those alike. */
  readonly again?: { readonly pairs: number; readonly alike: number };
}

/** Pairs that two rankers both order, those ordered alike, and Krippendorff's α over all pairs. */
export interface PairAgreement {
  readonly items: number;
  readonly pairs: number;
  readonly alike: number;
  readonly alpha: number;
}

/** A labeler's agreement with everyone who has an opinion on the same items; null: no pairs. */
export interface LabelerAgreement {
  /** Items that this labeler has ranked. */
  readonly items: number;
  /** With themselves, on items that came a second time. */
  readonly self: PairAgreement | null;
  /** With other people, one by one. */
  readonly others: readonly (PairAgreement & { readonly labeler: string })[];
  /** With the simulated training labelers, all eight together. */
  readonly simulated: PairAgreement | null;
  /** Of the simulated labelers with each other, on this labeler's items. */
  readonly betweenSimulated: PairAgreement | null;
  /** With the reward model; null where it was not asked or does not exist. */
  readonly rewardModel: PairAgreement | null;
}

/** Two answers to one prompt, blind; `left` and `right` are models behind the lab's back. */
export interface DuelItem {
  readonly id: string;
  readonly prompt: string;
  readonly left: string;
  readonly right: string;
}

export interface DuelScore {
  readonly a: Writer;
  readonly b: Writer;
  readonly judge: string;
  /** Mean win of `a` over `b`, a tie counting ½, with its 95 % interval over prompts. */
  readonly mean: number;
  readonly ci95: readonly [number, number];
  readonly n: number;
}
