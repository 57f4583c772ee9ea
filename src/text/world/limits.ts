/**
 * How long prompts and completions may be, by a rule that needs no tokenizer: the corpus that a
 * tokenizer is trained on must not depend on it.
 */
import { entityKind, makeLexicon } from './lexicon';
import type { WorldPreset } from './types';

/** Tokens of the preset's own vocabulary: prompts, and completions without end-of-text. */
export const LIMITS: Readonly<Record<WorldPreset, { prompt: number; completion: number }>> = {
  nano: { prompt: 24, completion: 31 },
  micro: { prompt: 48, completion: 63 },
  mini: { prompt: 96, completion: 127 },
};

const LEXICON = makeLexicon('mini');

/** Words so common in the corpus that any vocabulary has them whole. */
const COMMON: ReadonlySet<string> = new Set(
  (
    'the is at to and was of a made for lives sleeps has pet likes eats says works saw found took ' +
    'lost fed met sat slept with I it colour who what where one about'
  ).split(' '),
);

/**
 * A careful estimate of the tokens of a text in a vocabulary of 512: entities and common words are
 * one token, other words nearly one a letter. (Tests compare it with trained vocabularies.)
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const piece of text.match(/[A-Za-z]+|\d+|[^\sA-Za-z\d]|\n/g) ?? []) {
    const word = entityKind(LEXICON, piece) === 'person' ? piece : piece.toLowerCase();
    const whole = piece.length < 3 || COMMON.has(word) || entityKind(LEXICON, word) !== undefined;
    tokens += whole ? 1 : Math.ceil(0.9 * piece.length);
  }
  return tokens;
}

/** Whether a text surely keeps within so many tokens. */
export function fitsLimits(text: string, limit: number): boolean {
  return estimateTokens(text) <= limit;
}
