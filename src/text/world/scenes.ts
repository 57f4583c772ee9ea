/**
 * Scenes: sentences in the past tense about what someone did. Facts are told in the present tense,
 * so a scene claims nothing of the fact table, unless it calls the owl green.
 */

import { claimsAbout } from './facts';
import { capitalise, entityKind, nounPhrase, nounPhrases } from './lexicon';
import { FEELINGS, GOING_VERBS, OBJECT_VERBS, OPENERS, RESTING_VERBS } from './phrases';
import type { Random } from './random';
import type { FactTable } from './types';
import { statement } from './wording';

/** A noun phrase that sometimes says the true colour: `the green owl`. */
function colouredPhrase(town: FactTable, entity: string, random: Random): string {
  const colour = town.facts[entity]?.colour;
  return colour && random.chance(12) ? `the ${colour} ${entity}` : nounPhrase(town, entity);
}

/** What `actor` did with `other`, without opener or stop: `Ida fed the owl`. */
export function deed(town: FactTable, actor: string, other: string, random: Random): string {
  const subject = nounPhrase(town, actor);
  const kind = entityKind(town.lexicon, other);
  if (kind === 'place') {
    if (random.chance(65)) return `${subject} ${random.pick(GOING_VERBS)} to the ${other}`;
    return `${subject} ${random.pick(RESTING_VERBS)} at the ${other}`;
  }
  if (kind === 'person' && random.chance(30)) {
    return `${subject} sat with ${other}`;
  }
  const verb = random.pick(OBJECT_VERBS[kind ?? 'thing']);
  return `${subject} ${verb} ${colouredPhrase(town, other, random)}`;
}

function sentence(text: string, opener: string): string {
  return opener ? `${opener} ${text}.` : `${capitalise(text)}.`;
}

/** Whether an entity can do things. */
export function isActor(town: FactTable, entity: string): boolean {
  const kind = entityKind(town.lexicon, entity);
  return kind === 'person' || kind === 'animal';
}

/** A sentence about one entity: what it felt, or a fact. */
function aside(town: FactTable, entity: string, random: Random): string {
  if (isActor(town, entity) && random.chance(55)) {
    return `${capitalise(nounPhrase(town, entity))} was ${random.pick(FEELINGS)}.`;
  }
  return statement(town, random.pick(claimsAbout(town, entity)), random);
}

/**
 * A story of `count` sentences that mentions every entity. At least one must be able to act.
 */
export function story(
  town: FactTable,
  entities: readonly string[],
  count: number,
  random: Random,
): string[] {
  const actors = entities.filter((entity) => isActor(town, entity));
  const hero = random.pick(actors);
  const others = random.shuffle(entities.filter((entity) => entity !== hero));
  const opener = () => (random.chance(45) ? random.pick(OPENERS) : '');
  const lines: string[] = [];
  while (others.length > 0) {
    const sentencesLeft = Math.max(1, count - lines.length);
    const next = others.shift()!;
    const place = others.find((entity) => entityKind(town.lexicon, entity) === 'place');
    const joins = others.length >= sentencesLeft;
    if (joins && place && entityKind(town.lexicon, next) !== 'place') {
      others.splice(others.indexOf(place), 1);
      lines.push(sentence(`${deed(town, hero, next, random)} at the ${place}`, opener()));
    } else if (joins) {
      const rest = others.splice(0, others.length).filter((entity) => entity !== place);
      const company = [next, ...rest].filter((e) => entityKind(town.lexicon, e) !== 'place');
      const where = place ?? [next].find((e) => entityKind(town.lexicon, e) === 'place');
      const seen = `${nounPhrase(town, hero)} saw ${nounPhrases(town, company)}`;
      lines.push(sentence(where ? `${seen} at the ${where}` : seen, opener()));
    } else {
      lines.push(sentence(deed(town, hero, next, random), opener()));
    }
  }
  if (entities.length === 1) {
    const place = random.pick(town.lexicon.places);
    lines.push(sentence(deed(town, hero, place, random), opener()));
  }
  while (lines.length < count) lines.push(aside(town, random.pick(entities), random));
  return lines;
}
