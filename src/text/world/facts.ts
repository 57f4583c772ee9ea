/**
 * The town's fact table, drawn at random from its words: in one seed's town the owl is green. A
 * model can know a fact only from the corpus, so a wrong one is a hallucination beyond doubt.
 */
import { ATTRIBUTES, entitiesOf, entityKind, makeLexicon, valuesOf } from './lexicon';
import { Random } from './random';
import type { Attribute, Claim, FactTable, WorldPreset } from './types';

/** The fact table of a seed and a size. Values are dealt evenly, so none is a safe guess. */
export function makeFacts(seed: number, preset: WorldPreset): FactTable {
  const lexicon = makeLexicon(preset);
  const random = new Random(seed, `facts:${preset}`);
  const facts: Record<string, Partial<Record<Attribute, string>>> = {};
  for (const entity of entitiesOf(lexicon)) facts[entity] = {};
  const groups = [lexicon.people, lexicon.animals, lexicon.things, lexicon.places];
  for (const group of groups) {
    for (const attribute of ATTRIBUTES[entityKind(lexicon, group[0]!)!]) {
      const values = valuesOf(lexicon, attribute);
      const deck: string[] = [];
      while (deck.length < group.length) deck.push(...random.shuffle(values));
      group.forEach((entity, i) => {
        facts[entity]![attribute] = deck[i]!;
      });
    }
  }
  return { lexicon, facts };
}

/** Every fact of the town as a claim. */
export function allClaims(town: FactTable): Claim[] {
  return entitiesOf(town.lexicon).flatMap((subject) => claimsAbout(town, subject));
}

/** The true claims about one entity. */
export function claimsAbout(town: FactTable, subject: string): Claim[] {
  const kind = entityKind(town.lexicon, subject);
  if (!kind) return [];
  return ATTRIBUTES[kind].map((attribute) => ({
    subject,
    attribute,
    value: town.facts[subject]![attribute]!,
  }));
}

/** The true value, or undefined where the subject has no such attribute. */
export function truth(town: FactTable, subject: string, attribute: Attribute): string | undefined {
  return town.facts[subject]?.[attribute];
}

/** The same town as a mistaken writer knows it: every fact has another value. */
export function mistakenTown(town: FactTable, random: Random): FactTable {
  const facts: Record<string, Partial<Record<Attribute, string>>> = {};
  for (const { subject, attribute, value } of allClaims(town)) {
    const others = valuesOf(town.lexicon, attribute).filter((other) => other !== value);
    facts[subject] = { ...facts[subject], [attribute]: random.pick(others) };
  }
  return { lexicon: town.lexicon, facts };
}
