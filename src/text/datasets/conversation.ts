/**
 * Conversations as the plain text that the models here are trained on: a user's turn becomes
 * `Q: …`, an assistant's `A: …`, a system's stands as it is, each on its own lines, and a prompt
 * ends with `A:`. A completion begins with a space, so that it tokenises the same alone as after
 * its prompt.
 */

import * as v from 'valibot';
import { FormatError } from '../formats/errors';
import { type Message, messageList, type Row } from './schemas';

const MARKS: Record<string, string> = { user: 'Q: ', assistant: 'A: ', system: '' };

/** A prompt's text: plain text as it is, messages rendered and opened for the answer. */
export function renderPrompt(prompt: string | readonly Message[]): string {
  if (typeof prompt === 'string') return prompt;
  return `${prompt.map(({ role, content }) => `${mark(role)}${content}\n`).join('')}A:`;
}

/** A completion's text: plain text as it is, messages rendered to follow an open `A:`. */
export function renderCompletion(completion: string | readonly Message[]): string {
  if (typeof completion === 'string') return completion;
  const text = completion.map(({ role, content }) => `${mark(role)}${content}`).join('\n');
  return completion[0].role === 'assistant'
    ? text.slice(MARKS['assistant'].length - 1)
    : `\n${text}`;
}

/** A whole conversation as a demonstration: its last message, the assistant's, is the completion. */
export function demonstrationOf({ messages }: Row<'messages'>): {
  prompt: string;
  completion: string;
} {
  const last = messages[messages.length - 1];
  if (last.role !== 'assistant') {
    throw new FormatError(
      `A conversation ends with the role "${last.role}", but "assistant" was wanted.`,
    );
  }
  return { prompt: renderPrompt(messages.slice(0, -1)), completion: renderCompletion([last]) };
}

/** A row's conversational fields as plain text; its other fields stay. */
export function plainRow<R extends Row<'prompt'> | Row<'completion'> | Row<'preference'>>(row: R) {
  const plain: Record<string, unknown> = { ...row, prompt: renderPrompt(row.prompt) };
  for (const field of ['completion', 'chosen', 'rejected']) {
    // A further field may bear such a name and be anything: it stays as it is.
    if (field in row && isMessages(row[field])) plain[field] = renderCompletion(row[field]);
  }
  return plain as { [Field in keyof R]: R[Field] extends string | Message[] ? string : R[Field] };
}

const isMessages = (value: unknown): value is Message[] => v.safeParse(messageList, value).success;

function mark(role: string): string {
  const found = MARKS[role];
  if (found !== undefined && Object.hasOwn(MARKS, role)) return found;
  throw new FormatError(
    `A message has the role "${role}", but one of ${Object.keys(MARKS).join(', ')} was wanted.`,
  );
}
