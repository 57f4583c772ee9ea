/** Browser, tab, device and GPU process are killed at random instants; nothing is lost by it. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.mjs';

test('20 kills over all stages end in the bits of a run that was never stopped', async () => {
  await ensureBuilt();
  const child = spawn(process.execPath, ['scripts/chaos.mjs', '--kills', '20', '--seed', '1']);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((done) => child.on('close', done));
  expect(said).toContain(
    '20 kills, 20 bit-identical, 0 lost rankings, 0 requests beyond the origin, seed 1',
  );
  expect(code).toBe(0);
}, 1_200_000);
