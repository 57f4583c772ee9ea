/**
 * Whole answers from a family's sentences, in the many manners of people: hedging, curt, wordy,
 * with a kind word at the end. Uniform demonstrations leave a reward model nothing to see.
 */
import { FAMILIES } from './families';
import type { Manner } from './families/family';
import { capitalise, entityKind } from './lexicon';
import { HEDGES, PHRASES } from './phrases';
import type { Random } from './random';
import type { Brief, FactTable } from './types';

/** Shares of the manners, in percent; `kinder`: of the kind ones, who find no end. */
export const MANNERS = { hedging: 15, curt: 20, wordy: 20, kind: 30, kinder: 20 } as const;

/** `I think the owl is green.` */
export function hedge(town: FactTable, sentence: string, random: Random): string {
  const beginning = random.pick(HEDGES);
  const first = sentence.split(/[\s,.]/, 1)[0]!;
  const keeps = first === 'I' || entityKind(town.lexicon, first) === 'person';
  return `${beginning} ${keeps ? sentence : sentence.charAt(0).toLowerCase() + sentence.slice(1)}`;
}

/** A kind ending. */
export function kindSentence(random: Random): string {
  return `${random.pick(PHRASES.kind)}.`;
}

/** An answer in a manner drawn with the shares of `MANNERS`. */
export function composeAnswer(
  town: FactTable,
  brief: Brief,
  random: Random,
  mistaken = false,
): string {
  const draw = random.int(100);
  const length: Manner['length'] =
    draw < MANNERS.curt ? 'curt' : draw < MANNERS.curt + MANNERS.wordy ? 'wordy' : 'plain';
  const lines = FAMILIES[brief.family]
    .answer(town, brief, { length, mistaken }, random)
    .map(capitalise);
  if (random.chance(MANNERS.hedging)) lines[0] = hedge(town, lines[0]!, random);
  if (random.chance(MANNERS.kind)) {
    lines.push(kindSentence(random));
    if (random.chance(MANNERS.kinder)) lines.push(kindSentence(random));
  }
  return lines.join(' ');
}
