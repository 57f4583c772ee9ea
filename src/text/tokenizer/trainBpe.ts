/**
 * Trains byte-level BPE (Sennrich et al. 2016, algorithm 1, over GPT-2's byte alphabet): words are
 * counted once, then the most frequent neighbouring pair is merged until the vocabulary is full.
 * Counts are corrected only in the words that hold the merged pair, and a queue whose stale entries
 * are re-inserted when met gives the next pair, so that a merge costs what it changes.
 *
 * Ids and merges are those of Hugging Face's BpeTrainer with `initial_alphabet =
 * ByteLevel.alphabet()`: special tokens first, then the alphabet in code point order, then merges;
 * of equally frequent pairs the one with the smaller ids wins. The one difference: a special token
 * written out in a text separates documents here and is never counted as text.
 */

import { BYTE_TO_CHAR, SORTED_ALPHABET } from './byteAlphabet';
import { Heap } from './heap';
import { pairKey } from './mergeTable';
import { splitWords } from './preTokenizer';
import { EOT_TOKEN, PAD_TOKEN, specialToken, Tokenizer } from './tokenizer';
import { DEFAULT_FRAME, type TokenizerParts } from './tokenizerJson';

export interface BpeTrainingProgress {
  phase: 'counting' | 'merging';
  /** Texts read while counting, tokens in the vocabulary while merging. */
  done: number;
  /** The vocabulary wanted; undefined while counting, when the number of texts is not known. */
  total: number | undefined;
}

export interface BpeTrainingOptions {
  /** Tokens wanted in all, at least specials + 256. Fewer come when the texts have no more pairs. */
  vocabSize: number;
  /** Must hold `<|endoftext|>` and `<|pad|>`; they take the first ids in this order. */
  specialTokens?: readonly string[];
  /** A pair seen less often is not merged. */
  minFrequency?: number;
  /** Called about a hundred times. */
  onProgress?: (progress: BpeTrainingProgress) => void;
}

interface PairEntry {
  left: number;
  right: number;
  count: number;
  /** Indices of words that held the pair when the entry was made. */
  words: Set<number>;
}

interface Corpus {
  /** Per distinct word its ids, merged in place as training goes on. */
  words: number[][];
  /** Per distinct word how often it occurs. */
  counts: number[];
}

/**
 * Trains a tokenizer on `texts` (one a document or any other cut; words never cross it).
 * @throws RangeError when `vocabSize` is too small or a special token is missing.
 */
export function trainBpe(texts: Iterable<string>, options: BpeTrainingOptions): Tokenizer {
  const {
    vocabSize,
    specialTokens = [EOT_TOKEN, PAD_TOKEN],
    minFrequency = 0,
    onProgress = () => {},
  } = options;
  const specials = [...new Set(specialTokens)];
  for (const needed of [EOT_TOKEN, PAD_TOKEN]) {
    if (!specials.includes(needed)) {
      throw new RangeError(`The special tokens lack ${needed}, which every tokenizer here needs.`);
    }
  }
  const tokens = [...specials, ...SORTED_ALPHABET];
  if (!Number.isInteger(vocabSize) || vocabSize < tokens.length) {
    throw new RangeError(
      `The vocabulary size is ${vocabSize}, but a whole number of at least ${tokens.length} is wanted (256 bytes and ${specials.length} special tokens).`,
    );
  }
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  const corpus = countWords(texts, specials, vocab, onProgress);
  const merges = learnMerges(corpus, { tokens, vocab, vocabSize, minFrequency, onProgress });
  const addedTokens = specials.map((content, id) => specialToken(id, content));
  return new Tokenizer({ frame: structuredClone(DEFAULT_FRAME), vocab, merges, addedTokens });
}

function countWords(
  texts: Iterable<string>,
  specials: readonly string[],
  vocab: ReadonlyMap<string, number>,
  onProgress: (progress: BpeTrainingProgress) => void,
): Corpus {
  const occurrences = new Map<string, number>();
  let done = 0;
  for (const text of texts) {
    const pieces = specials.reduce(
      (cut, special) =>
        text.includes(special) ? cut.flatMap((piece) => piece.split(special)) : cut,
      [text],
    );
    for (const piece of pieces) {
      for (const word of splitWords(piece)) {
        occurrences.set(word, (occurrences.get(word) ?? 0) + 1);
      }
    }
    done++;
    if (done % 1000 === 0) onProgress({ phase: 'counting', done, total: undefined });
  }
  const utf8 = new TextEncoder();
  const byteIds = BYTE_TO_CHAR.map((char) => vocab.get(char)!);
  return {
    words: Array.from(occurrences.keys(), (word) =>
      Array.from(utf8.encode(word), (byte) => byteIds[byte]),
    ),
    counts: [...occurrences.values()],
  };
}

interface MergeState {
  /** Grows by one a merge, as does `vocab`. */
  tokens: string[];
  vocab: Map<string, number>;
  vocabSize: number;
  minFrequency: number;
  onProgress: (progress: BpeTrainingProgress) => void;
}

function learnMerges({ words, counts }: Corpus, state: MergeState): TokenizerParts['merges'] {
  const { tokens, vocab, vocabSize, minFrequency, onProgress } = state;
  const pairCounts = new Map<number, number>();
  const queue = new Heap<PairEntry>(
    (a, b) =>
      a.count > b.count ||
      (a.count === b.count && (a.left < b.left || (a.left === b.left && a.right < b.right))),
  );
  let found = new Map<number, PairEntry>();
  const addCount = (left: number, right: number, change: number, word: number) => {
    const key = pairKey(left, right);
    pairCounts.set(key, (pairCounts.get(key) ?? 0) + change);
    if (change < 0) return;
    const entry = found.get(key);
    if (entry) entry.words.add(word);
    else found.set(key, { left, right, count: 0, words: new Set([word]) });
  };
  const enqueueFound = () => {
    for (const [key, entry] of found) {
      entry.count = pairCounts.get(key)!;
      if (entry.count > 0) queue.push(entry);
    }
    found = new Map();
  };

  words.forEach((ids, word) => {
    for (let i = 0; i + 1 < ids.length; i++) addCount(ids[i], ids[i + 1], counts[word], word);
  });
  enqueueFound();

  // Keyed by pair, because a pair can come up twice when two splits spell the same token.
  const merges = new Map<number, [number, number, number]>();
  const report = Math.max(1, Math.floor((vocabSize - tokens.length) / 100));
  for (let top = queue.pop(); top !== undefined && tokens.length < vocabSize; top = queue.pop()) {
    const key = pairKey(top.left, top.right);
    const count = pairCounts.get(key)!;
    if (count !== top.count) {
      if (count > 0) queue.push({ ...top, count });
      continue;
    }
    if (count < minFrequency) break;

    const token = tokens[top.left] + tokens[top.right];
    let result = vocab.get(token);
    if (result === undefined) {
      result = tokens.length;
      tokens.push(token);
      vocab.set(token, result);
      if (result % report === 0) onProgress({ phase: 'merging', done: result, total: vocabSize });
    }
    merges.delete(key);
    merges.set(key, [top.left, top.right, result]);
    for (const word of top.words) {
      mergeInWord(words[word], top.left, top.right, result, (left, right, sign) =>
        addCount(left, right, sign * counts[word], word),
      );
    }
    enqueueFound();
  }
  return [...merges.values()];
}

/** Replaces the pair in `ids` from the left, in place, and reports each neighbouring pair's change. */
function mergeInWord(
  ids: number[],
  left: number,
  right: number,
  result: number,
  onChange: (left: number, right: number, sign: 1 | -1) => void,
): void {
  let kept = 0;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== left || ids[i + 1] !== right) {
      ids[kept++] = ids[i];
      continue;
    }
    if (kept > 0) {
      onChange(ids[kept - 1], left, -1);
      onChange(ids[kept - 1], result, 1);
    }
    if (i + 2 < ids.length) {
      onChange(right, ids[i + 2], -1);
      onChange(result, ids[i + 2], 1);
    }
    ids[kept++] = result;
    i++;
  }
  ids.length = kept;
}
