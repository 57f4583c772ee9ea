/** What the build adds: the list of files to keep, and the sum of what is loaded first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { firstLoad } from '../../scripts/build/budget.mjs';
import { serviceWorkerOf } from '../../scripts/build/offline.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pocket-rlhf-build-'));
mkdirSync(join(folder, 'models/nano'), { recursive: true });
for (const name of ['index.html', 'bench.html', 'a.js', 'models/nano/model.safetensors']) {
  writeFileSync(join(folder, name), name);
}
afterAll(() => rmSync(folder, { recursive: true }));

describe('the service worker', () => {
  test('keeps every file of the page, the models too, and none of the hook pages', () => {
    expect(serviceWorkerOf(folder)).toContain(
      `JSON.parse('["./a.js","./","./models/nano/model.safetensors"]')`,
    );
  });
  test('has a new version when any file changes, and only then', () => {
    const before = serviceWorkerOf(folder);
    expect(serviceWorkerOf(folder)).toBe(before);
    writeFileSync(join(folder, 'a.js'), 'other');
    expect(serviceWorkerOf(folder)).not.toBe(before);
  });
});

test('the first load is the entry with what it imports at once, each counted once', () => {
  const chunk = (fileName: string, ...imports: string[]) => ({ fileName, code: '', imports });
  const entry = chunk('index.js', 'a.js', 'b.js');
  const all = [entry, chunk('a.js', 'b.js'), chunk('b.js', 'index.js'), chunk('room.js')];
  const chunks = new Map(all.map((one) => [one.fileName, one]));
  expect(firstLoad(entry, chunks).map(({ fileName }) => fileName)).toEqual([
    'index.js',
    'a.js',
    'b.js',
  ]);
});
