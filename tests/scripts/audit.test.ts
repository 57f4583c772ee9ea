/** The dependencies pass the audit, and the audit sees what it is there for. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findings, isBefore } from '../../scripts/audit/findings.mjs';
import { RUNTIME } from '../../scripts/audit/rules.mjs';

const read = (name: string) => JSON.parse(readFileSync(name, 'utf8'));
const manifest = read('package.json');
const lock = read('package-lock.json');

test('the packages of this project have no findings', () => {
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(findings(manifest, lock)).toEqual([]);
});

test('what reaches the page is what the audit lists', () => {
  expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(RUNTIME).sort());
});

const WS = 'node_modules/ws';
const withPackage = (changes: object) => ({
  packages: { ...lock.packages, [WS]: { ...lock.packages[WS], ...changes } },
});

test.each([
  [{ integrity: undefined }, /has no SHA-512/],
  [{ integrity: 'sha1-abc' }, /has no SHA-512/],
  [{ resolved: 'git+ssh://git@github.com/a/ws.git#1' }, /not from the registry/],
  [{ resolved: 'https://elsewhere.example/ws.tgz' }, /not from the registry/],
  [{ link: true }, /not from the registry/],
  [{ hasInstallScript: true }, /runs a script when it is installed/],
  [{ license: 'SSPL-1.0' }, /licence SSPL-1.0/],
  [{ license: 'MPL-2.0', dev: false }, /licence MPL-2.0/],
  [{ license: undefined }, /licence no licence/],
  [{ version: '8.17.0' }, /CVE-2024-37890/],
])('a package with %o is found', (changes, sentence) => {
  const found = findings(manifest, withPackage(changes));
  expect(found).toEqual([expect.stringMatching(sentence)]);
});

test('a range, a stray runtime package and a stale lock file are found', () => {
  const loose = { ...manifest, dependencies: { ...manifest.dependencies, comlink: '^4.4.2' } };
  expect(findings(loose, lock).join(' ')).toMatch(/pin one version.*run npm install/s);
  const more = { ...manifest, dependencies: { ...manifest.dependencies, ws: '8.0.0' } };
  expect(findings(more, lock).join(' ')).toMatch(/ws would reach the page/);
  const { comlink: _, ...fewer } = manifest.dependencies;
  const found = findings({ ...manifest, dependencies: fewer }, lock).join(' ');
  expect(found).toMatch(/comlink is listed as a runtime dependency and is none/);
});

test('versions are compared by their numbers', () => {
  expect(isBefore('8.9.1', '8.17.1')).toBe(true);
  expect(isBefore('8.17.1', '8.17.1')).toBe(false);
  expect(isBefore('10.0.0', '9.9.9')).toBe(false);
});
