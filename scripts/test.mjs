/**
 * `npm test`: types, lint, unit tests, kernels in real browsers, the build, end to end. Finds or
 * installs Chromium and Firefox first, and fails where they have no WebGPU adapter. The last line is
 * `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserEnvironment } from './browsers.mjs';
import { main, parseOptions, ROOT } from './command.mjs';
import { ensureChromium, ensureFirefox } from './install-browsers.mjs';
import { adapterName } from './test/adapter.mjs';
import { lineOf, tallyOf } from './test/tally.mjs';

const reports = mkdtempSync(join(tmpdir(), 'pocket-rlhf-tests-'));

/** @typedef {{ name: string, command: string[], report?: string, env?: NodeJS.ProcessEnv }} Step */

/**
 * Tests of one vitest project, or of a part of its files.
 * @param {string} name
 * @param {string} [part] '1/2' is the first of two
 * @returns {Step}
 */
function project(name, part) {
  const title = part ? `${name} tests ${part.replace('/', ' of ')}` : `${name} tests`;
  const report = join(reports, `${title.replaceAll(' ', '-')}.json`);
  return {
    name: title,
    report,
    command: [
      'vitest/vitest.mjs',
      'run',
      '--project',
      name,
      ...(part ? [`--shard=${part}`] : []),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    // Two at a time must not write one cache of bundled packages.
    ...(part ? { env: { POCKET_RLHF_CACHE: `node_modules/.vite-${part.replace('/', '-')}` } } : {}),
  };
}

/**
 * One after the other; those of a row side by side. A software adapter compiles a test's shaders on
 * one core, so two browsers leave none idle.
 * @type {Step[][]}
 */
const STEPS = [
  [{ name: 'types', command: ['typescript/bin/tsc', '--noEmit'] }],
  [{ name: 'lint', command: ['@biomejs/biome/bin/biome', 'check', '.'] }],
  [project('node'), project('firefox')],
  [project('gpu', '1/2'), project('gpu', '2/2')],
  [{ name: 'build', command: ['vite/bin/vite.js', 'build', '--logLevel', 'warn'] }],
  [project('e2e')],
];

/**
 * @param {string[]} command a package's script and its arguments
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether it ended well
 */
const run = ([script, ...args], env) =>
  new Promise((done) => {
    const path = fileURLToPath(new URL(`node_modules/${script}`, ROOT));
    const child = spawn(process.execPath, [path, ...args], {
      cwd: fileURLToPath(ROOT),
      env,
      stdio: 'inherit',
    });
    child.on('close', (code) => done(code === 0));
  });

/** @param {Step} step @param {NodeJS.ProcessEnv} env */
async function outcomeOf({ name, command, report, env: own }, env) {
  const begun = performance.now();
  const ok = await run(command, { ...env, ...own });
  const seconds = Math.round((performance.now() - begun) / 1000);
  const tally = report ? tallyOf(report) : { passed: 0, failed: ok ? 0 : 1 };
  if (!ok && tally.failed === 0) tally.failed = 1;
  return { name, seconds, tally, counted: report !== undefined };
}

await main(async () => {
  parseOptions(process.argv.slice(2), {});
  const chromium = ensureChromium();
  console.log(`Chromium: ${chromium}\nWebGPU adapter: ${await adapterName(chromium)}`);
  const firefox = ensureFirefox();
  console.log(`Firefox: ${firefox}`);
  const env = { ...browserEnvironment(), CHROMIUM_PATH: chromium, FIREFOX_PATH: firefox };

  const outcomes = [];
  for (const row of STEPS) {
    console.log(`\n— ${row.map(({ name }) => name).join(', ')}`);
    outcomes.push(...(await Promise.all(row.map((step) => outcomeOf(step, env)))));
  }
  rmSync(reports, { recursive: true, force: true });

  console.log('\nSummary');
  for (const { name, seconds, tally, counted } of outcomes) {
    const result = counted ? lineOf([tally]) : tally.failed ? 'failed' : 'ok';
    console.log(`  ${name.padEnd(18)} ${String(seconds).padStart(5)} s   ${result}`);
  }
  const tallies = outcomes.map(({ tally }) => tally);
  console.log(lineOf(tallies));
  return tallies.some(({ failed }) => failed > 0) ? 1 : 0;
});
