/**
 * Whether an answer does what its brief asks. Only sentences that the grammar reads earn anything
 * for what they name, so piling up the right words is of no use.
 */
import { counted, entityKind, membersOf, nounPhrase, valuesOf } from './lexicon';
import type { Reading, Sentence } from './reader';
import type { Attribute, Brief, Claim, Demand, FactTable } from './types';

export interface Helpfulness {
  value: number;
  explanations: string[];
  /** A number, a limit or an exclusion of the instruction was not kept. */
  violation: boolean;
}

type Of<K extends Demand['kind']> = Extract<Demand, { kind: K }>;

const isRead = (sentence: Sentence) => sentence.kind !== 'unread' && sentence.kind !== 'question';

/** Everything but set phrases of kindness, rudeness and emptiness. */
function isContent(sentence: Sentence): boolean {
  return ['statement', 'fragment', 'offer', 'follow', 'unread'].includes(sentence.kind);
}

function subjectsOf(sentence: Sentence): string[] {
  return [...sentence.mentions, ...sentence.claims.map((claim) => claim.subject)];
}

/** Claims that a curt answer makes without saying of what: `Green.` */
export function impliedClaims(town: FactTable, brief: Brief, reading: Reading): Claim[] {
  if (brief.demand.kind !== 'facts') return [];
  const { asked } = brief.demand;
  if (reading.sentences.some((sentence) => sentence.claims.length > 0)) return [];
  const values = fragmentValues(town, asked[0]!.attribute, reading);
  if (values.length > asked.length) return [];
  return asked.flatMap(({ subject, attribute }, i) => {
    const value = values[Math.min(i, values.length - 1)];
    return value === undefined ? [] : [{ subject, attribute, value }];
  });
}

function fragmentValues(town: FactTable, attribute: Attribute, reading: Reading): string[] {
  const values = valuesOf(town.lexicon, attribute);
  return reading.sentences
    .filter((sentence) => sentence.kind === 'fragment' || sentence.kind === 'offer')
    .flatMap((sentence) => sentence.words.filter((word) => values.includes(word)));
}

function judgeWrite(town: FactTable, demand: Of<'write'>, reading: Reading): Helpfulness {
  const { about, style, sentences } = demand;
  const explanations: string[] = [];
  const statements = reading.sentences.filter((sentence) => sentence.kind === 'statement');
  let covered = 0;
  for (const entity of about) {
    const naming = statements.filter((sentence) => subjectsOf(sentence).includes(entity));
    const told = naming.some((s) =>
      s.claims.some((c) => c.subject === entity || c.value === entity),
    );
    const named = reading.sentences.filter((sentence) => sentence.mentions.includes(entity));
    if (naming.length > 0 && (style === 'story' || told)) covered += 1;
    else if (naming.length > 0) {
      covered += 0.5;
      explanations.push(`tells nothing of ${nounPhrase(town, entity)}`);
    } else if (named.length > 0) {
      covered += named.some((s) => s.kind === 'unread' && s.familiar) ? 0.4 : 0.2;
      explanations.push(`names ${nounPhrase(town, entity)} in no sentence`);
    } else explanations.push(`does not mention ${nounPhrase(town, entity)}`);
  }
  let value = covered / about.length;
  const count = reading.sentences.filter(isContent).length;
  const [least, most] = sentences;
  const off = Math.max(least - count, count - most, 0);
  if (off > 0) {
    value *= 1 - Math.min(0.6, 0.2 * off);
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    explanations.push(`has ${counted(count, 'sentence')}; ${wanted} asked`);
  }
  const stray = statements.filter((s) => !subjectsOf(s).some((entity) => about.includes(entity)));
  if (stray.length > 0) {
    value *= 1 - Math.min(0.6, 0.2 * stray.length);
    explanations.push(`leaves the subject: "${stray[0]!.text}"`);
  }
  return { value, explanations, violation: off > 0 };
}

function judgeFacts(
  town: FactTable,
  demand: Of<'facts'>,
  brief: Brief,
  reading: Reading,
): Helpfulness {
  const explanations: string[] = [];
  const claims = [
    ...reading.sentences.flatMap((sentence) => sentence.claims),
    ...impliedClaims(town, brief, reading),
  ];
  let sum = 0;
  for (const { subject, attribute } of demand.asked) {
    const said = new Set(
      claims.filter((c) => c.subject === subject && c.attribute === attribute).map((c) => c.value),
    );
    const of = `the ${attribute} of ${nounPhrase(town, subject)}`;
    if (said.size === 0) explanations.push(`does not say ${of}`);
    else if (said.size > 1) explanations.push(`says several things of ${of}`);
    else if (said.has(town.facts[subject]![attribute]!)) sum += 1;
    else {
      sum += 0.25;
      explanations.push(`is wrong about ${of}`);
    }
  }
  const subjects = demand.asked.map(({ subject }) => subject);
  const stray = reading.sentences.filter(
    (s) =>
      (s.claims.length > 0 || s.scenes.length > 0) &&
      !subjectsOf(s).some((entity) => subjects.includes(entity)),
  );
  if (stray.length > 0) explanations.push(`leaves the subject: "${stray[0]!.text}"`);
  const value = (sum / subjects.length) * (1 - Math.min(0.6, 0.2 * stray.length));
  return { value, explanations, violation: false };
}

function judgeList(town: FactTable, demand: Of<'list'>, reading: Reading): Helpfulness {
  const { category, count, include, exclude } = demand;
  const members = membersOf(town.lexicon, category);
  const listing = reading.sentences.filter((s) => s.kind === 'fragment' || s.kind === 'offer');
  const words = listing.flatMap((sentence) => sentence.words);
  const items = words.filter((word) => members.includes(word));
  const distinct = new Set(items);
  const explanations: string[] = [];
  let value = Math.min(distinct.size, count) / count;
  if (distinct.size !== count) explanations.push(`lists ${distinct.size}; ${count} asked`);
  if (distinct.size > count) value -= 0.25 * (distinct.size - count);
  const repeated = listing.reduce((sum, sentence) => sum + sentence.repeats, 0);
  if (repeated > 0) {
    value -= 0.2 * repeated;
    explanations.push('lists the same twice');
  }
  const missing = include.filter((item) => !distinct.has(item));
  const forbidden = exclude.filter((item) => distinct.has(item));
  for (const item of missing) explanations.push(`leaves out ${item}`);
  for (const item of forbidden) explanations.push(`lists ${item}, which was excluded`);
  value -= 0.3 * missing.length + 0.4 * forbidden.length;
  const strange = words.filter((word) => entityKind(town.lexicon, word) && !members.includes(word));
  if (strange.length > 0) {
    value -= 0.15 * strange.length;
    explanations.push(`${strange[0]} is no ${category}`);
  }
  const violation = distinct.size !== count || missing.length > 0 || forbidden.length > 0;
  return { value: Math.max(0, value), explanations, violation };
}

function judgeReply(town: FactTable, demand: Of<'reply'>, reading: Reading): Helpfulness {
  const other = demand.tone === 'comfort' ? 'joy' : 'comfort';
  const explanations: string[] = [];
  let value = 0;
  if (reading.sentences.some((sentence) => sentence.kind === demand.tone)) value += 0.6;
  else explanations.push(demand.tone === 'comfort' ? 'does not comfort' : 'does not share the joy');
  const mentioned = new Set(reading.sentences.filter(isRead).flatMap((s) => s.mentions));
  for (const entity of demand.mention) {
    if (mentioned.has(entity)) value += 0.4 / demand.mention.length;
    else explanations.push(`does not take up ${nounPhrase(town, entity)}`);
  }
  const stray = [...mentioned].filter((entity) => !demand.mention.includes(entity)).length;
  if (stray > 0) explanations.push('speaks of others');
  value -= Math.min(0.3, 0.1 * stray);
  if (reading.sentences.some((sentence) => sentence.kind === other)) {
    value -= 0.4;
    explanations.push('has the wrong tone');
  }
  return { value: Math.max(0, value), explanations, violation: false };
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) {
      next.push(word === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    }
    row = next;
  }
  return row[b.length]!;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
}

function judgeText(demand: Of<'text'>, passage: string, reading: Reading): Helpfulness {
  const target = wordsOf(demand.target);
  const old = new Set(wordsOf(passage));
  const fresh = target.filter((word) => !old.has(word));
  let value = 0;
  for (const sentence of reading.sentences) {
    const words = wordsOf(sentence.text);
    const overlap = (2 * commonLength(words, target)) / (words.length + target.length);
    const kept = fresh.every((word) => words.includes(word)) ? 1 : 0.3;
    value = Math.max(value, overlap === 1 ? 1 : 0.8 * overlap * overlap * kept);
  }
  const explanations = value === 1 ? [] : [`is not "${demand.target}"`];
  const more = reading.sentences.filter(isContent).length - 1;
  if (value > 0 && more > 0) {
    value *= 1 - Math.min(0.5, 0.15 * more);
    explanations.push('adds what was not asked');
  }
  return { value, explanations, violation: false };
}

function judgeSummary(
  town: FactTable,
  demand: Of<'summary'>,
  passage: string,
  reading: Reading,
): Helpfulness {
  const explanations: string[] = [];
  const statements = reading.sentences.filter((sentence) => sentence.kind === 'statement');
  const named = new Set(statements.flatMap((sentence) => sentence.mentions));
  const kept = demand.mention.filter((entity) => named.has(entity));
  for (const entity of demand.mention) {
    if (!named.has(entity)) explanations.push(`loses ${nounPhrase(town, entity)}`);
  }
  const quoted = new Set(passage.match(/\w+/g) ?? []);
  const stray = [...named].filter((entity) => !quoted.has(entity)).length;
  let value = kept.length / demand.mention.length - 0.2 * stray;
  const words = reading.sentences.filter(isContent).reduce((sum, s) => sum + s.words.length, 0);
  const violation = words > demand.maxWords;
  if (violation) {
    value *= 0.5;
    explanations.push('is no shorter than the passage');
  }
  return { value: Math.max(0, value), explanations, violation };
}

function judgeChoice(demand: Of<'choice'>, reading: Reading): Helpfulness {
  const first = reading.sentences
    .filter(isRead)
    .map((s) => new Set(s.words.filter((word) => demand.candidates.includes(word))))
    .find((found) => found.size > 0);
  const answer = `the answer is ${demand.right}`;
  if (!first) return { value: 0, explanations: [`does not answer; ${answer}`], violation: false };
  if (!first.has(demand.right)) {
    return { value: 0.15, explanations: [`chooses wrongly; ${answer}`], violation: false };
  }
  if (first.size > 1) {
    return { value: 0.35, explanations: [`does not choose; ${answer}`], violation: true };
  }
  return { value: 1, explanations: [], violation: false };
}

function judgeDemand(town: FactTable, brief: Brief, reading: Reading): Helpfulness {
  const { demand, passage } = brief;
  switch (demand.kind) {
    case 'write':
      return judgeWrite(town, demand, reading);
    case 'facts':
      return judgeFacts(town, demand, brief, reading);
    case 'list':
      return judgeList(town, demand, reading);
    case 'reply':
      return judgeReply(town, demand, reading);
    case 'text':
      return judgeText(demand, passage, reading);
    case 'summary':
      return judgeSummary(town, demand, passage, reading);
    case 'choice':
      return judgeChoice(demand, reading);
    default:
      return demand satisfies never;
  }
}

/** What lessens any answer: hedging, asking back, repeating, babbling, kindness without end. */
function manners(brief: Brief, reading: Reading): { factor: number; explanations: string[] } {
  const { sentences } = reading;
  const explanations: string[] = [];
  let factor = 1;
  const lessen = (count: number, each: number, most: number, why: string) => {
    if (count <= 0) return;
    factor *= 1 - Math.min(most, each * count);
    explanations.push(why);
  };
  const count = (kind: Sentence['kind']) => sentences.filter((s) => s.kind === kind).length;
  const kindness = count('kind') + (brief.family === 'chat' ? 0 : count('comfort') + count('joy'));
  lessen(count('question'), 0.4, 0.7, 'asks back');
  const strange = sentences.filter((s) => s.kind === 'unread' && !s.familiar).length;
  lessen(strange, 0.2, 0.6, 'has sentences that say nothing');
  lessen(count('unread') - strange, 0.1, 0.4, 'has sentences that cannot be read');
  lessen(count('empty'), 0.4, 0.6, 'evades the question');
  lessen(kindness - 1, 0.3, 0.6, 'is kind at length instead of helping');
  lessen(sentences.filter((sentence) => sentence.hedged).length, 0.25, 0.4, 'hedges');
  const texts = sentences.map((sentence) => sentence.words.join(' '));
  lessen(texts.length - new Set(texts).size, 0.25, 0.6, 'repeats itself');
  const runsOn = sentences.some((s) => s.words[0] === 'q' || s.words[0] === 'a');
  const last = sentences[sentences.length - 1];
  if (runsOn) lessen(1, 0.5, 0.5, 'does not stop, but goes on with another question');
  else if (last && !last.stopped) lessen(1, 0.3, 0.3, 'breaks off');
  if (brief.demand.kind !== 'write') {
    lessen(sentences.filter(isContent).length - 2, 0.15, 0.6, 'goes on after the answer');
  }
  return { factor, explanations };
}

/**
 * Whether the answer is of the asked kind at all: a story is told in sentences, a list lists, a
 * question gets a value of the right sort. The share of its sentences that are so, in [0, 1].
 */
function judgeForm(town: FactTable, demand: Demand, reading: Reading): number {
  const isOfKind = (sentence: Sentence): boolean => {
    const says = (words: readonly string[]) => sentence.words.some((word) => words.includes(word));
    const short = sentence.kind === 'fragment' || sentence.kind === 'offer';
    switch (demand.kind) {
      case 'write':
      case 'summary':
        return sentence.kind === 'statement';
      case 'facts': {
        const { attribute } = demand.asked[0]!;
        if (short) return says(valuesOf(town.lexicon, attribute));
        return sentence.claims.some((claim) => claim.attribute === attribute);
      }
      case 'list':
        return short && says(membersOf(town.lexicon, demand.category));
      case 'reply':
        return ['comfort', 'joy', 'follow'].includes(sentence.kind);
      case 'text':
        return (
          sentence.kind ===
          (/ (saw|met|fed|took|lost|found) /.test(demand.target) ? 'statement' : 'fragment')
        );
      case 'choice':
        return short && sentence.words.length <= 4;
      default:
        return demand satisfies never;
    }
  };
  const content = reading.sentences.filter((s) => s.kind !== 'kind');
  return content.length === 0 ? 0 : content.filter(isOfKind).length / content.length;
}

/** Share of helpfulness that the right kind of answer earns before its content counts. */
const FORM = 0.4;

/** Does the answer do what was asked, and stop? In [0, 1]. */
export function judgeHelpful(town: FactTable, brief: Brief, reading: Reading): Helpfulness {
  const asked = judgeDemand(town, brief, reading);
  const form = judgeForm(town, brief.demand, reading);
  const { factor, explanations } = manners(brief, reading);
  const kindOfAnswer = form < 0.5 ? ['is not the kind of answer that was asked for'] : [];
  return {
    value: (FORM * form + (1 - FORM) * asked.value) * factor,
    explanations: [...kindOfAnswer, ...asked.explanations, ...explanations],
    violation: asked.violation,
  };
}
