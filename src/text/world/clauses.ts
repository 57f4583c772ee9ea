/**
 * The grammar of clauses, as a small backtracking parser: every function yields all ways to read
 * on from a position, the longest first. What it reads are claims (present tense, checkable with
 * the fact table) and scenes (past tense).
 */
import { entityKind } from './lexicon';
import { FEELINGS, GOING_VERBS, OBJECT_VERBS, RESTING_VERBS } from './phrases';
import type { Attribute, Claim, EntityKind, Lexicon } from './types';

/** Something that was done or felt; `others` are the objects, the company and the places. */
export interface Scene {
  subjects: string[];
  verb: string;
  others: string[];
}

/** One way of reading: up to `end`, with what it says. */
export interface Parse {
  end: number;
  claims: Claim[];
  scenes: Scene[];
}

interface Things extends Parse {
  entities: string[];
}

/** Tokens are lower case but for names and `I`; `it` is what the pronoun stands for. */
export interface Context {
  lexicon: Lexicon;
  tokens: readonly string[];
  it: string | undefined;
}

const GOING: ReadonlySet<string> = new Set(GOING_VERBS);
const RESTING: ReadonlySet<string> = new Set(RESTING_VERBS);
const TAKING: ReadonlySet<string> = new Set(Object.values(OBJECT_VERBS).flat());
const FELT: ReadonlySet<string> = new Set(FEELINGS);

function thing(context: Context, pos: number): Things | undefined {
  const { lexicon, tokens, it } = context;
  const word = tokens[pos];
  if (word === undefined) return undefined;
  if (entityKind(lexicon, word) === 'person') {
    return { end: pos + 1, claims: [], scenes: [], entities: [word] };
  }
  if (word === 'it' && it) return { end: pos + 1, claims: [], scenes: [], entities: [it] };
  if (word !== 'the') return undefined;
  const next = tokens[pos + 1] ?? '';
  const kind = entityKind(lexicon, next);
  if (kind && kind !== 'person') {
    return { end: pos + 2, claims: [], scenes: [], entities: [next] };
  }
  const noun = tokens[pos + 2] ?? '';
  const nounKind = entityKind(lexicon, noun);
  if (!lexicon.colours.includes(next) || !nounKind || nounKind === 'person') return undefined;
  const claim: Claim = { subject: noun, attribute: 'colour', value: next };
  return { end: pos + 3, claims: [claim], scenes: [], entities: [noun] };
}

/** `a`, `a and b`, `a, b and c`: every reading, the longest first. */
export function things(context: Context, pos: number): Things[] {
  const first = thing(context, pos);
  if (!first) return [];
  const readings = [first];
  let open = first;
  for (;;) {
    const separator = context.tokens[open.end];
    if (separator !== ',' && separator !== 'and') break;
    const next = thing(context, open.end + 1);
    if (!next) break;
    open = {
      end: next.end,
      claims: [...open.claims, ...next.claims],
      scenes: [],
      entities: [...open.entities, ...next.entities],
    };
    if (separator === 'and') {
      readings.unshift(open);
      break;
    }
  }
  return readings;
}

function place(context: Context, pos: number): Things | undefined {
  const found = thing(context, pos);
  return found && entityKind(context.lexicon, found.entities[0]!) === 'place' ? found : undefined;
}

/** One `value` word after fixed words, as claims about every subject. */
function* claim(
  context: Context,
  pos: number,
  subjects: readonly string[],
  attribute: Attribute,
  values: readonly string[],
): Generator<Parse> {
  const value = context.tokens[pos];
  if (value === undefined || !values.includes(value)) return;
  const claims = subjects.map((subject) => ({ subject, attribute, value }));
  yield { end: pos + 1, claims, scenes: [] };
}

function isOnly(lexicon: Lexicon, subjects: readonly string[], kind: EntityKind): boolean {
  return subjects.every((subject) => entityKind(lexicon, subject) === kind);
}

/** What follows `is` or `are`. */
function* being(context: Context, pos: number, subjects: readonly string[]): Generator<Parse> {
  const { lexicon, tokens } = context;
  const word = tokens[pos];
  if (word === 'a') yield* claim(context, pos + 1, subjects, 'job', lexicon.jobs);
  if (word === 'for') yield* claim(context, pos + 1, subjects, 'use', lexicon.uses);
  if (word === 'made' && tokens[pos + 1] === 'of') {
    yield* claim(context, pos + 2, subjects, 'material', lexicon.materials);
  }
  yield* claim(context, pos, subjects, 'colour', lexicon.colours);
  if (word === 'at') {
    const where = place(context, pos + 1);
    if (where) {
      const subject = where.entities[0]!;
      const claims: Claim[] = isOnly(lexicon, subjects, 'thing')
        ? subjects.map((value) => ({ subject, attribute: 'found', value }))
        : [];
      yield { end: where.end, claims: [...claims, ...where.claims], scenes: [] };
    }
  }
  if (word !== undefined && FELT.has(word)) {
    yield {
      end: pos + 1,
      claims: [],
      scenes: [{ subjects: [...subjects], verb: word, others: [] }],
    };
  }
}

/** `at the mill` after a scene's verb, or nothing. */
function* whereabouts(context: Context, scene: Scene, read: Parse): Generator<Parse> {
  if (context.tokens[read.end] === 'at') {
    const where = place(context, read.end + 1);
    if (where) {
      yield {
        end: where.end,
        claims: [...read.claims, ...where.claims],
        scenes: [{ ...scene, others: [...scene.others, ...where.entities] }],
      };
    }
  }
  yield { end: read.end, claims: read.claims, scenes: [scene] };
}

function* past(context: Context, pos: number, subjects: readonly string[]): Generator<Parse> {
  const { tokens } = context;
  const verb = tokens[pos]!;
  const next = tokens[pos + 1];
  const scene: Scene = { subjects: [...subjects], verb, others: [] };
  if (verb === 'was' || verb === 'were') {
    if (next !== undefined && FELT.has(next)) {
      yield { end: pos + 2, claims: [], scenes: [{ ...scene, verb: next }] };
    }
    if (next === 'at') yield* whereabouts(context, scene, { end: pos + 1, claims: [], scenes: [] });
  }
  if (GOING.has(verb)) {
    if (next === 'home') yield { end: pos + 2, claims: [], scenes: [scene] };
    const where = next === 'to' ? place(context, pos + 2) : undefined;
    if (where) {
      yield {
        end: where.end,
        claims: where.claims,
        scenes: [{ ...scene, others: where.entities }],
      };
    }
  }
  if (RESTING.has(verb)) {
    if (verb === 'sat' && next === 'with') {
      for (const company of things(context, pos + 2)) {
        yield* whereabouts(context, { ...scene, others: company.entities }, company);
      }
    }
    yield* whereabouts(context, scene, { end: pos + 1, claims: [], scenes: [] });
  }
  if (TAKING.has(verb)) {
    for (const objects of things(context, pos + 1)) {
      yield* whereabouts(context, { ...scene, others: objects.entities }, objects);
    }
  }
}

function* verbPhrase(context: Context, pos: number, subjects: readonly string[]): Generator<Parse> {
  const { lexicon, tokens } = context;
  const verb = tokens[pos];
  switch (verb) {
    case undefined:
      return;
    case 'is':
    case 'are':
      return yield* being(context, pos + 1, subjects);
    case 'works':
    case 'work': {
      if (tokens[pos + 1] === 'as' && tokens[pos + 2] === 'a') {
        yield* claim(context, pos + 3, subjects, 'job', lexicon.jobs);
      }
      const where = tokens[pos + 1] === 'at' ? place(context, pos + 2) : undefined;
      if (!where) return;
      const subject = where.entities[0]!;
      const claims = subjects.map((value): Claim => ({ subject, attribute: 'worker', value }));
      yield { end: where.end, claims: [...claims, ...where.claims], scenes: [] };
      return;
    }
    case 'lives':
    case 'live':
    case 'sleeps':
    case 'sleep':
      if (tokens[pos + 1] === 'at' && tokens[pos + 2] === 'the') {
        yield* claim(context, pos + 3, subjects, 'home', lexicon.places);
      }
      return;
    case 'has':
    case 'have':
      if (tokens[pos + 1] === 'a' && tokens[pos + 2] === 'pet') {
        yield* claim(context, pos + 3, subjects, 'pet', lexicon.animals);
      }
      return;
    case 'likes':
    case 'like':
    case 'eats':
    case 'eat':
      return yield* claim(context, pos + 1, subjects, 'food', lexicon.foods);
    case 'says':
    case 'say':
      return yield* claim(context, pos + 1, subjects, 'sound', lexicon.sounds);
    default:
      yield* past(context, pos, subjects);
  }
}

/** `the colour of the owl is green`, `at the mill is the kite`. */
function* inverted(context: Context, pos: number): Generator<Parse> {
  const { tokens } = context;
  if (tokens[pos] === 'the' && tokens[pos + 1] === 'colour' && tokens[pos + 2] === 'of') {
    for (const subject of things(context, pos + 3)) {
      if (tokens[subject.end] !== 'is') continue;
      yield* claim(context, subject.end + 1, subject.entities, 'colour', context.lexicon.colours);
    }
  }
  if (tokens[pos] === 'at') {
    const where = place(context, pos + 1);
    if (!where || tokens[where.end] !== 'is') return;
    for (const found of things(context, where.end + 1)) {
      const subject = where.entities[0]!;
      const claims = found.entities.map((value): Claim => ({ subject, attribute: 'found', value }));
      yield { end: found.end, claims: [...claims, ...found.claims], scenes: [] };
    }
  }
}

function joined(before: Parse, after: Parse): Parse {
  return {
    end: after.end,
    claims: [...before.claims, ...after.claims],
    scenes: [...before.scenes, ...after.scenes],
  };
}

function* clause(context: Context, pos: number): Generator<Parse> {
  yield* inverted(context, pos);
  for (const subject of things(context, pos)) {
    for (const first of verbPhrase(context, subject.end, subject.entities)) {
      const read = joined(subject, first);
      if (context.tokens[read.end] === 'and') {
        for (const second of verbPhrase(context, read.end + 1, subject.entities)) {
          yield joined(read, second);
        }
      }
      yield read;
    }
  }
}

/** Clauses joined by `and` or a comma, that run exactly to the end of the tokens. */
export function readClauses(context: Context, pos: number): Parse | undefined {
  for (const first of clause(context, pos)) {
    if (first.end === context.tokens.length) return first;
    const separator = context.tokens[first.end];
    const skip = separator === ',' && context.tokens[first.end + 1] === 'and' ? 2 : 1;
    if (separator !== 'and' && separator !== ',') continue;
    const rest = readClauses(context, first.end + skip);
    if (rest) return joined(first, rest);
  }
  return undefined;
}
