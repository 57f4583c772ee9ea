/** Files cross between page and command under names and keys that were given out, and no others. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunFolder } from '../../scripts/lab/folder.mjs';
import { Transfer } from '../../scripts/lab/transfer.mjs';
import { type Serving, serve } from '../../scripts/serve.mjs';

const top = mkdtempSync(join(tmpdir(), 'lab-transfer-'));
let folder: RunFolder;
let transfer: Transfer;
let site: Serving;

beforeAll(async () => {
  writeFileSync(join(top, 'config.json'), '{"base":1}');
  writeFileSync(join(top, 'secret.json'), 'secret');
  folder = RunFolder.open(join(top, 'run'), false);
  transfer = new Transfer(folder, top, ['config.json']);
  site = await serve({ folder: top, routes: transfer.routes() });
});
afterAll(async () => {
  await site.close();
  rmSync(top, { recursive: true });
});

const post = (path: string) => fetch(`${site.address}/${path}`, { method: 'POST', body: 'bytes' });

test('a file that was asked for arrives under its name, once', async () => {
  const address = transfer.target('models/base/config.json');
  expect((await post(address)).status).toBe(204);
  expect(readFileSync(join(top, 'run/models/base/config.json'), 'utf8')).toBe('bytes');
  expect((await post(address)).status).toBe(403);
});

test('another name, or another key, is refused', async () => {
  const address = transfer.target('report.json');
  expect((await post(address.replace('report', 'reports'))).status).toBe(403);
  expect((await post(address.replace(/key=.*/, 'key=guess'))).status).toBe(403);
  expect(folder.has('report.json')).toBe(false);
});

test.each(['../a', 'a/../../b', '/etc/a', '.profile/run.json', 'a//b', 'a\\b', ''])(
  'a file of the run is never called %j',
  (name) => {
    expect(() => transfer.target(name)).toThrow('no name for a file of a run');
  },
);

test("the imported model's files can be read, and nothing beside them", async () => {
  const address = transfer.sources()['config.json']!;
  expect(await (await fetch(`${site.address}/${address}`)).text()).toBe('{"base":1}');
  const other = await fetch(`${site.address}/${address.replace('config', 'secret')}`);
  expect(other.status).toBe(403);
});
