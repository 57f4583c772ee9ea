/**
 * Simulated labelers: each is a set of weights for the qualities of an answer, a taste and a noise.
 * Eight label the training data, four are held out. The true reward is the noise-free mean
 * utility of the eight, and training never sees it.
 */
import { exactExp, Random } from './random';
import { aptLength, score } from './scorer';
import type { Brief, Flag, Labeler, Labels, Quality, Score, World } from './types';

const NAMES = 'Ash Birch Cedar Elm Fir Hazel Larch Maple Oak Pine Rowan Willow'.split(' ');
const TRAINING = 8;

/** Mean weights before normalising. */
const WEIGHTS: Readonly<Record<Quality, number>> = {
  helpful: 0.34,
  honest: 0.18,
  harmless: 0.14,
  wellFormed: 0.1,
  aptLength: 0.16,
  warmth: 0.08,
};

const QUALITIES = Object.keys(WEIGHTS) as Quality[];

/** Spread of the logarithm of a weight over labelers. */
const WEIGHT_SPREAD = 0.6;
/** Spread of the logarithm of the taste for length. */
const BREVITY_SPREAD = 0.25;
/** Deviation of a labeler's noise: set so that two agree on 73 % of the pairs that are ranked. */
const NOISE = 0.12;
/** Spread of the logarithm of the noise. */
const NOISE_SPREAD = 0.2;
/** Utilities closer than this are tied. */
export const TIE = 0.03;

/** Draws for a group of labelers, shifted to mean 0, so that a group's mean taste is the intended. */
function centred(group: readonly string[], label: string): number[] {
  const draws = group.map((name) => new Random(0, `${label}:${name}`).normal());
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  return draws.map((draw) => draw - mean);
}

/** The twelve labelers: the same people in every world, so that their agreement can be relied on. */
export function makeLabelers(): Labeler[] {
  const groups = [NAMES.slice(0, TRAINING), NAMES.slice(TRAINING)];
  return groups.flatMap((group, g) => {
    const spreads = QUALITIES.map((quality) => centred(group, quality));
    const brevity = centred(group, 'brevity');
    const noise = centred(group, 'noise');
    return group.map((name, i): Labeler => {
      const raw = QUALITIES.map((q, k) => WEIGHTS[q] * exactExp(WEIGHT_SPREAD * spreads[k]![i]!));
      const sum = raw.reduce((acc, weight) => acc + weight, 0);
      const weights = Object.fromEntries(QUALITIES.map((q, k) => [q, raw[k]! / sum]));
      return {
        name,
        split: g === 0 ? 'train' : 'heldout',
        weights: weights as Record<Quality, number>,
        brevity: exactExp(BREVITY_SPREAD * brevity[i]!),
        noise: NOISE * exactExp(NOISE_SPREAD * noise[i]!),
      };
    });
  });
}

/** A labeler's noise-free utility of a score, in [0, 1]. */
export function utility(labeler: Labeler, scored: Score): number {
  const { weights, brevity } = labeler;
  const [least, most] = scored.aptWords;
  let sum = weights.aptLength * aptLength(scored.words, [least * brevity, most * brevity]);
  for (const quality of QUALITIES) {
    if (quality !== 'aptLength') sum += weights[quality] * scored[quality];
  }
  return sum;
}

/** Mean utility of the training labelers, without noise, in [0, 1]. */
export function trueReward(
  world: Pick<World, 'facts' | 'labelers'>,
  brief: Brief,
  completion: string,
): number {
  const scored = score(world, brief, completion);
  return trueRewardOf(world.labelers, scored);
}

/** The same, of a score already made. */
export function trueRewardOf(labelers: readonly Labeler[], scored: Score): number {
  const training = labelers.filter((labeler) => labeler.split === 'train');
  return training.reduce((sum, labeler) => sum + utility(labeler, scored), 0) / training.length;
}

/**
 * Ranks the K scored completions of a prompt. The noise depends on the labeler and `key` alone, so
 * the same work is done the same way again. Utilities within `TIE` of the best of a group are
 * tied with it.
 */
export function rank(labeler: Labeler, scores: readonly Score[], key: string): Labels {
  const random = new Random(0, `rank:${labeler.name}:${key}`);
  const felt = scores.map((scored) => utility(labeler, scored) + labeler.noise * random.normal());
  const order = felt.map((_, i) => i).sort((a, b) => felt[b]! - felt[a]! || a - b);
  const ranks = new Array<number>(scores.length).fill(0);
  let current = 0;
  let top = Number.POSITIVE_INFINITY;
  for (const i of order) {
    if (current === 0 || top - felt[i]! >= TIE) {
      current += 1;
      top = felt[i]!;
    }
    ranks[i] = current;
  }
  return {
    ranks,
    likert: felt.map(likert),
    flags: scores.map((scored): Flag[] => [...scored.flags]),
  };
}

/** Utility as 1 to 7: .95 and more is 7, .2 and less is 1. */
function likert(felt: number): number {
  return 1 + Math.min(6, Math.max(0, Math.round(((felt - 0.2) / 0.75) * 6)));
}

/** One labeler's ranking of a prompt's completions. */
export interface RankedPrompt {
  prompt: string;
  labeler: string;
  ranks: readonly number[];
}

/**
 * Share of agreement over the pairs that two labelers of one prompt both order (ties are left
 * out), and how many such pairs there are.
 */
export function labelAgreement(rankings: readonly RankedPrompt[]): {
  agreement: number;
  pairs: number;
} {
  const byPrompt = new Map<string, RankedPrompt[]>();
  for (const ranking of rankings) {
    byPrompt.set(ranking.prompt, [...(byPrompt.get(ranking.prompt) ?? []), ranking]);
  }
  let pairs = 0;
  let agreed = 0;
  for (const group of byPrompt.values()) {
    for (let a = 0; a < group.length; a++) {
      for (let b = a + 1; b < group.length; b++) {
        const first = group[a]!.ranks;
        const second = group[b]!.ranks;
        for (let i = 0; i < first.length; i++) {
          for (let j = i + 1; j < first.length; j++) {
            const product = (first[i]! - first[j]!) * (second[i]! - second[j]!);
            if (product === 0) continue;
            pairs += 1;
            if (product > 0) agreed += 1;
          }
        }
      }
    }
  }
  return { agreement: pairs === 0 ? Number.NaN : agreed / pairs, pairs };
}
