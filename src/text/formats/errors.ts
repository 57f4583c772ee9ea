/**
 * The one error of everything that reads a file here. Its message is a single sentence that names
 * the file, the place in it, what was met and what was wanted; the page and the command show it as
 * it is. The files themselves are checked with valibot, whose issues are put into words here.
 */

import * as v from 'valibot';

export class FormatError extends Error {
  override name = 'FormatError';
  constructor(message: string) {
    super(oneLine(message));
  }
}

/** What a file holds may stand in a message: it is kept to one line that can be read. */
const LONGEST = 600;

function oneLine(message: string): string {
  const line = message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}….`;
}

/** Schema of a whole number in [from, to]. */
export const wholeNumber = (from: number, to = Number.MAX_SAFE_INTEGER) =>
  v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to,
    `a whole number ${to === Number.MAX_SAFE_INTEGER ? `from ${from} on` : `from ${from} to ${to}`}`,
  );

const NOUNS: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  unknown: 'another value',
};

/**
 * The clause for an issue, without a full stop: `"ranks[2]" is "1st", but a number was wanted`.
 * A message of ours is what was wanted, or the whole predicate where it begins with "has".
 */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).reduce(
    (text, { key }) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${key}`,
    '',
  );
  const subject = path === '' ? 'the value' : `"${path}"`;
  if (issue.message.startsWith('has ')) return `${subject} ${issue.message}`;
  if (issue.received === 'undefined') return `${subject} is missing`;
  const wanted = issue.message.startsWith('Invalid')
    ? (NOUNS[String(issue.expected)] ?? issue.expected)
    : issue.message;
  const met = NOUNS[issue.received] ?? issue.received;
  return `${subject} is ${met}, but ${wanted} was wanted`;
}
