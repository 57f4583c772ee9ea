/** Open questions: one attribute of one or two entities, answered from the town's facts. */
import { claimsAbout, mistakenTown } from '../facts';
import { ATTRIBUTES, capitalise } from '../lexicon';
import type { Random } from '../random';
import type { Attribute, Brief, Claim, EntityKind, FactTable } from '../types';
import { clause, curtAnswer, question, statement } from '../wording';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

/** Kinds by the number of their facts, so that facts are asked for alike. */
const KINDS: readonly EntityKind[] = ['person', 'animal', 'thing', 'place'];
const KIND_WEIGHTS = [44, 30, 20, 6];

function draw(town: FactTable, _scale: Scale, random: Random): Task {
  const kind = KINDS[random.weighted(KIND_WEIGHTS)]!;
  const { people, animals, things, places } = town.lexicon;
  const group = { person: people, animal: animals, thing: things, place: places }[kind];
  const attribute = random.pick(ATTRIBUTES[kind]);
  const subjects = random.sample(group, random.chance(35) ? 1 : 2);
  const asked = subjects.map((subject) => ({ subject, attribute }));
  const words: [number, number] = subjects.length === 1 ? [3, 8] : [6, 13];
  return {
    instruction: question(town, attribute, subjects),
    key: unorderedKey(`fact:${attribute}`, subjects),
    brief: { family: 'open_qa', demand: { kind: 'facts', asked }, passage: '', words },
  };
}

function answer(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'facts') return [];
  const known = manner.mistaken ? mistakenTown(town, random) : town;
  const claims = brief.demand.asked.map(({ subject, attribute }) =>
    claimOf(known, subject, attribute),
  );
  if (manner.length === 'curt') {
    if (claims.length === 1) return [curtAnswer(claims[0]!)];
    return [
      capitalise(
        claims
          .map((claim) => claim.value)
          .join(' and ')
          .concat('.'),
      ),
    ];
  }
  const clauses = claims.map((claim) => clause(town, claim, random));
  const lines = random.chance(70)
    ? [`${capitalise(clauses.join(' and '))}.`]
    : clauses.map((text) => `${capitalise(text)}.`);
  if (manner.length === 'wordy') {
    const subject = claims[0]!.subject;
    const more = claimsAbout(known, subject).filter((c) => c.attribute !== claims[0]!.attribute);
    if (more.length > 0) lines.push(statement(town, random.pick(more), random));
  }
  return lines;
}

function claimOf(town: FactTable, subject: string, attribute: Attribute): Claim {
  return { subject, attribute, value: town.facts[subject]![attribute]! };
}

export const questions: FamilyModule = { draw, answer };
