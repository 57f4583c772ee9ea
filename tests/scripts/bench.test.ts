/** The benchmark refuses what it cannot measure, before it builds anything. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test.each([
  [
    '--config huge',
    /^--config must be one of tiny, small, nano, micro, mini, gpt2, not 'huge'\.\n$/,
  ],
  ['--browser lynx', /^--browser must be one of chromium, firefox, not 'lynx'\.\n$/],
  ['--peers torch', /^--peers must be one of none, jax, tfjs, not 'torch'\.\n$/],
  ['--peers none,jax', /^--peers none goes alone, not 'none,jax'\.\n$/],
  ['--json /proc/nobody/b.json', /^--json \/proc\/nobody\/b\.json cannot be written .*\n$/],
  ['--fast', /^Unknown option '--fast'; the options are --browser, .*\n$/],
])('bench %s: one sentence, exit code 2', (line, message) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['scripts/bench.mjs', ...line.split(' ')],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
});
