/** Facts as sentences and as questions, each in several wordings. */
import { capitalise, entityKind, nounPhrase } from './lexicon';
import type { Random } from './random';
import type { Attribute, Claim, FactTable } from './types';

/** The predicate of a claim about its own subject: `is green`, `lives at the mill`. */
export function predicate(town: FactTable, claim: Claim, random: Random): string {
  const { attribute, value, subject } = claim;
  switch (attribute) {
    case 'job':
      return random.chance(70) ? `is a ${value}` : `works as a ${value}`;
    case 'home':
      return entityKind(town.lexicon, subject) === 'person'
        ? `lives at the ${value}`
        : `sleeps at the ${value}`;
    case 'pet':
      return `has a pet ${value}`;
    case 'food':
      return random.chance(50) ? `likes ${value}` : `eats ${value}`;
    case 'colour':
      return `is ${value}`;
    case 'sound':
      return `says ${value}`;
    case 'material':
      return `is made of ${value}`;
    case 'use':
      return `is for ${value}`;
    case 'found':
    case 'worker':
      throw new RangeError(`A place's ${attribute} is said of ${value}, not of ${subject}.`);
  }
}

/** A claim as a clause without its full stop, not capitalised: `the owl is green`. */
export function clause(town: FactTable, claim: Claim, random: Random): string {
  const { attribute, value, subject } = claim;
  if (attribute === 'found') {
    return random.chance(60)
      ? `the ${value} is at the ${subject}`
      : `at the ${subject} is the ${value}`;
  }
  if (attribute === 'worker') return `${value} works at the ${subject}`;
  if (attribute === 'colour' && random.chance(15)) {
    return `the colour of the ${subject} is ${value}`;
  }
  return `${nounPhrase(town, subject)} ${predicate(town, claim, random)}`;
}

/** A claim as a sentence. */
export function statement(town: FactTable, claim: Claim, random: Random): string {
  return `${capitalise(clause(town, claim, random))}.`;
}

/** Two claims about one subject in one sentence: `Ida is a baker and likes soup.` */
export function doubleStatement(
  town: FactTable,
  first: Claim,
  second: Claim,
  random: Random,
): string {
  if (isOfPlace(first) || isOfPlace(second)) {
    return `${capitalise(clause(town, first, random))} and ${clause(town, second, random)}.`;
  }
  const subject = capitalise(nounPhrase(town, first.subject));
  return `${subject} ${predicate(town, first, random)} and ${predicate(town, second, random)}.`;
}

function isOfPlace(claim: Claim): boolean {
  return claim.attribute === 'found' || claim.attribute === 'worker';
}

/** A question for one attribute of one or two subjects. */
export function question(
  town: FactTable,
  attribute: Attribute,
  subjects: readonly string[],
): string {
  const who = subjects.map((subject) => nounPhrase(town, subject)).join(' and ');
  const two = subjects.length > 1;
  const does = two ? 'do' : 'does';
  const is = two ? 'are' : 'is';
  switch (attribute) {
    case 'job':
      return two ? `What are the jobs of ${who}?` : `What is the job of ${who}?`;
    case 'home':
      return `Where ${does} ${who} ${entityKind(town.lexicon, subjects[0]!) === 'person' ? 'live' : 'sleep'}?`;
    case 'pet':
      return two ? `What are the pets of ${who}?` : `What is the pet of ${who}?`;
    case 'food':
      return `What ${does} ${who} eat?`;
    case 'colour':
      return `What colour ${is} ${who}?`;
    case 'sound':
      return `What ${does} ${who} say?`;
    case 'material':
      return `What ${is} ${who} made of?`;
    case 'use':
      return `What ${is} ${who} for?`;
    case 'found':
      return `What is at ${who}?`;
    case 'worker':
      return `Who works at ${who}?`;
  }
}

/** A claim's value as a curt answer: `Green.`, `At the mill.` */
export function curtAnswer(claim: Claim): string {
  const { attribute, value } = claim;
  switch (attribute) {
    case 'job':
      return `A ${value}.`;
    case 'home':
      return `At the ${value}.`;
    case 'pet':
      return `The ${value}.`;
    case 'found':
      return `The ${value}.`;
    default:
      return `${capitalise(value)}.`;
  }
}
