/** Generation: stories, lines and descriptions about two or more entities. */
import { claimsAbout, mistakenTown } from '../facts';
import { capitalise, entitiesOf, nounPhrases } from '../lexicon';
import type { Random } from '../random';
import { isActor, story } from '../scenes';
import type { Brief, FactTable } from '../types';
import { doubleStatement, statement } from '../wording';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

function draw(town: FactTable, scale: Scale, random: Random): Task {
  const actor = random.pick([...town.lexicon.people, ...town.lexicon.animals]);
  const count = 2 + random.weighted(scale.entities > 3 ? [50, 35, 15] : [60, 40]);
  const others = entitiesOf(town.lexicon).filter((entity) => entity !== actor);
  const about = random.shuffle([actor, ...random.sample(others, count - 1)]);
  const phrase = nounPhrases(town, about);
  const key = unorderedKey('write', about);
  const make = (
    instruction: string,
    style: 'story' | 'describe',
    sentences: [number, number],
    words: [number, number],
  ): Task => {
    const demand = { kind: 'write' as const, style, about, sentences };
    return { instruction, key, brief: { family: 'generation', demand, passage: '', words } };
  };
  const kind = random.weighted([35, 35, 30]);
  if (kind === 0) {
    const [least, most] = scale.story;
    const ask = random.pick(['Write a story about', 'Tell a tale of']);
    return make(`${ask} ${phrase}.`, 'story', [least, most], [5 * least, 7 * most]);
  }
  if (kind === 1) {
    const lines = 1 + random.int(scale.story[1]);
    const ask = `Write ${NUMBERS[lines]} ${lines === 1 ? 'line' : 'lines'} about`;
    return make(`${ask} ${phrase}.`, 'story', [lines, lines], [4 * lines, 7 * lines + 2]);
  }
  const ask = random.pick(['Tell me about', 'Tell of']);
  return make(`${ask} ${phrase}.`, 'describe', [count - 1, count + 1], [4 * count, 7 * count]);
}

function describe(town: FactTable, about: string[], manner: Manner, random: Random): string[] {
  const lines = about.map((entity) => {
    const [first, second] = random.sample(claimsAbout(town, entity), 2);
    return random.chance(manner.length === 'wordy' ? 70 : 15) && second
      ? doubleStatement(town, first!, second, random)
      : statement(town, first!, random);
  });
  return manner.length === 'curt' ? lines.slice(0, Math.max(1, lines.length - 1)) : lines;
}

function answer(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'write') return [];
  const { about, style, sentences } = brief.demand;
  const known = manner.mistaken ? mistakenTown(town, random) : town;
  if (style === 'describe' || manner.mistaken) {
    const lines = describe(known, about, manner, random);
    return style === 'describe' ? lines : lines.slice(0, sentences[1]);
  }
  const [least, most] = sentences;
  const middle = least + random.int(most - least + 1);
  const count =
    manner.length === 'curt' ? Math.max(1, least - 1) : manner.length === 'wordy' ? most : middle;
  const cast = about.some((entity) => isActor(town, entity))
    ? about
    : [town.lexicon.people[0]!, ...about];
  const lines = story(town, cast, count, random);
  if (manner.length === 'wordy' && random.chance(40)) {
    lines.push(statement(town, random.pick(claimsAbout(town, random.pick(about))), random));
  }
  return lines.map(capitalise);
}

export const write: FamilyModule = { draw, answer };
