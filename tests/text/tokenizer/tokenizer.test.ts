/**
 * The tokenizer against Hugging Face's `tokenizers`: ids, text and files (golden values made by
 * tests/golden/tokenizer/make_tokenizer_golden.py), and the properties that hold for any text.
 */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BYTE_TO_CHAR } from '../../../src/text/tokenizer/byteAlphabet';
import { splitWords } from '../../../src/text/tokenizer/preTokenizer';
import { Tokenizer } from '../../../src/text/tokenizer/tokenizer';

const golden = (name: string): string =>
  readFileSync(new URL(`../../golden/tokenizer/${name}`, import.meta.url), 'utf8');

const awkward: {
  encoded: {
    text: string;
    ids: number[];
    idsWithSpecial: number[];
    decodedWithoutSpecial: string;
  }[];
  decoded: { ids: number[]; text: string }[];
} = JSON.parse(golden('awkward.json'));

const file = golden('trained-400-2.json');
const tokenizer = Tokenizer.fromJSON(file);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(' ', '\n', 'a', "'s", '1', 'é', '😀', '.'), maxLength: 60 }),
);

describe('ids and text are those of Hugging Face', () => {
  test.each(awkward.encoded)('$text', ({ text, ids, idsWithSpecial, decodedWithoutSpecial }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.encode(text, { allowSpecial: true })).toEqual(idsWithSpecial);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(idsWithSpecial)).toBe(text);
    expect(tokenizer.decode(idsWithSpecial, { skipSpecial: true })).toBe(decodedWithoutSpecial);
  });

  test('ids that cut characters in two decode alike', () => {
    for (const { ids, text } of awkward.decoded) expect(tokenizer.decode(ids)).toBe(text);
  });
});

describe('for any text', () => {
  test('decoding what was encoded gives the text back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        expect(tokenizer.decode(tokenizer.encode(text, { allowSpecial: true }))).toBe(text);
      }),
    );
  });

  test('the words of a text put together are the text', () => {
    fc.assert(fc.property(anyText, (text) => splitWords(text).join('') === text));
  });

  test('encoding yields no special token unless allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<|endoftext|>', '<|pad|>', ' x', '<|')), (parts) => {
        const ids = tokenizer.encode(parts.join(''));
        expect(ids.some((id) => tokenizer.isSpecial(id))).toBe(false);
      }),
    );
  });

  test('a lone surrogate becomes the replacement character', () => {
    expect(tokenizer.decode(tokenizer.encode('a\ud800b'))).toBe('a\ufffdb');
  });
});

test('a long text without a space is encoded in reasonable time', () => {
  const ids = tokenizer.encode('ab'.repeat(200_000));
  expect(tokenizer.decode(ids)).toHaveLength(400_000);
});

describe('special tokens', () => {
  test('end-of-text and padding are ids 0 and 1', () => {
    expect([tokenizer.eot, tokenizer.pad, tokenizer.vocabSize]).toEqual([0, 1, 400]);
  });

  test('the bytes of a token are those of its text', () => {
    const ids = tokenizer.encode('日 x');
    const bytes = ids.flatMap((id) => [...tokenizer.tokenBytes(id)]);
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe('日 x');
  });

  test('an id without a token decodes to the replacement character', () => {
    expect(tokenizer.decode([...tokenizer.encode('a'), 5000])).toBe('a\ufffd');
  });
});

describe('tokenizer.json', () => {
  test('is written back byte for byte', () => {
    for (const name of ['trained-300-0.json', 'trained-400-2.json', 'trained-4096-0.json']) {
      expect(Tokenizer.fromJSON(golden(name)).toJSONText()).toBe(golden(name));
    }
  });

  test('as a value equals the file', () => {
    expect(JSON.parse(JSON.stringify(tokenizer))).toEqual(JSON.parse(file));
  });

  test('with merges as the older strings reads the same', () => {
    const json = JSON.parse(file);
    json.model.merges = json.model.merges.map((pair: string[]) => pair.join(' '));
    expect(Tokenizer.fromJSON(json).toJSONText()).toBe(file);
  });

  test("in GPT-2's older form, without padding, gets a pad token at the next id", () => {
    const old = Tokenizer.fromJSON({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [
        {
          id: 256,
          special: true,
          content: '<|endoftext|>',
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: true,
        },
      ],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
      model: {
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        vocab: Object.fromEntries([...BYTE_TO_CHAR, '<|endoftext|>'].map((c, id) => [c, id])),
        merges: [],
      },
    });
    expect([old.eot, old.pad, old.vocabSize]).toEqual([256, 257, 258]);
    expect(old.encode('A<|pad|>', { allowSpecial: true })).toEqual([65, 257]);
    expect(Tokenizer.fromJSON(old.toJSONText()).pad).toBe(257);
    expect(old.toJSON().post_processor).toEqual({
      type: 'ByteLevel',
      add_prefix_space: true,
      trim_offsets: false,
    });
  });

  test('with one token for the end and for padding gets another for padding', () => {
    const other = Tokenizer.fromJSON(file, { eot: '<|endoftext|>', pad: '<|endoftext|>' });
    expect([other.eot, other.pad]).toEqual([0, 1]);
  });

  test('the longest of overlapping added tokens is found', () => {
    const json = JSON.parse(file);
    const added = { ...json.added_tokens[0], special: false };
    json.added_tokens.push(
      { ...added, id: 400, content: '[a' },
      { ...added, id: 401, content: '[a]' },
    );
    expect(Tokenizer.fromJSON(json).encode('[a][a')).toEqual([401, 400]);
  });
});

describe('a bad tokenizer.json is refused in one sentence', () => {
  const change = (edit: (json: ReturnType<typeof JSON.parse>) => void) => {
    const json = JSON.parse(file);
    edit(json);
    return json;
  };
  test.each<[string, unknown, string]>([
    ['not JSON', '{"version":', 'tokenizer.json is not JSON: '],
    ['a list', [], 'tokenizer.json: "pre_tokenizer" is missing.'],
    ['a number', 3, 'tokenizer.json: the value is 3, but an object was wanted.'],
    [
      'another model',
      change((json) => {
        json.model.type = 'WordPiece';
      }),
      'tokenizer.json: "model.type" is "WordPiece", but "BPE" was wanted.',
    ],
    [
      'another pre-tokenizer',
      change((json) => {
        json.pre_tokenizer = { type: 'Whitespace' };
      }),
      'tokenizer.json: "pre_tokenizer.type" is "Whitespace", but "ByteLevel" was wanted.',
    ],
    [
      'a prefix space',
      change((json) => {
        json.pre_tokenizer.add_prefix_space = true;
      }),
      'tokenizer.json: "pre_tokenizer.add_prefix_space" is true, but false was wanted.',
    ],
    [
      'a normalizer',
      change((json) => {
        json.normalizer = { type: 'NFC' };
      }),
      'tokenizer.json: "normalizer" is an object, but null was wanted.',
    ],
    [
      'a fractional id',
      change((json) => {
        json.model.vocab['!'] = 2.5;
      }),
      'tokenizer.json: "model.vocab.!" is 2.5, but a whole number from 0 to 67108863 was wanted.',
    ],
    [
      'one id for two tokens',
      change((json) => {
        json.model.vocab['!'] = 3;
      }),
      'tokenizer.json: model.vocab gives id 3 to "\\"", but "!" has it.',
    ],
    [
      'two ids for one token',
      change((json) => {
        json.added_tokens[1].id = 77;
      }),
      'tokenizer.json: added_tokens[1] gives "<|pad|>" the id 77, but model.vocab gives it 1.',
    ],
    [
      'no token for a byte',
      change((json) => {
        delete json.model.vocab['Ā'];
        json.model.merges = [];
      }),
      'tokenizer.json: model.vocab has no token "Ā" for byte 0, but byte-level BPE needs all 256.',
    ],
    [
      'a merge of an unknown token',
      change((json) => {
        json.model.merges[2] = ['zz', 'q'];
      }),
      'tokenizer.json: model.merges[2] needs the token "zz", which model.vocab does not have.',
    ],
    [
      'a merge of three',
      change((json) => {
        json.model.merges[0] = 'a b c';
      }),
      'tokenizer.json: model.merges[0] is "a b c", but two tokens with one space between them were wanted.',
    ],
    [
      'no end of text',
      change((json) => {
        json.added_tokens = [];
        delete json.model.vocab['<|endoftext|>'];
      }),
      'tokenizer.json: no token is "<|endoftext|>", but one that ends a document was wanted.',
    ],
  ])('%s', (_, json, message) => {
    expect(() => Tokenizer.fromJSON(json)).toThrow(message);
  });
});
