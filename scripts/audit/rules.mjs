/** What `npm run audit` holds the lock file to. A new entry comes with its reason. */

/** Packages that reach a visitor's browser, and what each is for. */
export const RUNTIME = {
  comlink: 'calls between page and workers',
  'idb-keyval': 'IndexedDB as promises',
  'pure-rand': 'random numbers on the host',
  'solid-js': 'the page',
  uplot: 'curves',
  valibot: 'schemas of everything that is read',
};

/** Licences whose terms a source checkout and a built page keep by naming them. */
export const LICENCES = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

/** Licences of tools that never reach the built page. */
export const TOOL_LICENCES = {
  'MPL-2.0': 'axe-core and lightningcss, unchanged',
  'CC-BY-4.0': 'caniuse-lite, a table of browsers',
};

/** Packages that may run a script when they are installed, each with the reason. None does. */
export const INSTALL_SCRIPTS = /** @type {Record<string, string>} */ ({});

/**
 * Known-bad versions of what is in the tree or was near it: [from, below) or one exact version.
 * Kept by hand, so that the check needs no network.
 * @type {readonly { name: string, bad: readonly (string | readonly [string, string])[], why: string }[]}
 */
export const ADVISORIES = [
  { name: '@babel/helpers', bad: [['0.0.0', '7.26.10']], why: 'CVE-2025-27789, slow expressions' },
  { name: '@babel/traverse', bad: [['0.0.0', '7.23.2']], why: 'CVE-2023-45133, runs code' },
  { name: 'ansi-regex', bad: ['6.2.1'], why: 'malware, September 2025' },
  { name: 'ansi-styles', bad: ['6.2.2'], why: 'malware, September 2025' },
  { name: 'color-convert', bad: ['3.1.1'], why: 'malware, September 2025' },
  { name: 'color-name', bad: ['2.0.1'], why: 'malware, September 2025' },
  { name: 'debug', bad: ['4.4.2'], why: 'malware, September 2025' },
  {
    name: 'json5',
    bad: [
      ['0.0.0', '1.0.2'],
      ['2.0.0', '2.2.2'],
    ],
    why: 'CVE-2022-46175, pollutes prototypes',
  },
  {
    name: 'nanoid',
    bad: [
      ['0.0.0', '3.3.8'],
      ['4.0.0', '5.0.9'],
    ],
    why: 'CVE-2024-55565, predictable ids',
  },
  { name: 'netmask', bad: [['0.0.0', '2.0.1']], why: 'CVE-2021-28918, misread addresses' },
  { name: 'node-fetch', bad: [['0.0.0', '2.6.7']], why: 'CVE-2022-0235, leaks cookies' },
  { name: 'pac-resolver', bad: [['0.0.0', '5.0.0']], why: 'CVE-2021-23406, runs code' },
  { name: 'playwright', bad: [['0.0.0', '1.55.1']], why: 'CVE-2025-59288, unverified downloads' },
  { name: 'postcss', bad: [['0.0.0', '8.4.31']], why: 'CVE-2023-44270, misread line returns' },
  {
    name: 'semver',
    bad: [
      ['0.0.0', '5.7.2'],
      ['6.0.0', '6.3.1'],
      ['7.0.0', '7.5.2'],
    ],
    why: 'CVE-2022-25883, slow expressions',
  },
  { name: 'seroval', bad: [['0.0.0', '1.4.1']], why: 'CVE-2026-23737, runs code' },
  { name: 'solid-js', bad: [['0.0.0', '1.9.4']], why: 'CVE-2025-27109, unescaped fragments' },
  { name: 'strip-ansi', bad: ['7.1.1'], why: 'malware, September 2025' },
  { name: 'tar-fs', bad: [['3.0.0', '3.1.1']], why: 'CVE-2025-48387 and others, writes outside' },
  {
    name: 'vite',
    bad: [
      ['0.0.0', '5.4.21'],
      ['6.0.0', '6.4.1'],
      ['7.0.0', '7.0.8'],
      ['7.1.0', '7.1.11'],
    ],
    why: 'CVE-2025-30208 and CVE-2025-62522, the dev server gives files away',
  },
  {
    name: 'vitest',
    bad: [
      ['0.0.0', '1.6.1'],
      ['2.0.0', '2.1.9'],
      ['3.0.0', '3.0.5'],
    ],
    why: 'CVE-2025-24964, runs code for a website',
  },
  { name: 'wrap-ansi', bad: ['9.0.1'], why: 'malware, September 2025' },
  { name: 'ws', bad: [['8.0.0', '8.17.1']], why: 'CVE-2024-37890, ends by many headers' },
  {
    name: 'y18n',
    bad: [
      ['0.0.0', '4.0.1'],
      ['5.0.0', '5.0.5'],
    ],
    why: 'CVE-2020-7774, pollutes prototypes',
  },
];
