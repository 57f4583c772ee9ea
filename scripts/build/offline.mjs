/**
 * Vite plugin: writes the service worker beside the built page, with the list of all its files and
 * a version that is the hash of their contents.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../command.mjs';

const TEMPLATE = fileURLToPath(new URL('src/offline/service_worker.js', ROOT));
/** For outsiders' harnesses; the page does not need them. */
const LEFT_OUT = /^(bench|kernels)\.html$|^service_worker\.js$|\.map$/;

/**
 * Files below a folder, by their addresses, sorted.
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path).split(sep).join('/'))
    .sort();
}

/**
 * The service worker's source for a built folder.
 * @param {string} folder
 */
export function serviceWorkerOf(folder) {
  const files = filesBelow(folder).filter((name) => !LEFT_OUT.test(name));
  const hash = createHash('sha256');
  for (const name of files) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  // The folder itself is the page.
  const addresses = files.map((name) => (name === 'index.html' ? './' : `./${name}`));
  return readFileSync(TEMPLATE, 'utf8')
    .replace('__VERSION__', hash.digest('hex').slice(0, 16))
    .replace('__FILES__', () => JSON.stringify(addresses));
}

/** @returns {import('vite').Plugin} */
export function offline() {
  let folder = '';
  return {
    name: 'offline',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    // After Vite has copied public/.
    closeBundle() {
      writeFileSync(join(folder, 'service_worker.js'), serviceWorkerOf(folder));
    },
  };
}
