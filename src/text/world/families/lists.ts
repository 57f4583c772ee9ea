/** Brainstorming: lists of a given length from a category, with and without certain members. */
import { capitalise, entityKind, joinList, membersOf, nounPhrase } from '../lexicon';
import type { Random } from '../random';
import type { Brief, Category, FactTable } from '../types';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

export const CATEGORIES: readonly Category[] = [
  'name',
  'animal',
  'thing',
  'place',
  'food',
  'colour',
  'job',
];

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

/** `two foods`, and the list's members with their articles. */
function plural(category: Category): string {
  return `${category}s`;
}

function draw(town: FactTable, scale: Scale, random: Random): Task {
  const category = random.pick(CATEGORIES);
  const members = membersOf(town.lexicon, category);
  const count = 2 + random.int(scale.list - 1);
  const [first] = random.sample(members, 1);
  const rule = random.weighted([40, 30, 30]);
  const include = rule === 1 ? [first!] : [];
  const exclude = rule === 2 ? [first!] : [];
  const person = random.pick(town.lexicon.people);
  const forWhom = random.chance(50) || rule === 0 ? ` for ${person}` : '';
  const but =
    rule === 1
      ? ` with ${article(town, first!)}`
      : rule === 2
        ? ` but not ${article(town, first!)}`
        : '';
  const ask = random.pick(['Give', 'List']);
  return {
    instruction: `${ask} ${NUMBERS[count]} ${plural(category)}${forWhom}${but}.`,
    key: unorderedKey(`list:${category}:${count}:${rule}`, [
      ...(rule ? [first!] : []),
      ...(forWhom ? [person] : []),
    ]),
    brief: {
      family: 'brainstorming',
      demand: { kind: 'list', category, count, include, exclude },
      passage: '',
      words: [count, 2 * count + 4],
    },
  };
}

function article(town: FactTable, item: string): string {
  return entityKind(town.lexicon, item) ? nounPhrase(town, item) : item;
}

function answer(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'list') return [];
  const { category, count, include, exclude } = brief.demand;
  const used = [...include, ...exclude];
  const pool = membersOf(town.lexicon, category).filter((item) => !used.includes(item));
  const want = manner.length === 'curt' ? count - (random.chance(30) ? 1 : 0) : count;
  let items = random.shuffle([...include, ...random.sample(pool, want - include.length)]);
  if (manner.mistaken) {
    const other = random.pick(CATEGORIES.filter((c) => c !== category));
    items = [...random.sample(membersOf(town.lexicon, other), count - 1), ...exclude];
  }
  const listed = joinList(items.map((item) => article(town, item)));
  if (manner.length === 'curt') return [`${capitalise(listed)}.`];
  if (manner.length === 'plain')
    return [random.chance(50) ? `${capitalise(listed)}.` : `Try ${listed}.`];
  const offer = random.pick(['Take', 'They are']);
  return [`${offer} ${listed}.`, `I like ${article(town, random.pick(items))}.`];
}

export const lists: FamilyModule = { draw, answer };
