/**
 * The `tokenizer.json` of Hugging Face's `tokenizers`: its schema for byte-level BPE, and reading it
 * with errors that say what stands where. Only what gives the same ids here as there is accepted: a
 * normalizer, another pre-tokenizer or a dropout is refused and not ignored. `post_processor`,
 * `truncation` and `padding` do not touch the ids of a text; they are kept as met and not applied.
 */

import * as v from 'valibot';
import { describeIssue, FormatError, wholeNumber } from '../formats/errors';
import { BYTE_TO_CHAR } from './byteAlphabet';

/** Below 2²⁶, as the encoder's pair keys want it. */
const id = wholeNumber(0, 2 ** 26 - 1);

const addedTokenSchema = v.object({
  id,
  content: v.pipe(v.string(), v.minLength(1, 'has no characters')),
  single_word: v.optional(v.literal(false), false),
  lstrip: v.optional(v.literal(false), false),
  rstrip: v.optional(v.literal(false), false),
  normalized: v.optional(v.boolean(), false),
  special: v.optional(v.boolean(), false),
});

const byteLevelSchema = v.object({
  type: v.literal('ByteLevel'),
  add_prefix_space: v.optional(v.boolean(), true),
  trim_offsets: v.optional(v.boolean(), true),
  use_regex: v.optional(v.boolean(), true),
});

const tokenizerJsonSchema = v.object({
  version: v.optional(v.literal('1.0'), '1.0'),
  truncation: v.optional(v.unknown(), null),
  padding: v.optional(v.unknown(), null),
  added_tokens: v.optional(v.array(addedTokenSchema), []),
  normalizer: v.optional(v.null(), null),
  pre_tokenizer: v.object({
    ...byteLevelSchema.entries,
    add_prefix_space: v.literal(false),
    use_regex: v.optional(v.literal(true), true),
  }),
  post_processor: v.optional(v.unknown(), null),
  decoder: byteLevelSchema,
  model: v.object({
    type: v.optional(v.literal('BPE'), 'BPE'),
    dropout: v.optional(v.null(), null),
    unk_token: v.optional(v.nullable(v.string()), null),
    continuing_subword_prefix: v.optional(v.nullable(v.literal('')), null),
    end_of_word_suffix: v.optional(v.nullable(v.literal('')), null),
    fuse_unk: v.optional(v.boolean(), false),
    byte_fallback: v.optional(v.literal(false), false),
    ignore_merges: v.optional(v.literal(false), false),
    vocab: v.record(v.string(), id),
    merges: v.array(v.union([v.tuple([v.string(), v.string()]), v.string()])),
  }),
});

/** A checked `tokenizer.json`; merges are pairs or the older `"a b"` strings. */
export type TokenizerJson = v.InferOutput<typeof tokenizerJsonSchema>;
export type AddedToken = v.InferOutput<typeof addedTokenSchema>;

/** What a tokenizer's file says beside its vocabulary, merges and added tokens. */
export type TokenizerJsonFrame = Omit<TokenizerJson, 'added_tokens' | 'model'> & {
  model: Omit<TokenizerJson['model'], 'vocab' | 'merges'>;
};

/** The frame that `tokenizers` writes around a freshly trained byte-level BPE. */
export const DEFAULT_FRAME: TokenizerJsonFrame = {
  version: '1.0',
  truncation: null,
  padding: null,
  normalizer: null,
  pre_tokenizer: {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
  },
};

/** The content of a `tokenizer.json`, resolved to ids. */
export interface TokenizerParts {
  frame: TokenizerJsonFrame;
  /** The model's vocabulary: token to id. */
  vocab: Map<string, number>;
  /** In rank order, as ids: left, right, result. */
  merges: [left: number, right: number, result: number][];
  addedTokens: AddedToken[];
}

/**
 * Reads the text, or the parsed value, of a `tokenizer.json`.
 * @throws FormatError in one sentence that names the file, the place, what is met and what is wanted.
 */
export function parseTokenizerJson(source: unknown, file = 'tokenizer.json'): TokenizerParts {
  const result = v.safeParse(
    tokenizerJsonSchema,
    typeof source === 'string' ? parse(source, file) : source,
  );
  if (!result.success) throw new FormatError(`${file}: ${describeIssue(result.issues[0])}.`);
  const { added_tokens: addedTokens, model, ...rest } = result.output;
  const { vocab: entries, merges: rawMerges, ...modelFrame } = model;

  const vocab = new Map(Object.entries(entries));
  checkIds(vocab, addedTokens, file);
  const count = vocab.size + addedTokens.length;
  const largest = [...vocab.values(), ...addedTokens.map(({ id }) => id)].reduce(
    (most, id) => Math.max(most, id),
    0,
  );
  // A table by id is made, which must not be larger than the file that asks for it.
  if (largest > 4 * count + 1024) {
    throw new FormatError(
      `${file}: the largest id is ${largest}, but for ${count} tokens one up to ${4 * count + 1024} was wanted.`,
    );
  }
  for (const [byte, char] of BYTE_TO_CHAR.entries()) {
    if (!vocab.has(char)) {
      throw new FormatError(
        `${file}: model.vocab has no token ${JSON.stringify(char)} for byte ${byte}, but byte-level BPE needs all 256.`,
      );
    }
  }
  const merges = rawMerges.map((merge, rank): [number, number, number] => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const where = `${file}: model.merges[${rank}]`;
    const [left, right] = pair;
    if (pair.length !== 2 || !left || !right) {
      throw new FormatError(
        `${where} is ${JSON.stringify(merge)}, but two tokens with one space between them were wanted.`,
      );
    }
    const idOf = (token: string): number => {
      const found = vocab.get(token);
      if (found !== undefined) return found;
      throw new FormatError(
        `${where} needs the token ${JSON.stringify(token)}, which model.vocab does not have.`,
      );
    };
    return [idOf(left), idOf(right), idOf(left + right)];
  });
  return { frame: { ...rest, model: modelFrame }, vocab, merges, addedTokens };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${file} is not JSON: ${(error as Error).message}.`);
  }
}

function checkIds(vocab: ReadonlyMap<string, number>, added: readonly AddedToken[], file: string) {
  const tokenOf = new Map<number, string>();
  const claim = (token: string, id: number, where: string) => {
    const other = tokenOf.get(id);
    if (other !== undefined && other !== token) {
      throw new FormatError(
        `${file}: ${where} gives id ${id} to ${JSON.stringify(token)}, but ${JSON.stringify(other)} has it.`,
      );
    }
    tokenOf.set(id, token);
  };
  for (const [token, id] of vocab) claim(token, id, 'model.vocab');
  added.forEach((token, i) => {
    const known = vocab.get(token.content);
    if (known !== undefined && known !== token.id) {
      throw new FormatError(
        `${file}: added_tokens[${i}] gives ${JSON.stringify(token.content)} the id ${token.id}, but model.vocab gives it ${known}.`,
      );
    }
    claim(token.content, token.id, `added_tokens[${i}]`);
  });
}
