/**
 * `npm run bench -- …`: kernels against their naive variants and the adapter's peaks, and whole
 * training and sampling steps against jax-js and TensorFlow.js, in a real browser.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelTable, stepsTable } from './bench/table.mjs';
import { BROWSERS, browserPath } from './browsers.mjs';
import { HEADERS } from './build/policy.mjs';
import { choice, main, parseOptions, ROOT, UsageError } from './command.mjs';
import { openPage } from './lab/browser.mjs';
import { makeFolder } from './lab/folder.mjs';
import { serve } from './serve.mjs';
import { importTypeScript } from './typescript.mjs';

/**
 * @typedef {import('../bench/configs').ConfigName} ConfigName
 * @typedef {import('../bench/configs').KernelSet} KernelSet
 */

/** Where the benchmark's page is built; it is no part of `dist/`. */
const BUILT = fileURLToPath(new URL('.cache/bench/', ROOT));

/** The peers compile WebAssembly, load blobs and start workers in their own ways. */
const HEADERS_FOR_PEERS = {
  ...HEADERS,
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    "connect-src 'self' data: blob:",
  ].join('; '),
};

/** Without --config: what is quick on any machine, and the shapes that the lab trains. */
const DEFAULT = {
  steps: /** @type {ConfigName[]} */ (['tiny']),
  kernels: /** @type {KernelSet[]} */ (['nano', 'micro', 'mini', 'gpt2', 'squares']),
};

/** @param {import('./command.mjs').Given} values @returns {Promise<KernelSet[]>} */
async function readConfigs(values) {
  if (values.config === undefined) return values.kernels ? DEFAULT.kernels : DEFAULT.steps;
  /** @type {typeof import('../bench/configs')} */
  const { CONFIGS, SQUARES } = await importTypeScript('bench/configs.ts');
  const names = /** @type {KernelSet[]} */ ([
    ...Object.keys(CONFIGS),
    ...(values.kernels ? [SQUARES] : []),
  ]);
  return String(values.config)
    .split(',')
    .map((word) => /** @type {KernelSet} */ (choice({ config: word }, 'config', names)));
}

/** @param {unknown} given @returns {Promise<import('../bench/contestants').Peer[]>} */
async function readPeers(given) {
  /** @type {typeof import('../bench/contestants')} */
  const { PEERS } = await importTypeScript('bench/contestants.ts');
  if (given === undefined) return [...PEERS];
  if (given === 'none') return [];
  return String(given)
    .split(',')
    .map((word) => {
      const name = /** @type {'none' | (typeof PEERS)[number]} */ (
        choice({ peers: word }, 'peers', ['none', ...PEERS])
      );
      if (name === 'none') throw new UsageError(`--peers none goes alone, not '${given}'.`);
      return name;
    });
}

/** The place for the results. @param {unknown} path @returns {string | undefined} */
function readJson(path) {
  if (path === undefined) return undefined;
  const file = resolve(String(path));
  try {
    makeFolder(dirname(file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('a folder');
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new UsageError(`--json ${path} cannot be written (${message}).`);
  }
  return file;
}

async function buildBench() {
  const { build } = await import('vite');
  await build({
    root: fileURLToPath(new URL('bench/', ROOT)),
    configFile: false,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { target: 'es2022', outDir: BUILT, emptyOutDir: true, modulePreload: false },
  });
}

/**
 * Shows what the page is doing until the answer is there: in place on a terminal, else now and then.
 * @template T
 * @param {import('./lab/browser.mjs').LabPage} page
 * @param {Promise<T>} answer
 */
async function showing(page, answer) {
  const { isTTY } = process.stderr;
  const timer = setInterval(
    async () => {
      const doing = await page.evaluate(() => window.pocketRlhfBench.progress(), undefined);
      process.stderr.write(isTTY ? `\r\u001b[2K${doing}` : `${doing}\n`);
    },
    isTTY ? 500 : 15_000,
  );
  try {
    return await answer;
  } finally {
    clearInterval(timer);
    if (isTTY) process.stderr.write('\r\u001b[2K');
  }
}

/** @param {string[]} args */
async function bench(args) {
  const { values } = parseOptions(args, {
    browser: { type: 'string' },
    config: { type: 'string' },
    kernels: { type: 'boolean' },
    peers: { type: 'string' },
    json: { type: 'string' },
  });
  const browser = choice(values, 'browser', BROWSERS) ?? 'chromium';
  const configs = await readConfigs(values);
  const peers = await readPeers(values.peers);
  const file = readJson(values.json);
  browserPath(browser);

  await buildBench();
  const site = await serve({ folder: BUILT, headers: HEADERS_FOR_PEERS });
  const profile = mkdtempSync(join(tmpdir(), 'pocket-rlhf-bench-'));
  const page = await openPage(browser, profile, site.address);
  try {
    const adapter = await page.evaluate(async () => {
      while (!window.pocketRlhfBench) await new Promise((done) => setTimeout(done, 50));
      return window.pocketRlhfBench.adapter();
    }, undefined);
    const named = `${adapter.name}${adapter.is_fallback ? ' (software)' : ''}, ${page.version}`;
    /** @type {Record<string, unknown>} */
    const results = { adapter, browser: page.version, kernels: {}, steps: {} };
    // After each piece, so that a long run that is stopped leaves what it has.
    const keep = () => {
      if (file) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
    };
    // Asked for alone, kernels are measured alone.
    const wantsSteps = !values.kernels || values.config !== undefined;
    if (values.kernels) {
      const peak = await showing(
        page,
        page.evaluate(() => window.pocketRlhfBench.peak(), undefined),
      );
      results.peak = peak;
      console.log(
        `Peaks of ${named}: ${peak.gflops.toFixed(1)} GFLOP/s, ${peak.gbps.toFixed(1)} GB/s\n`,
      );
    }
    for (const name of configs) {
      if (values.kernels) {
        const measured = await showing(
          page,
          page.evaluate((config) => window.pocketRlhfBench.kernels(config), name),
        );
        Object.assign(/** @type {object} */ (results.kernels), { [name]: measured });
        console.log(`${kernelTable(name, measured, named)}\n`);
        keep();
      }
      if (wantsSteps && name !== 'squares') {
        const measured = await showing(
          page,
          page.evaluate(({ name, peers }) => window.pocketRlhfBench.steps(name, peers), {
            name,
            peers,
          }),
        );
        Object.assign(/** @type {object} */ (results.steps), { [name]: measured });
        console.log(`${stepsTable(name, measured, named)}\n`);
        keep();
      }
    }
  } finally {
    await page.close();
    await site.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

await main(() => bench(process.argv.slice(2)));
