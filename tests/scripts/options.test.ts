/** How commands read their options, and what they say to a wrong one. */
import { describe, expect, test } from 'vitest';
import {
  choice,
  exitCodeOf,
  Interrupted,
  parseOptions,
  UsageError,
  wholeNumber,
} from '../../scripts/command.mjs';

const options = {
  out: { type: 'string' },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const parse = (...args: string[]) => parseOptions(args, options, 1);

describe('options', () => {
  test('are given with a space or an equals sign', () => {
    expect(parse('--out', 'a', '--json').values).toEqual({ out: 'a', json: true });
    expect(parse('--out=-a').values).toEqual({ out: '-a' });
  });

  test('may repeat where they are a list', () => {
    expect(parse('--set', 'a=1', '--set', 'b=-2').values).toEqual({ set: ['a=1', 'b=-2'] });
  });

  test.each([
    [['--oot', 'a'], "Unknown option '--oot'; the options are --out, --set, --json."],
    [['--out'], '--out needs a value.'],
    [['--out', '--json'], '--out needs a value.'],
    [['--json=1'], "--json takes no value, not '1'."],
    [['run', 'more'], "'more' is not understood here."],
  ])('%j is refused in one sentence', (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });

  test('take whole numbers within bounds only', () => {
    expect(wholeNumber({ seed: '7' }, 'seed', [0, 10])).toBe(7);
    expect(wholeNumber({}, 'seed', [0, 10])).toBeUndefined();
    for (const seed of ['11', '-1', '1.5', '1e1', 'x']) {
      expect(() => wholeNumber({ seed }, 'seed', [0, 10])).toThrow(
        `--seed must be a whole number from 0 to 10, not '${seed}'.`,
      );
    }
  });

  test('take one of a few words', () => {
    expect(choice({ browser: 'firefox' }, 'browser', ['chromium', 'firefox'])).toBe('firefox');
    expect(() => choice({ browser: 'lynx' }, 'browser', ['chromium', 'firefox'])).toThrow(
      "--browser must be one of chromium, firefox, not 'lynx'.",
    );
  });
});

test('exit codes tell a wrong request, a failure and an interruption apart', () => {
  expect(exitCodeOf(new UsageError(''))).toBe(2);
  expect(exitCodeOf(new Error(''))).toBe(1);
  expect(exitCodeOf(new Interrupted(''))).toBe(130);
});
