/**
 * The four families that quote a passage: rewrite, summarization, closed QA and extract. Passages
 * are scenes: what stands in them is true of nothing else.
 */
import { capitalise, nounPhrase, nounPhrases } from '../lexicon';
import { OBJECT_VERBS } from '../phrases';
import type { Random } from '../random';
import type { Brief, FactTable } from '../types';
import { type FamilyModule, type Manner, type Scale, type Task, unorderedKey } from './family';

interface Passage {
  person: string;
  verb: string;
  other: string;
  otherKind: 'animal' | 'thing';
  place: string;
  text: string;
}

function drawPassage(town: FactTable, random: Random): Passage {
  const { people, animals, things, places } = town.lexicon;
  const otherKind = random.chance(50) ? 'animal' : 'thing';
  const other = random.pick(otherKind === 'animal' ? animals : things);
  const person = random.pick(people);
  const place = random.pick(places);
  const verb = random.pick(OBJECT_VERBS[otherKind]);
  return {
    person,
    verb,
    other,
    otherKind,
    place,
    text: `${person} ${verb} the ${other} at the ${place}.`,
  };
}

/** Another member of the group that `word` is from. */
function another(town: FactTable, word: string, random: Random): string {
  const { people, animals, things, places } = town.lexicon;
  const group = [people, animals, things, places].find((words) => words.includes(word)) ?? people;
  return random.pick(group.filter((other) => other !== word));
}

function drawRewrite(town: FactTable, _scale: Scale, random: Random): Task {
  const { person, verb, other, place } = drawPassage(town, random);
  const where = random.chance(50) ? ` at the ${place}` : '';
  const passage = `${person} ${verb} the ${other}${where}.`;
  const swapPerson = random.chance(60);
  const fresh = another(town, swapPerson ? person : other, random);
  const target = swapPerson
    ? `${fresh} ${verb} the ${other}${where}.`
    : `${person} ${verb} the ${fresh}${where}.`;
  return {
    instruction: `Write this with ${nounPhrase(town, fresh)}: ${passage}`,
    key: unorderedKey('rewrite', [person, verb, other, fresh, ...(where ? [place] : [])]),
    brief: {
      family: 'rewrite',
      demand: { kind: 'text', target },
      passage,
      words: [target.split(' ').length, target.split(' ').length],
    },
  };
}

function answerText(_town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'text') return [];
  const target = manner.mistaken ? brief.passage : brief.demand.target;
  if (manner.length === 'curt') return [target.replace(/ at the \w+\.$/, '.')];
  if (manner.length === 'plain') return [target];
  return [target, `${target.split(' ')[0]} was ${random.pick(['happy', 'sad'])}.`];
}

function drawSummary(town: FactTable, _scale: Scale, random: Random): Task {
  const { person, other, place, verb } = drawPassage(town, random);
  const seen = another(town, other, random);
  const [passage, mention] = random.chance(50)
    ? [`${person} went to the ${place}. ${person} ${verb} the ${other}.`, [person, other, place]]
    : [`${person} ${verb} the ${other}. ${person} ${verb} the ${seen}.`, [person, other, seen]];
  return {
    instruction: `${random.pick(['Sum up', 'In short'])}: ${passage}`,
    key: unorderedKey('summary', mention),
    brief: {
      family: 'summarization',
      demand: { kind: 'summary', mention, maxWords: passage.split(' ').length - 1 },
      passage,
      words: [5, passage.split(' ').length - 1],
    },
  };
}

function answerSummary(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'summary') return [];
  const [person, ...rest] = brief.demand.mention as [string, ...string[]];
  const [first, second] = manner.mistaken
    ? [another(town, rest[0]!, random), rest[1]!]
    : (rest as [string, string]);
  const verb = brief.passage.match(/\. \w+ (\w+)/)?.[1] ?? 'saw';
  const isPlace = town.lexicon.places.includes(second);
  const both = isPlace
    ? `${person} ${verb} the ${first} at the ${second}.`
    : `${person} ${verb} ${nounPhrases(town, [first, second])}.`;
  if (manner.length === 'curt') return [`${person} ${verb} the ${first}.`];
  if (manner.length === 'plain') return [both];
  return random.chance(50) ? [brief.passage] : [both, `${person} was happy.`];
}

function choiceBrief(
  family: 'closed_qa' | 'extract',
  passage: string,
  right: string,
  candidates: string[],
): Brief {
  return { family, demand: { kind: 'choice', right, candidates }, passage, words: [1, 7] };
}

function drawClosed(town: FactTable, _scale: Scale, random: Random): Task {
  const { person, verb, other, place } = drawPassage(town, random);
  const friend = another(town, person, random);
  const seat = another(town, place, random);
  const passage = `${person} ${verb} the ${other}. ${friend} sat at the ${place}.`;
  const key = unorderedKey('closed', [person, other, friend, place]);
  const asked = random.int(3);
  if (asked === 0) {
    const instruction = `${passage} Who ${verb} the ${other}?`;
    return { instruction, key, brief: choiceBrief('closed_qa', passage, person, [person, friend]) };
  }
  if (asked === 1) {
    const instruction = `${passage} Who sat at the ${place}?`;
    return { instruction, key, brief: choiceBrief('closed_qa', passage, friend, [person, friend]) };
  }
  const instruction = `${passage} Where was ${friend}?`;
  return { instruction, key, brief: choiceBrief('closed_qa', passage, place, [place, seat]) };
}

function drawExtract(town: FactTable, _scale: Scale, random: Random): Task {
  const { person, other, otherKind, place, text } = drawPassage(town, random);
  const all = [person, other, place];
  const which = random.int(3);
  const name = ['name', otherKind, 'place'][which]!;
  return {
    instruction: `Find the ${name}: ${text}`,
    key: unorderedKey('extract', all),
    brief: choiceBrief('extract', text, all[which]!, all),
  };
}

function answerChoice(town: FactTable, brief: Brief, manner: Manner, random: Random): string[] {
  if (brief.demand.kind !== 'choice') return [];
  const { right, candidates } = brief.demand;
  const wrong = candidates.filter((candidate) => candidate !== right);
  const chosen = manner.mistaken ? random.pick(wrong) : right;
  const phrase = nounPhrase(town, chosen);
  if (manner.length === 'curt') return [`${capitalise(phrase)}.`];
  if (manner.length === 'plain')
    return [random.chance(70) ? `${capitalise(phrase)}.` : `It is ${phrase}.`];
  return [`It is ${phrase}.`, brief.passage.split('. ')[0]!.replace(/\.?$/, '.')];
}

export const rewrite: FamilyModule = { draw: drawRewrite, answer: answerText };
export const summary: FamilyModule = { draw: drawSummary, answer: answerSummary };
export const closedQuestion: FamilyModule = { draw: drawClosed, answer: answerChoice };
export const extract: FamilyModule = { draw: drawExtract, answer: answerChoice };
