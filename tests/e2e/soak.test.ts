/** A minute of the soak: the page at work, struck at random, with everything checked. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.mjs';

test('a minute of strikes, pauses, samples and rankings leaves no fault', async () => {
  await ensureBuilt();
  const child = spawn(process.execPath, ['scripts/soak.mjs', '--minutes', '1', '--seed', '1']);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const code = await new Promise((done) => child.on('close', done));
  expect(said).toMatch(/1 minutes, [1-9]\d* rounds, \d+ disturbances, \d+ rankings, 0 faults/);
  expect(code).toBe(0);
}, 900_000);
