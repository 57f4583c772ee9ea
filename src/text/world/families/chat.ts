/** Chat: someone tells how they are, and wants a kind word that takes it up. */
import { nounPhrase } from '../lexicon';
import { GLAD_FEELINGS, SAD_FEELINGS } from '../phrases';
import type { Random } from '../random';
import type { Brief, FactTable } from '../types';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

function draw(town: FactTable, _scale: Scale, random: Random): Task {
  const { people, animals, things, places } = town.lexicon;
  const [person, friend] = random.sample(people, 2) as [string, string];
  const tone = random.chance(50) ? 'comfort' : 'joy';
  const other = random.pick([...animals, ...things]);
  const feeling = random.pick(tone === 'comfort' ? SAD_FEELINGS : GLAD_FEELINGS);
  const place = random.pick(places);
  const make = (instruction: string, mention: string[], more: string[] = []): Task => ({
    instruction,
    key: unorderedKey(`chat:${tone}`, [...mention, ...more]),
    brief: {
      family: 'chat',
      demand: { kind: 'reply', tone, mention },
      passage: '',
      words: [4, 12],
    },
  });
  switch (random.int(3)) {
    case 0: {
      const verb = tone === 'comfort' ? 'lost' : 'found';
      return make(`I am ${person}. I ${verb} ${nounPhrase(town, other)}.`, [person, other]);
    }
    case 1:
      return make(
        `I am ${person}. I saw ${friend} at the ${place} and I am ${feeling}.`,
        [person, friend],
        [place],
      );
    default:
      return make(`Hello, ${person} here. I am ${feeling} at the ${place}.`, [person, place]);
  }
}

function answer(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'reply') return [];
  const { tone, mention } = brief.demand;
  const [person, other] = mention as [string, string];
  const phrase = nounPhrase(town, other);
  const sad = (tone === 'comfort') !== manner.mistaken;
  const named = sad
    ? random.pick([`I am sorry, ${person}.`, `Do not be sad, ${person}.`])
    : random.pick([
        `That is good, ${person}.`,
        `I am glad for you, ${person}.`,
        `Well done, ${person}.`,
      ]);
  const plain = sad
    ? random.pick(['I am sorry.', 'Do not be sad.', 'All will be well.'])
    : random.pick(['That is good.', 'I am glad for you.']);
  const follow =
    sad && random.chance(50)
      ? `We will find ${phrase}.`
      : random.pick([`I like ${phrase}.`, `May ${phrase} be well.`]);
  if (manner.length === 'curt') return [random.chance(50) ? named : plain];
  if (manner.length === 'plain') return [named, follow];
  return [named, follow, plain];
}

export const chat: FamilyModule = { draw, answer };
