/**
 * The reader: what a text says, sentence by sentence, by the town's grammar.
 *
 *   sentence = [hedge] [opener] clause ("and" clause)* | phrase | question | fragment
 *   clause   = things verb-phrase ["and" verb-phrase]
 *   things   = thing ("," thing)* ["and" thing];  thing = Name | "the" [colour] noun | "It"
 *
 * Facts stand in the present tense, scenes in the past. What the grammar cannot read is counted as
 * unread and believed to claim nothing. Never throws: a weak model writes anything.
 */
import { type Context, readClauses, type Scene, things } from './clauses';
import { dialectOf } from './dialect';
import { entityKind, plural } from './lexicon';
import {
  FEELINGS,
  GOING_VERBS,
  HEDGES,
  OBJECT_VERBS,
  OPENERS,
  PHRASES,
  type PhraseKind,
  RESTING_VERBS,
  RUDE_WORDS,
} from './phrases';
import type { Claim, FactTable, Lexicon } from './types';

export type SentenceKind = 'statement' | 'question' | 'fragment' | 'unread' | PhraseKind;

export interface Sentence {
  text: string;
  kind: SentenceKind;
  /** Lower case but for names and `I`; no punctuation. */
  words: string[];
  claims: Claim[];
  scenes: Scene[];
  /** Entities named anywhere in the sentence. */
  mentions: string[];
  hedged: boolean;
  /** Begins with a capital or a digit and ends with a stop. */
  punctuated: boolean;
  /** Ends with a stop. */
  stopped: boolean;
  /** All words are the town's, even where the grammar cannot read them together. */
  familiar: boolean;
  /** Entities and values named more than once, each time beyond the first. */
  repeats: number;
}

export interface Reading {
  sentences: Sentence[];
  rudeWords: string[];
}

/** Longer sentences are not parsed: nothing in the town is said at such length. */
const MAX_TOKENS = 40;

const WORD_OR_MARK = /[A-Za-z]+|\d+|[^\sA-Za-z\d]/g;

interface Patterns {
  kind: PhraseKind;
  tokens: string[];
}

const PATTERNS: Patterns[] = (Object.keys(PHRASES) as PhraseKind[]).flatMap((kind) =>
  PHRASES[kind].map((text) => ({ kind, tokens: rawTokens(text) })),
);

const QUESTION_WORDS: ReadonlySet<string> = new Set('what who where which why how'.split(' '));
const LEADING_WORDS: ReadonlySet<string> = new Set('a the at for of made'.split(' '));
const LABELS = ['kind', 'rude', 'yes', 'no', ...FEELINGS];
const VERBS = [...GOING_VERBS, ...RESTING_VERBS, ...Object.values(OBJECT_VERBS).flat()];
const FUNCTION_WORDS =
  'is are was were do does the a of at to for and with made colour job jobs pet pets has have live lives sleep sleeps say says like likes eat eats work works as it home';

interface Words {
  values: Set<string>;
  known: Set<string>;
}

const vocabularies = new WeakMap<Lexicon, Words>();

/** Every word with a meaning in the town, and the words of its questions beside them. */
function vocabulary(lexicon: Lexicon): Words {
  let words = vocabularies.get(lexicon);
  if (!words) {
    const values = new Set<string>([
      ...Object.values(lexicon as Record<keyof Lexicon, readonly string[]>).flat(),
      ...lexicon.animals.map(plural),
      ...LABELS,
      ...dialectOf(lexicon).values(),
    ]);
    words = {
      values,
      known: new Set([...values, ...QUESTION_WORDS, ...FUNCTION_WORDS.split(' '), ...VERBS]),
    };
    vocabularies.set(lexicon, words);
  }
  return words;
}

function rawTokens(text: string): string[] {
  return text.match(WORD_OR_MARK) ?? [];
}

/** Lower case, but for the placeholders and names that stand in mid-phrase. */
function normalise(lexicon: Lexicon, token: string): string {
  if (token === 'I' || entityKind(lexicon, token) === 'person') return token;
  return token.toLowerCase();
}

function patternToken(token: string): string {
  return token === 'I' || token === 'X' || token === 'L' ? token : token.toLowerCase();
}

/** Whether a token means something by itself: a word of the town or a number. */
function isContentToken(lexicon: Lexicon, token: string): boolean {
  return /^\d+$/.test(token) || vocabulary(lexicon).values.has(token);
}

/**
 * A list of words of the town, `cake, rice and corn`, `7 owls`, `at the mill`: items with nothing
 * before them but an article or preposition.
 */
function isFragment(lexicon: Lexicon, tokens: readonly string[], from: number): boolean {
  let ready = false;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === ',' || token === 'and') {
      if (!ready) return false;
      ready = false;
    } else if (isContentToken(lexicon, token)) {
      ready = true;
    } else if (!LEADING_WORDS.has(token) || ready) return false;
  }
  return ready;
}

function matchPattern(
  context: Context,
  pattern: readonly string[],
  at: number,
  pos: number,
): boolean {
  if (at === pattern.length) return pos === context.tokens.length;
  const wanted = pattern[at]!;
  if (wanted === 'X') {
    return things(context, pos).some((read) => matchPattern(context, pattern, at + 1, read.end));
  }
  if (wanted === 'L') return isFragment(context.lexicon, context.tokens, pos);
  return (
    context.tokens[pos] === patternToken(wanted) && matchPattern(context, pattern, at + 1, pos + 1)
  );
}

/** The position after one of `beginnings` and a comma that may follow it. */
function skipBeginning(
  tokens: readonly string[],
  pos: number,
  beginnings: readonly string[],
): number {
  for (const beginning of beginnings) {
    const words = rawTokens(beginning).map(patternToken);
    if (!words.every((word, i) => tokens[pos + i] === word)) continue;
    const end = pos + words.length;
    return tokens[end] === ',' ? end + 1 : end;
  }
  return pos;
}

function readSentence(
  lexicon: Lexicon,
  text: string,
  stop: string,
  it: string | undefined,
): Sentence {
  const raw = rawTokens(text);
  const tokens = raw.map((token) => normalise(lexicon, token));
  const words = tokens.filter((token) => /^[A-Za-z\d]/.test(token));
  const values = words.filter((word) => vocabulary(lexicon).values.has(word));
  const sentence: Sentence = {
    text: text + stop,
    kind: 'unread',
    words,
    claims: [],
    scenes: [],
    mentions: [...new Set(words.filter((word) => entityKind(lexicon, word) !== undefined))],
    hedged: false,
    punctuated: stop !== '' && /^[A-Z\d]/.test(text),
    stopped: stop !== '',
    repeats: values.length - new Set(values).size,
    familiar: words.length > 0 && words.every((word) => vocabulary(lexicon).known.has(word)),
  };
  if (tokens.length > MAX_TOKENS) return sentence;
  const context: Context = { lexicon, tokens, it };
  const start = skipBeginning(tokens, 0, HEDGES);
  sentence.hedged = start > 0;
  const parse = readClauses(context, skipBeginning(tokens, start, OPENERS));
  if (parse) {
    sentence.kind = 'statement';
    sentence.claims = parse.claims;
    sentence.scenes = parse.scenes;
    return sentence;
  }
  const starts = start > 0 ? [0, start] : [0];
  const phrase = PATTERNS.find(({ tokens: pattern }) =>
    starts.some((from) => matchPattern(context, pattern, 0, from)),
  );
  if (phrase) sentence.kind = phrase.kind;
  else if (QUESTION_WORDS.has(tokens[0] ?? '') && sentence.familiar) sentence.kind = 'question';
  else if (isFragment(lexicon, tokens, start)) sentence.kind = 'fragment';
  return sentence;
}

/** Reads a text; `it` stands for the last entity that is no person. */
export function readText(town: FactTable, text: string): Reading {
  const { lexicon } = town;
  const sentences: Sentence[] = [];
  let it: string | undefined;
  for (const match of text.matchAll(/([^.!?\n]*)([.!?]|\n|$)/g)) {
    const body = match[1]!.trim();
    if (!body) continue;
    const stop = match[2] === '\n' ? '' : match[2]!;
    const sentence = readSentence(lexicon, body, stop, it);
    sentences.push(sentence);
    it = sentence.mentions.find((entity) => entityKind(lexicon, entity) !== 'person') ?? it;
  }
  const rudeWords = sentences.flatMap((s) => s.words.filter((word) => RUDE_WORDS.has(word)));
  return { sentences, rudeWords };
}
