/**
 * The one error of everything that reads a file here. Its message is a single sentence that names
 * the file, the place in it, what was met and what was wanted; the page and the command show it as
 * it is.
 */

import type { BaseIssue } from 'valibot';

export class FormatError extends Error {
  override name = 'FormatError';
}

/** A valibot issue as a clause without a full stop: `"ranks[2]" is "1st", but a number was wanted`. */
export function describeIssue(issue: BaseIssue<unknown>): string {
  const path = (issue.path ?? []).reduce(
    (text, { key }) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${key}`,
    '',
  );
  const subject = path === '' ? 'the value' : `"${path}"`;
  // A check of ours speaks for itself; valibot's own messages begin with "Invalid".
  if (!issue.message.startsWith('Invalid')) return `${subject} ${issue.message}`;
  const wanted = issue.expected ?? issue.requirement;
  const met = issue.received === 'undefined' ? 'missing' : issue.received;
  return `${subject} is ${met}, but ${describeWanted(String(wanted))} was wanted`;
}

const NOUNS: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  null: 'null',
};

const describeWanted = (expected: string): string => NOUNS[expected] ?? expected;
