/** The built page is static files: any host serves it, under any sub-path. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { openSite, type Site } from '../support/site';

let site: Site;
beforeAll(async () => {
  site = await openSite('/some/where');
});
afterAll(() => site.close());

test('the page, its worker and the hook pages load under a sub-path', async () => {
  const page = await site.open('/#headless');
  await page.waitForFunction(() => 'pocketRlhfHeadless' in window);
  const status = await page.evaluate(() => window.pocketRlhfHeadless.open());
  expect(status.ok).toBe(true);
  for (const path of ['/', '/bench.html', '/kernels.html']) {
    const other = await site.open(path);
    expect(await other.title()).toContain('Pocket RLHF');
  }
  expect(site.errors).toEqual([]);
});

test('npm start says in one sentence that its port is taken', async () => {
  const other = await serve({ folder: '.' });
  const child = spawn(process.execPath, [
    'scripts/start.mjs',
    '--no-open',
    '--port',
    `${other.port}`,
  ]);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((done) => child.on('close', done));
  await other.close();
  expect(code).toBe(2);
  expect(errors).toBe(
    `Port ${other.port} is taken by another program; choose another with --port.\n`,
  );
});
