/** What is wrong with a package.json and its lock file, in a sentence each; without a network. */
import { ADVISORIES, INSTALL_SCRIPTS, LICENCES, RUNTIME, TOOL_LICENCES } from './rules.mjs';

/**
 * @typedef {object} Locked one entry of `packages` in a lock file of version 3
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {string} [license]
 * @property {boolean} [dev]
 * @property {boolean} [link]
 * @property {boolean} [hasInstallScript]
 *
 * @typedef {{ dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} Manifest
 * @typedef {{ packages: Record<string, Locked & Manifest> }} Lock
 */

/** A number's worth of a version; what follows a dash is left out. @param {string} version */
const partsOf = (version) => version.split('-')[0].split('.').map(Number);

/** Whether version a comes before b. @param {string} a @param {string} b */
export function isBefore(a, b) {
  const [left, right] = [partsOf(a), partsOf(b)];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at >= 0 && left[at] < right[at];
}

/** @param {string} version @param {string | readonly [string, string]} bad */
const isBad = (version, bad) =>
  typeof bad === 'string'
    ? version === bad
    : !isBefore(version, bad[0]) && isBefore(version, bad[1]);

/** `node_modules/a/node_modules/@b/c` is `@b/c`. @param {string} path */
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/**
 * @param {Manifest} manifest
 * @param {Lock} lock
 * @returns {string[]}
 */
export function findings(manifest, lock) {
  const { '': root, ...packages } = lock.packages;
  const { dependencies = {}, devDependencies = {} } = manifest;
  const found = [];
  for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted)) {
      found.push(`package.json asks for ${name} ${wanted}; pin one version.`);
    }
    if (root.dependencies?.[name] !== wanted && root.devDependencies?.[name] !== wanted) {
      found.push(`${name} ${wanted} is not what the lock file holds; run npm install.`);
    }
  }
  const names = new Set([...Object.keys(dependencies), ...Object.keys(RUNTIME)]);
  for (const name of names) {
    if (!(name in RUNTIME))
      found.push(`${name} would reach the page; scripts/audit/rules.mjs lists what may.`);
    if (!(name in dependencies))
      found.push(`${name} is listed as a runtime dependency and is none.`);
  }
  for (const [path, locked] of Object.entries(packages)) found.push(...ofPackage(path, locked));
  return found;
}

/** @param {string} path @param {Locked} locked @returns {string[]} */
function ofPackage(path, { version = '', resolved, integrity, license = 'no licence', ...locked }) {
  const name = nameOf(path);
  const found = [];
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) {
    found.push(`${name} ${version} has no SHA-512 in the lock file.`);
  }
  if (
    locked.link ||
    (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
  ) {
    found.push(`${name} ${version} comes from ${resolved}, not from the registry.`);
  }
  if (locked.hasInstallScript && !(name in INSTALL_SCRIPTS)) {
    found.push(`${name} ${version} runs a script when it is installed.`);
  }
  const isFree = license.split(/ OR /).some((one) => LICENCES.includes(one));
  if (!isFree && !(locked.dev && license in TOOL_LICENCES)) {
    found.push(`${name} ${version} has the licence ${license}, which is not on the list.`);
  }
  for (const { name: known, bad, why } of ADVISORIES) {
    if (known === name && bad.some((range) => isBad(version, range))) {
      found.push(`${name} ${version} is known to be bad (${why}).`);
    }
  }
  return found;
}
