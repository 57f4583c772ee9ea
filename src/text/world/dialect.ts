/** The town's dialect: a word-for-word code of short syllables, the same in every town. */
import type { Lexicon } from './types';

const CONSONANTS = 'dfgklmnprstvz';
const VOWELS = 'auie';

const tables = new WeakMap<Lexicon, Map<string, string>>();

/** The dialect's word for each animal, thing and colour, and for `the` and `and`. */
export function dialectOf(lexicon: Lexicon): ReadonlyMap<string, string> {
  let table = tables.get(lexicon);
  if (!table) {
    table = new Map([
      ['the', 'lo'],
      ['and', 'un'],
    ]);
    const words = [...lexicon.animals, ...lexicon.colours, ...lexicon.things];
    words.forEach((word, i) => {
      const consonant = CONSONANTS[(i * 5 + 3) % CONSONANTS.length]!;
      const vowel = VOWELS[Math.floor(i / CONSONANTS.length) % VOWELS.length]!;
      table!.set(word, `${consonant}${vowel}`);
    });
    tables.set(lexicon, table);
  }
  return table;
}

/** Word for word; words without a translation stay. */
export function toDialect(lexicon: Lexicon, words: readonly string[]): string[] {
  const table = dialectOf(lexicon);
  return words.map((word) => table.get(word) ?? word);
}
