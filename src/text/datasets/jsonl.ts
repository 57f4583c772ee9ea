/**
 * JSON Lines in and out: one object a line, in TRL's formats or a rankings file. Rows come back as
 * they stood, further fields and key order included; blank lines and a byte order mark are passed
 * over. Turning conversations into plain text is conversation.ts.
 */

import * as v from 'valibot';
import { describeIssue, FormatError } from '../formats/errors';
import { type DatasetFormat, type Row, SCHEMAS } from './schemas';

/**
 * The rows of a JSONL text, each checked.
 * @param file is the name that errors give.
 * @throws FormatError that names the file, the line, what is wrong there and what was wanted.
 */
export function parseJsonl<Format extends DatasetFormat>(
  text: string,
  format: Format,
  file: string,
): Row<Format>[] {
  return parseLines(text, file).map(({ line, value }) => {
    const result = v.safeParse(SCHEMAS[format], value, { abortEarly: true });
    if (!result.success) {
      throw new FormatError(`${file}, line ${line}: ${describeIssue(result.issues[0])}.`);
    }
    return value as Row<Format>;
  });
}

/** One line a row, each ended by a newline; no rows give an empty text. */
export function writeJsonl(rows: Iterable<object>): string {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  return text;
}

/** Rows of a format that was found by looking. */
export type DetectedRows = {
  [Format in DatasetFormat]: { format: Format; rows: Row<Format>[] };
}[DatasetFormat];

/** Fields that tell the formats apart, in the order in which they are looked for. */
const MARKS: readonly (readonly [DatasetFormat, readonly string[]])[] = [
  ['ranking', ['prompt', 'completions', 'ranks']],
  ['preference', ['prompt', 'chosen', 'rejected']],
  ['completion', ['prompt', 'completion']],
  ['messages', ['messages']],
  ['prompt', ['prompt']],
  ['text', ['text']],
];

/**
 * Reads a JSONL text whose format its first row tells.
 * @throws FormatError as `parseJsonl`, also when no format fits or there is no row.
 */
export function detectJsonl(text: string, file: string): DetectedRows {
  const [first] = parseLines(text, file);
  if (!first) throw new FormatError(`${file} has no rows.`);
  const format = MARKS.find(([, fields]) => fields.every((field) => field in first.value))?.[0];
  if (format === undefined) {
    const met = Object.keys(first.value).join(', ') || 'none';
    const wanted = MARKS.map(([, fields]) => fields.join('+')).join(', ');
    throw new FormatError(
      `${file}, line ${first.line}: the fields are ${met}, but one of ${wanted} was wanted.`,
    );
  }
  return { format, rows: parseJsonl(text, format, file) } as DetectedRows;
}

function parseLines(text: string, file: string): { line: number; value: object }[] {
  const rows: { line: number; value: object }[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((source, i) => {
      if (source.trim() === '') return;
      const line = i + 1;
      let value: unknown;
      try {
        value = JSON.parse(source);
      } catch (error) {
        throw new FormatError(`${file}, line ${line}: not JSON: ${(error as Error).message}.`);
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new FormatError(
          `${file}, line ${line}: ${clip(source.trim())} was met, but an object was wanted.`,
        );
      }
      rows.push({ line, value });
    });
  return rows;
}

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
