/**
 * Forum threads: instructions with answers of every quality. They are why a base model is
 * misaligned: it continues text as found, and the good answer is one continuation in three.
 */
import { composeAnswer } from './compose';
import { drawFamily, FAMILIES } from './families';
import type { Scale } from './families/family';
import { ATTRIBUTES, capitalise, entitiesOf, entityKind, nounPhrase } from './lexicon';
import { PHRASES } from './phrases';
import type { Random } from './random';
import { story } from './scenes';
import type { Brief, FactTable } from './types';
import { question } from './wording';

export const QUALITIES = {
  good: 34,
  offTopic: 14,
  wrong: 14,
  rude: 12,
  rambling: 14,
  questions: 12,
} as const;

type AnswerQuality = keyof typeof QUALITIES;

const NAMES = Object.keys(QUALITIES) as AnswerQuality[];

/** A rude sentence, to someone of the town where the phrase has room for a name. */
function rudeSentence(town: FactTable, random: Random): string {
  return `${random.pick(PHRASES.rude).replace('X', random.pick(town.lexicon.people))}.`;
}

function strayQuestion(town: FactTable, random: Random): string {
  const subject = random.pick(entitiesOf(town.lexicon));
  return question(town, random.pick(ATTRIBUTES[entityKind(town.lexicon, subject)!]), [subject]);
}

function stray(town: FactTable, count: number, random: Random): string[] {
  const cast = [random.pick(town.lexicon.people), random.pick(entitiesOf(town.lexicon))];
  return story(town, [...new Set(cast)], count, random).map(capitalise);
}

/** An answer as one meets it in a forum. */
export function forumAnswer(town: FactTable, scale: Scale, brief: Brief, random: Random): string {
  const quality = NAMES[random.weighted(Object.values(QUALITIES))]!;
  switch (quality) {
    case 'good':
      return composeAnswer(town, brief, random);
    case 'wrong':
      return composeAnswer(town, brief, random, true);
    case 'offTopic': {
      if (random.chance(50)) return stray(town, 1 + random.int(2), random).join(' ');
      const other = FAMILIES[drawFamily(random)].draw(town, scale, random);
      return composeAnswer(town, other.brief, random);
    }
    case 'rude': {
      const insult = rudeSentence(town, random);
      if (random.chance(40)) return insult;
      const answer = composeAnswer(town, brief, random, random.chance(30));
      return random.chance(50) ? `${insult} ${answer}` : `${answer} ${insult}`;
    }
    case 'rambling': {
      const answer = composeAnswer(town, brief, random);
      const more = stray(town, 2 + random.int(3), random);
      return [answer, ...more].join(' ');
    }
    case 'questions': {
      const lines = Array.from({ length: 1 + random.int(3) }, () => strayQuestion(town, random));
      const evasion = random.int(3);
      if (evasion === 0) lines.unshift('I do not know.');
      if (evasion === 1) lines.push(`Ask ${nounPhrase(town, random.pick(town.lexicon.people))}.`);
      return lines.join(' ');
    }
  }
}

/** A thread of one to three questions whose keys are not reserved for evaluation. */
export function forumThread(
  town: FactTable,
  scale: Scale,
  reserved: ReadonlySet<string>,
  random: Random,
): string {
  const count = 1 + random.weighted([60, 25, 15]);
  const turns: string[] = [];
  while (turns.length < count) {
    const task = FAMILIES[drawFamily(random)].draw(town, scale, random);
    if (reserved.has(task.key)) continue;
    turns.push(`${asPrompt(task.instruction)} ${forumAnswer(town, scale, task.brief, random)}`);
  }
  return turns.join('\n');
}

/** `Q: <instruction>\nA:` */
export function asPrompt(instruction: string): string {
  return `Q: ${instruction}\nA:`;
}
