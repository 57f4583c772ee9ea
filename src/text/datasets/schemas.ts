/**
 * The rows of TRL's data sets, plain and conversational, and of a rankings file. Every schema lets
 * further fields through: what a row carries beside its own fields is none of ours and survives.
 */

import * as v from 'valibot';
import { wholeNumber } from '../formats/errors';

const messageSchema = v.looseObject({ role: v.string(), content: v.string() });
/** One message or more. */
export const messageList = v.pipe(
  v.array(messageSchema, 'a list of {"role","content"} messages'),
  v.minLength(1, 'has no messages'),
);
const plainText = v.string('a string or a list of {"role","content"} messages');
/** Chosen by what is there and not by a union, so that an error names the message at fault. */
const textOrMessages = v.lazy((input) => (Array.isArray(input) ? messageList : plainText));

const nonEmpty = v.pipe(v.string(), v.minLength(1, 'has no characters'));

const rankingFields = v.looseObject({
  prompt: v.string(),
  completions: v.pipe(
    v.array(v.string()),
    v.minLength(2, 'has fewer than the two completions that a ranking needs'),
  ),
  ranks: v.array(wholeNumber(1)),
  likert: v.array(v.nullable(wholeNumber(1, 7))),
  flags: v.array(v.array(v.string())),
  labeler: nonEmpty,
});

/** Ranks, Likert scores and flags stand in the order of the completions. */
const oneForEachCompletion = v.rawCheck<v.InferOutput<typeof rankingFields>>(
  ({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value;
    for (const key of ['ranks', 'likert', 'flags'] as const) {
      const value = input[key];
      if (value.length === input.completions.length) continue;
      addIssue({
        message: `has ${value.length} entries for ${input.completions.length} completions`,
        path: [{ type: 'object', origin: 'value', input, key, value }],
      });
    }
  },
);

/** The formats by name; `completion` and `preference` are TRL's prompt-completion and preference. */
export const SCHEMAS = {
  text: v.looseObject({ text: v.string() }),
  messages: v.looseObject({ messages: messageList }),
  prompt: v.looseObject({ prompt: textOrMessages }),
  completion: v.looseObject({ prompt: textOrMessages, completion: textOrMessages }),
  preference: v.looseObject({
    prompt: textOrMessages,
    chosen: textOrMessages,
    rejected: textOrMessages,
  }),
  ranking: v.pipe(rankingFields, oneForEachCompletion),
} as const;

export type DatasetFormat = keyof typeof SCHEMAS;

/** A row as it was read, further fields included. */
export type Row<Format extends DatasetFormat> = v.InferOutput<(typeof SCHEMAS)[Format]>;

export type Message = v.InferOutput<typeof messageSchema>;
/** K completions of one prompt, ranked by one labeler; `likert` null where none was given. */
export type RankingRow = Row<'ranking'>;
/** A pair in plain text, as rankings give it. */
export type ComparisonRow = { prompt: string; chosen: string; rejected: string; labeler: string };
