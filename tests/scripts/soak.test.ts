/** What a soak calls flat, and what it calls a fault in the metrics. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ALLOWED, growth } from '../../scripts/soak/flat.mjs';
import { faultsOfMetrics } from '../../scripts/soak/stored.mjs';

test('a leak shows as growth, and noise does not', () => {
  const leak = Array.from({ length: 12 }, (_, round) => 100 + round);
  expect(growth(leak)!).toBeGreaterThan(ALLOWED);
  const noise = [100, 101, 99, 100, 130, 100, 101, 99, 100, 100, 99, 101];
  expect(Math.abs(growth(noise)!)).toBeLessThan(ALLOWED);
});

test('nothing that stays nothing is flat; nothing that becomes something is not', () => {
  expect(growth([0, 0, 0, 0])).toBe(0);
  expect(growth([0, 0, 1, 1])).toBe(Number.POSITIVE_INFINITY);
});

test('three points say nothing', () => {
  expect(growth([1, 2, 3])).toBeUndefined();
});

test('metrics are in order and finite, or are named', () => {
  const row = (step: number, seconds: number, loss = 1) => ({ step, seconds, loss });
  expect(faultsOfMetrics('base', [row(1, 0.1), row(2, 0.2), row(4, 0.2)])).toEqual([]);
  expect(faultsOfMetrics('base', [row(2, 0.1), row(2, 0.2)])).toEqual([
    'base: step 2 follows step 2',
  ]);
  expect(faultsOfMetrics('base', [row(1, 2), row(2, 1)])).toHaveLength(1);
  expect(faultsOfMetrics('ppo', [row(1, 1, Number.NaN)])).toEqual(['ppo: loss is NaN at step 1']);
});

test.each([
  ['soak', ['--minutes', '0'], '--minutes must be a whole number from 1 to 10000, not '],
  ['soak', ['--hours', '1'], "Unknown option '--hours'; the options are --minutes, --seed."],
  ['chaos', ['--kills', '20', '--from', '3'], '--from must be a multiple of 5, a kill a stage,'],
  ['chaos', ['--kills', '20', '--from', '20'], '--from must be a whole number from 0 to 19,'],
])('%s %j is refused in one sentence', (name, args, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, [`scripts/${name}.mjs`, ...args], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
