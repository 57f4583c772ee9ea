/** JSONL data sets in TRL's formats: read, checked, written, rendered as plain text. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  demonstrationOf,
  plainRow,
  renderCompletion,
  renderPrompt,
} from '../../../src/text/datasets/conversation';
import { detectJsonl, parseJsonl, writeJsonl } from '../../../src/text/datasets/jsonl';
import type { DatasetFormat } from '../../../src/text/datasets/schemas';

const user = { role: 'user', content: 'What colour is the owl?' };
const assistant = { role: 'assistant', content: 'The owl is green.' };
const ranking = {
  prompt: 'Q: Hi.\nA:',
  completions: [' Hello.', ' No.', ' Hi'],
  ranks: [1, 2, 1],
  likert: [7, null, 6],
  flags: [[], ['rude'], []],
  labeler: 'Ida',
};

const EXAMPLES: Record<DatasetFormat, object[]> = {
  text: [{ text: 'A town.' }, { text: '' }],
  messages: [{ messages: [user, assistant] }],
  prompt: [{ prompt: 'Q: x\nA:', brief: { must: ['owl'], items: 3 } }, { prompt: [user] }],
  completion: [
    { prompt: 'a', completion: ' b' },
    { prompt: [user], completion: [assistant] },
  ],
  preference: [
    { prompt: 'a', chosen: ' b', rejected: ' c', labeler: 'Tom' },
    { prompt: [user], chosen: [assistant], rejected: [assistant] },
  ],
  ranking: [ranking],
};
const FORMATS = Object.entries(EXAMPLES) as [DatasetFormat, object[]][];

describe.each(FORMATS)('%s rows', (format, rows) => {
  test('come back as they were written', () => {
    expect(parseJsonl(writeJsonl(rows), format, 'x.jsonl')).toEqual(rows);
  });

  test('are told by their fields', () => {
    expect(detectJsonl(writeJsonl(rows), 'x.jsonl')).toEqual({ format, rows });
  });

  test('keep their further fields and the order of their keys, to the byte', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const text = writeJsonl(rows.map((row) => ({ ...extra, ...row })));
        expect(writeJsonl(parseJsonl(text, format, 'x.jsonl'))).toBe(text);
      }),
    );
  });
});

test('blank lines, Windows line ends and a byte order mark are passed over', () => {
  const text = '\ufeff{"text":"a"}\r\n\r\n  \n{"text":"b"}';
  expect(parseJsonl(text, 'text', 'x.jsonl')).toEqual([{ text: 'a' }, { text: 'b' }]);
});

test('line separators of Unicode within a text do not end a row', () => {
  const rows = [{ text: 'a\u2028b\u0085c\nd' }];
  expect(parseJsonl(writeJsonl(rows), 'text', 'x.jsonl')).toEqual(rows);
});

test('an empty file has no rows', () => {
  expect(parseJsonl('', 'text', 'x.jsonl')).toEqual([]);
  expect(writeJsonl([])).toBe('');
});

describe('a bad row is refused with its file, its line, what is wrong and what was wanted', () => {
  const message = '{"role","content"}';
  test.each<[DatasetFormat, unknown, string]>([
    ['text', 3, 'd.jsonl, line 3: 3 was met, but an object was wanted.'],
    ['text', [1], 'd.jsonl, line 3: [1] was met, but an object was wanted.'],
    ['text', {}, 'd.jsonl, line 3: "text" is missing.'],
    ['text', { text: 3 }, 'd.jsonl, line 3: "text" is 3, but a string was wanted.'],
    ['text', { text: ['a'] }, 'd.jsonl, line 3: "text" is a list, but a string was wanted.'],
    ['completion', { prompt: 'a' }, 'd.jsonl, line 3: "completion" is missing.'],
    [
      'preference',
      { prompt: 'a', chosen: 'b', rejected: null },
      `d.jsonl, line 3: "rejected" is null, but a string or a list of ${message} messages was wanted.`,
    ],
    ['prompt', { prompt: [] }, 'd.jsonl, line 3: "prompt" has no messages.'],
    [
      'prompt',
      { prompt: [user, { role: 'user' }] },
      'd.jsonl, line 3: "prompt[1].content" is missing.',
    ],
    [
      'messages',
      { messages: [{ role: 'user', content: 4 }] },
      'd.jsonl, line 3: "messages[0].content" is 4, but a string was wanted.',
    ],
    [
      'messages',
      { messages: 'Hi' },
      `d.jsonl, line 3: "messages" is "Hi", but a list of ${message} messages was wanted.`,
    ],
    [
      'ranking',
      { ...ranking, ranks: [1, 2] },
      'd.jsonl, line 3: "ranks" has 2 entries for 3 completions.',
    ],
    [
      'ranking',
      { ...ranking, ranks: [1, 0, 1] },
      'd.jsonl, line 3: "ranks[1]" is 0, but a whole number from 1 on was wanted.',
    ],
    [
      'ranking',
      { ...ranking, likert: [1, 8, null] },
      'd.jsonl, line 3: "likert[1]" is 8, but a whole number from 1 to 7 was wanted.',
    ],
    [
      'ranking',
      { ...ranking, flags: [[], 'rude', []] },
      'd.jsonl, line 3: "flags[1]" is "rude", but a list was wanted.',
    ],
    [
      'ranking',
      { ...ranking, completions: ['a'] },
      'd.jsonl, line 3: "completions" has fewer than the two completions that a ranking needs.',
    ],
    ['ranking', { ...ranking, labeler: '' }, 'd.jsonl, line 3: "labeler" has no characters.'],
  ])('%s %j', (format, row, error) => {
    const good = JSON.stringify(EXAMPLES[format][0]);
    const text = `${good}\n\n${JSON.stringify(row)}\n`;
    expect(() => parseJsonl(text, format, 'd.jsonl')).toThrow(error);
  });

  test('a line that is no JSON', () => {
    expect(() => parseJsonl('{"text":"a"}\n{"text":', 'text', 'd.jsonl')).toThrow(
      'd.jsonl, line 2: not JSON: ',
    );
  });

  test('fields of no format, or no row at all', () => {
    expect(() => detectJsonl('\n{"question":"a"}', 'd.jsonl')).toThrow(
      'd.jsonl, line 2: the fields are question, but one of prompt+completions+ranks, prompt+chosen+rejected, prompt+completion, messages, prompt, text was wanted.',
    );
    expect(() => detectJsonl('\n', 'd.jsonl')).toThrow('d.jsonl has no rows.');
  });
});

describe('a conversation as plain text', () => {
  test('is a question and an open answer, which the completion follows after a space', () => {
    expect(renderPrompt([user])).toBe('Q: What colour is the owl?\nA:');
    expect(renderCompletion([assistant])).toBe(' The owl is green.');
  });

  test('keeps earlier turns and a system message', () => {
    const system = { role: 'system', content: 'Be brief.' };
    expect(renderPrompt([system, user, assistant, user])).toBe(
      'Be brief.\nQ: What colour is the owl?\nA: The owl is green.\nQ: What colour is the owl?\nA:',
    );
  });

  test('gives a demonstration whose completion is its last message', () => {
    expect(demonstrationOf({ messages: [user, assistant] })).toEqual({
      prompt: 'Q: What colour is the owl?\nA:',
      completion: ' The owl is green.',
    });
    expect(() => demonstrationOf({ messages: [user] })).toThrow(
      'A conversation ends with the role "user", but "assistant" was wanted.',
    );
  });

  test('replaces the fields of a row and leaves the others', () => {
    const row = plainRow({ prompt: [user], chosen: [assistant], rejected: ' No.', labeler: 'Tom' });
    expect(row).toEqual({
      prompt: 'Q: What colour is the owl?\nA:',
      chosen: ' The owl is green.',
      rejected: ' No.',
      labeler: 'Tom',
    });
  });

  test('with a role that has no place in it is refused', () => {
    expect(() => renderPrompt([{ role: 'constructor', content: '' }])).toThrow(
      'A message has the role "constructor", but one of user, assistant, system was wanted.',
    );
  });
});
