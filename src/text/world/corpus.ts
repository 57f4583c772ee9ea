/** The base corpus ("the web"): stories, fact pages, forum threads and skills. */
import { allClaims, claimsAbout } from './facts';
import type { Scale } from './families/family';
import { forumThread } from './forum';
import { capitalise, entitiesOf, entityKind, valuesOf } from './lexicon';
import type { Random } from './random';
import { story } from './scenes';
import { skillDocument } from './skills';
import type { FactTable, WorldPreset } from './types';
import { doubleStatement, predicate, statement } from './wording';

/** Shares of the characters, in percent. */
export const SHARES = { stories: 30, facts: 20, forum: 25, skills: 25 } as const;

/** Three to eight sentences about a small cast; a new scene may bring someone new. */
export function storyDocument(town: FactTable, random: Random): string {
  const lines: string[] = [];
  const target = 3 + random.int(6);
  let hero = random.pick([...town.lexicon.people, ...town.lexicon.animals]);
  while (lines.length < target) {
    const others = entitiesOf(town.lexicon).filter((entity) => entity !== hero);
    const cast = [hero, ...random.sample(others, 1 + random.int(2))];
    lines.push(...story(town, cast, 2 + random.int(2), random));
    if (random.chance(30)) hero = random.pick(town.lexicon.people);
  }
  return lines.slice(0, target).map(capitalise).join(' ');
}

/** A page about one entity, or about one value of many, in varied wordings. */
export function factDocument(town: FactTable, random: Random): string {
  if (random.chance(60)) return entityPage(town, random.pick(entitiesOf(town.lexicon)), random);
  const claims = allClaims(town);
  if (random.chance(50)) {
    return random
      .sample(claims, 3 + random.int(3))
      .map((claim) => statement(town, claim, random))
      .join(' ');
  }
  const { attribute } = random.pick(claims);
  const value = random.pick(valuesOf(town.lexicon, attribute));
  const alike = claims.filter((c) => c.attribute === attribute && c.value === value);
  const lines = random.sample(alike, 4).map((claim) => statement(town, claim, random));
  return lines.length > 0
    ? lines.join(' ')
    : entityPage(town, random.pick(town.lexicon.animals), random);
}

function entityPage(town: FactTable, subject: string, random: Random): string {
  const claims = random.shuffle(claimsAbout(town, subject));
  const kind = entityKind(town.lexicon, subject);
  const lines: string[] = [];
  while (claims.length > 0) {
    const claim = claims.pop()!;
    const hasPronoun = (kind === 'animal' || kind === 'thing') && lines.length > 0;
    if (hasPronoun && random.chance(40)) lines.push(`It ${predicate(town, claim, random)}.`);
    else if (claims.length > 0 && random.chance(35)) {
      lines.push(doubleStatement(town, claim, claims.pop()!, random));
    } else lines.push(statement(town, claim, random));
  }
  return lines.join(' ');
}

/** Documents of all kinds, shuffled, `characters` long in all. */
export function makeCorpus(
  town: FactTable,
  preset: WorldPreset,
  scale: Scale,
  reserved: ReadonlySet<string>,
  characters: number,
  random: Random,
): string[] {
  const makers = {
    stories: () => storyDocument(town, random),
    facts: () => factDocument(town, random),
    forum: () => forumThread(town, scale, reserved, random),
    skills: () => skillDocument(town, preset, reserved, random),
  } satisfies Record<keyof typeof SHARES, () => string>;
  const documents: string[] = [];
  for (const kind of Object.keys(SHARES) as (keyof typeof SHARES)[]) {
    let left = Math.floor((characters * SHARES[kind]) / 100);
    while (left > 0) {
      const document = makers[kind]();
      documents.push(document);
      left -= document.length;
    }
  }
  return random.shuffle(documents);
}
