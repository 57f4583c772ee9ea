/** Other: small sums, sorting and the dialect, asked for in words. */
import { toDialect } from '../dialect';
import { capitalise, counted } from '../lexicon';
import type { Random } from '../random';
import type { Brief, FactTable } from '../types';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

function draw(town: FactTable, scale: Scale, random: Random): Task {
  const { animals, colours, things } = town.lexicon;
  const make = (instruction: string, key: string, passage: string, target: string): Task => ({
    instruction,
    key,
    brief: {
      family: 'other',
      demand: { kind: 'text', target },
      passage,
      words: [target.split(' ').length, target.split(' ').length + 1],
    },
  });
  switch (random.int(3)) {
    case 0: {
      const a = 1 + random.int(scale.sum - 1);
      const b = 1 + random.int(scale.sum - a);
      const noun = random.pick(animals);
      const instruction = `Add ${counted(a, noun)} and ${counted(b, noun)}.`;
      return make(
        instruction,
        unorderedKey(`add:${noun}`, [`${a}`, `${b}`]),
        `${counted(a, noun)} and ${counted(b, noun)}.`,
        `${counted(a + b, noun)}.`,
      );
    }
    case 1: {
      const words = random.sample([...animals, ...things], 3);
      const sorted = [...words].sort();
      return make(
        `Sort: ${words.join(', ')}.`,
        unorderedKey('sort', words),
        `${capitalise(words.join(', '))}.`,
        `${capitalise(sorted.join(', '))}.`,
      );
    }
    default: {
      const words = ['the', random.pick(colours), random.pick([...animals, ...things])];
      return make(
        `In dialect: ${words.join(' ')}.`,
        unorderedKey('dialect', words),
        `${capitalise(words.join(' '))}.`,
        `${capitalise(toDialect(town.lexicon, words).join(' '))}.`,
      );
    }
  }
}

function answer(_town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'text') return [];
  const { target: right } = brief.demand;
  const wrong = /^\d/.test(right)
    ? right.replace(/\d+/, (sum) => `${Number(sum) + 1}`)
    : brief.passage;
  const target = manner.mistaken ? wrong : right;
  if (manner.length !== 'wordy') return [target];
  return [target, random.pick(['Be well.', 'Good luck.'])];
}

export const tasks: FamilyModule = { draw, answer };
