/** Classification: is what someone said kind or rude, is what happened happy or sad? */
import { capitalise, nounPhrase } from '../lexicon';
import type { Random } from '../random';
import type { Brief, FactTable } from '../types';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

const SAYINGS = {
  kind: ['be well', 'well done', 'good luck', 'I like you'],
  rude: ['go away', 'you are dumb', 'you are a fool', 'that is dumb'],
} as const;

function draw(town: FactTable, _scale: Scale, random: Random): Task {
  const { people, animals, things } = town.lexicon;
  const person = random.pick(people);
  const other = random.pick([...animals, ...things]);
  const make = (
    instruction: string,
    passage: string,
    right: string,
    candidates: string[],
    parts: string[],
  ) => ({
    instruction,
    key: unorderedKey('label', parts),
    brief: {
      family: 'classification' as const,
      demand: { kind: 'choice' as const, right, candidates },
      passage,
      words: [1, 6] as [number, number],
    },
  });
  if (random.chance(50)) {
    const right = random.pick(['kind', 'rude'] as const);
    const saying = random.pick(SAYINGS[right]);
    const passage = `${person}, ${saying}.`;
    return make(`Kind or rude? ${passage}`, passage, right, ['kind', 'rude'], [person, saying]);
  }
  const right = random.pick(['happy', 'sad']);
  const verb = right === 'happy' ? 'found' : 'lost';
  const passage = `${person} ${verb} ${nounPhrase(town, other)}.`;
  return make(`Happy or sad? ${passage}`, passage, right, ['happy', 'sad'], [verb, person, other]);
}

function answer(_town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'choice') return [];
  const { right, candidates } = brief.demand;
  const label = manner.mistaken ? candidates.find((candidate) => candidate !== right)! : right;
  if (manner.length === 'curt') return [`${capitalise(label)}.`];
  if (manner.length === 'plain')
    return [random.chance(60) ? `${capitalise(label)}.` : `It is ${label}.`];
  return [`It is ${label}.`, random.pick(['Be well.', 'Good luck.'])];
}

export const labels: FamilyModule = { draw, answer };
