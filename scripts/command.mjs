/**
 * What every command shares: options in, one-sentence errors and an exit code out.
 * Exit codes: 0 done, 1 failed while running, 2 asked for something that cannot be, 130 interrupted.
 */
import { parseArgs } from 'node:util';

/** The repository's folder, with a trailing slash. */
export const ROOT = new URL('..', import.meta.url);

/** What was asked for cannot be: told in one sentence, exit code 2. */
export class UsageError extends Error {
  /** @override */
  name = 'UsageError';
}

/** What was begun did not succeed: told in one sentence, exit code 1. */
export class CommandError extends Error {
  /** @override */
  name = 'CommandError';
}

/** The user stopped it; exit code 130. */
export class Interrupted extends Error {
  /** @override */
  name = 'Interrupted';
}

/**
 * @typedef {{ type: 'string' | 'boolean', multiple?: boolean }} Option
 * @typedef {Record<string, string | boolean | (string | boolean)[] | undefined>} Given
 */

/**
 * Parses `--name value` and `--name=value`.
 * @param {string[]} args
 * @param {Record<string, Option>} options
 * @param {number} [positionals] how many bare words are taken
 * @returns {{ values: Given, words: string[] }}
 * @throws {UsageError} for an unknown option, a missing value or a word too many
 */
export function parseOptions(args, options, positionals = 0) {
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
  /** @type {Given} */
  const values = {};
  /** @type {string[]} */
  const words = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (!option) {
      const names = Object.keys(options).map((name) => `--${name}`);
      throw new UsageError(
        `Unknown option '${token.rawName}'; the options are ${names.join(', ')}.`,
      );
    }
    const value = option.type === 'boolean' ? true : token.value;
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`--${token.name} takes no value, not '${token.value}'.`);
    }
    // '--out --resume' forgot the folder; a name with a dash is taken behind '=', a number as it is.
    if (
      value === undefined ||
      value === '' ||
      (!token.inlineValue && /^-(?!\d)/.test(String(value)))
    ) {
      throw new UsageError(`--${token.name} needs a value.`);
    }
    values[token.name] = option.multiple
      ? [.../** @type {string[]} */ (values[token.name] ?? []), value]
      : value;
  }
  if (words.length > positionals) {
    throw new UsageError(`'${words[positionals]}' is not understood here.`);
  }
  return { values, words };
}

/**
 * A whole number option.
 * @param {Given} values
 * @param {string} name
 * @param {[min: number, max: number]} range
 * @returns {number | undefined}
 */
export function wholeNumber(values, name, [min, max]) {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not '${text}'.`);
}

/**
 * An option that is one of a few words.
 * @template {string} T
 * @param {Given} values
 * @param {string} name
 * @param {readonly T[]} choices
 * @returns {T | undefined}
 */
export function choice(values, name, choices) {
  const text = values[name];
  if (text === undefined) return undefined;
  const found = choices.find((word) => word === text);
  if (found) return found;
  throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not '${text}'.`);
}

/** The signal that the first Ctrl-C gives; the second ends the process. */
export function interruption() {
  const controller = new AbortController();
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}

/**
 * Runs a command and ends the process with its exit code.
 * @param {() => Promise<number | void>} command answers the exit code; nothing is 0
 */
export async function main(command) {
  try {
    process.exitCode = (await command()) ?? 0;
  } catch (error) {
    console.error(sentenceOf(error));
    process.exit(exitCodeOf(error));
  }
}

/** @param {unknown} error */
export function exitCodeOf(error) {
  if (error instanceof UsageError) return 2;
  return error instanceof Interrupted ? 130 : 1;
}

/**
 * The first line of an error; the rest with DEBUG=1.
 * @param {unknown} error
 */
export function sentenceOf(error) {
  if (!(error instanceof Error)) return String(error);
  if (process.env.DEBUG) return error.stack ?? error.message;
  return error.message.split('\n')[0];
}
