/**
 * Byte-level BPE as GPT-2 has it: text to token ids and back, and `tokenizer.json` in and out.
 * Any text goes in and comes back unchanged (a lone surrogate, which no UTF-8 can hold, becomes
 * U+FFFD). No normalization, no unknown token, no truncation or padding: those belong to whoever
 * builds batches. Training is in trainBpe.ts.
 */

import { FormatError } from '../formats/errors';
import { BYTE_TO_CHAR, tokenToBytes } from './byteAlphabet';
import { MergeTable } from './mergeTable';
import { splitWords } from './preTokenizer';
import {
  type AddedToken,
  parseTokenizerJson,
  type TokenizerJson,
  type TokenizerJsonFrame,
  type TokenizerParts,
} from './tokenizerJson';

export const EOT_TOKEN = '<|endoftext|>';
export const PAD_TOKEN = '<|pad|>';

/** Words kept with their ids; when full it starts anew (natural text repeats within far fewer). */
const CACHE_WORDS = 65_536;

export interface EncodeOptions {
  /** Whether the literal text of a special token becomes that token. Off: it is text like any other. */
  allowSpecial?: boolean;
}

export interface DecodeOptions {
  /** Whether special tokens are left out of the text. */
  skipSpecial?: boolean;
}

export interface SpecialTokenNames {
  /** The token that ends a document; `<|endoftext|>` unless given. */
  eot?: string;
  /** The token that fills a row; `<|pad|>` unless given, and added where the file has none. */
  pad?: string;
}

const utf8 = new TextEncoder();

export class Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** Id that ends a document or a response. */
  readonly eot: number;
  /** Id that fills a row on its right; never equal to `eot`. */
  readonly pad: number;
  /** Vocabulary entries by id, written in the byte alphabet; undefined where an id has no token. */
  readonly tokens: readonly (string | undefined)[];

  private readonly frame: TokenizerJsonFrame;
  private readonly vocab: ReadonlyMap<string, number>;
  private readonly merges: TokenizerParts['merges'];
  private readonly addedTokens: readonly AddedToken[];
  private readonly table: MergeTable;
  private readonly byteIds: readonly number[];
  private readonly bytes: (Uint8Array | undefined)[] = [];
  private readonly added = new Map<string, number>();
  private readonly special = new Set<number>();
  private readonly anyAdded: RegExp | undefined;
  private readonly plainAdded: RegExp | undefined;
  private readonly cache = new Map<string, readonly number[]>();

  /** From a file's parts; most callers want `Tokenizer.fromJSON` or `trainBpe`. */
  constructor(parts: TokenizerParts, names: SpecialTokenNames = {}) {
    this.frame = parts.frame;
    this.vocab = parts.vocab;
    this.merges = parts.merges;
    this.table = new MergeTable(parts.merges);
    this.byteIds = BYTE_TO_CHAR.map((char) => parts.vocab.get(char)!);

    const { addedTokens, eot, pad } = resolveSpecial(parts, names);
    this.addedTokens = addedTokens;
    this.eot = eot;
    this.pad = pad;

    const tokens: (string | undefined)[] = [];
    for (const [token, id] of parts.vocab) tokens[id] = token;
    for (const token of addedTokens) {
      tokens[token.id] = token.content;
      this.added.set(token.content, token.id);
      if (token.special) this.special.add(token.id);
    }
    this.tokens = Array.from(tokens);
    this.vocabSize = tokens.length;
    this.anyAdded = alternation(addedTokens);
    this.plainAdded = alternation(addedTokens.filter((token) => !token.special));
  }

  /**
   * Reads a `tokenizer.json` (its text or its parsed value; merges as pairs or as `"a b"`).
   * A file without a pad token gets one at the next free id, so `vocabSize` may be one larger.
   * @throws FormatError in one sentence.
   */
  static fromJSON(json: unknown, names: SpecialTokenNames = {}, file?: string): Tokenizer {
    return new Tokenizer(parseTokenizerJson(json, file), names);
  }

  /** The ids of `text`. Special tokens written out in it are plain text unless `allowSpecial`. */
  encode(text: string, { allowSpecial = false }: EncodeOptions = {}): number[] {
    const ids: number[] = [];
    const pattern = allowSpecial ? this.anyAdded : this.plainAdded;
    let from = 0;
    if (pattern) {
      for (const match of text.matchAll(pattern)) {
        this.encodePlain(text.slice(from, match.index), ids);
        ids.push(this.added.get(match[0])!);
        from = match.index + match[0].length;
      }
    }
    this.encodePlain(from === 0 ? text : text.slice(from), ids);
    return ids;
  }

  /**
   * The text of `ids`. Bytes that are no UTF-8 (a character cut in two) become U+FFFD, and so does
   * an id without a token.
   */
  decode(ids: Iterable<number>, { skipSpecial = false }: DecodeOptions = {}): string {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const id of ids) {
      if (skipSpecial && this.special.has(id)) continue;
      const bytes = this.tokenBytes(id);
      parts.push(bytes);
      length += bytes.length;
    }
    const joined = new Uint8Array(length);
    let at = 0;
    for (const bytes of parts) {
      joined.set(bytes, at);
      at += bytes.length;
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(joined);
  }

  /** The bytes that one id stands for (U+FFFD's where the id has no token). Not to be written to. */
  tokenBytes(id: number): Uint8Array {
    const known = this.bytes[id];
    if (known) return known;
    const bytes = tokenToBytes(this.tokens[id] ?? '\uFFFD');
    if (id < this.vocabSize) this.bytes[id] = bytes;
    return bytes;
  }

  /** Whether the id is a special token (end-of-text, padding, or another marked so in the file). */
  isSpecial(id: number): boolean {
    return this.special.has(id);
  }

  /** The value of a `tokenizer.json`; for the file itself use `toJSONText`. */
  toJSON(): TokenizerJson {
    const vocab = Object.fromEntries(this.vocabById());
    return this.withFrame(
      vocab,
      this.merges.map(([left, right]) => this.pair(left, right)),
    );
  }

  /**
   * The `tokenizer.json` file, byte for byte as `tokenizers` writes it. (JavaScript lists keys that
   * look like integers first, so the vocabulary is written here and not by `JSON.stringify`.)
   */
  toJSONText(): string {
    const entries = this.vocabById().map(([token, id]) => `      ${JSON.stringify(token)}: ${id}`);
    const merges = this.merges.map(([left, right]) => this.pair(left, right));
    return JSON.stringify(this.withFrame({}, merges), null, 2).replace(
      '"vocab": {}',
      () => `"vocab": {\n${entries.join(',\n')}\n    }`,
    );
  }

  private withFrame(
    vocab: Record<string, number>,
    merges: TokenizerJson['model']['merges'],
  ): TokenizerJson {
    const { version, truncation, padding, model, ...rest } = this.frame;
    return {
      version,
      truncation,
      padding,
      added_tokens: [...this.addedTokens],
      ...rest,
      model: { ...model, vocab, merges },
    };
  }

  private pair(left: number, right: number): [string, string] {
    return [this.tokens[left]!, this.tokens[right]!];
  }

  private vocabById(): [string, number][] {
    return [...this.vocab].sort((a, b) => a[1] - b[1]);
  }

  private encodePlain(text: string, ids: number[]): void {
    for (const word of splitWords(text)) {
      let known = this.cache.get(word);
      if (known === undefined) {
        known = this.table.apply(Array.from(utf8.encode(word), (byte) => this.byteIds[byte]));
        if (this.cache.size >= CACHE_WORDS) this.cache.clear();
        this.cache.set(word, known);
      }
      for (const id of known) ids.push(id);
    }
  }
}

/** A pattern that finds the leftmost, and there the longest, of the tokens' texts. */
function alternation(tokens: readonly AddedToken[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const sources = tokens
    .map((token) => token.content)
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(sources.join('|'), 'gu');
}

function resolveSpecial(parts: TokenizerParts, names: SpecialTokenNames) {
  const addedTokens = parts.addedTokens.map((token) => ({ ...token }));
  const used = [...parts.vocab.values(), ...addedTokens.map((token) => token.id)];
  const find = (content: string): number | undefined => {
    const added = addedTokens.find((token) => token.content === content);
    if (added) {
      added.special = true;
      return added.id;
    }
    const id = parts.vocab.get(content);
    if (id !== undefined) addedTokens.push(specialToken(id, content));
    return id;
  };

  const eotName = names.eot ?? EOT_TOKEN;
  const eot = find(eotName);
  if (eot === undefined) {
    throw new FormatError(
      `tokenizer.json: no token is ${JSON.stringify(eotName)}, but one that ends a document was wanted.`,
    );
  }
  // One id for both would let padding be read as an end, so a pad equal to the end is replaced.
  const padName = names.pad === undefined || names.pad === eotName ? PAD_TOKEN : names.pad;
  let pad = find(padName);
  if (pad === undefined) {
    pad = used.reduce((most, id) => Math.max(most, id), -1) + 1;
    addedTokens.push(specialToken(pad, padName));
  }
  addedTokens.sort((a, b) => a.id - b.id);
  return { addedTokens, eot, pad };
}

/** A special added token as `tokenizers` lists it. */
export const specialToken = (id: number, content: string): AddedToken => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
