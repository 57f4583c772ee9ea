/**
 * `npm test`: types, lint, unit tests, kernels in a real browser, the build, end to end. Finds or
 * installs a Chromium first, and fails where it has no WebGPU adapter. The last line is
 * `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserEnvironment } from './browsers.mjs';
import { main, parseOptions, ROOT } from './command.mjs';
import { ensureChromium } from './install-chromium.mjs';
import { adapterName } from './test/adapter.mjs';
import { lineOf, tallyOf } from './test/tally.mjs';

const reports = mkdtempSync(join(tmpdir(), 'pocket-rlhf-tests-'));

/** Tests of one vitest project. @param {string} name */
const project = (name) => ({
  name: `${name} tests`,
  report: join(reports, `${name}.json`),
  command: [
    'vitest/vitest.mjs',
    'run',
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${name}.json`)}`,
  ],
});

/** @type {{ name: string, command: string[], report?: string }[]} */
const STEPS = [
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit'] },
  { name: 'lint', command: ['@biomejs/biome/bin/biome', 'check', '.'] },
  project('node'),
  project('gpu'),
  { name: 'build', command: ['vite/bin/vite.js', 'build', '--logLevel', 'warn'] },
  project('e2e'),
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

await main(async () => {
  parseOptions(process.argv.slice(2), {});
  const chromium = ensureChromium();
  console.log(`Chromium: ${chromium}\nWebGPU adapter: ${await adapterName(chromium)}`);
  const env = { ...browserEnvironment(), CHROMIUM_PATH: chromium };

  const outcomes = [];
  for (const step of STEPS) {
    console.log(`\n— ${step.name}`);
    const begun = performance.now();
    const ok = await run(step.command, env);
    const seconds = Math.round((performance.now() - begun) / 1000);
    const tally = step.report ? tallyOf(step.report) : { passed: 0, failed: ok ? 0 : 1 };
    if (!ok && tally.failed === 0) tally.failed = 1;
    outcomes.push({ name: step.name, seconds, tally, counted: step.report !== undefined });
  }
  rmSync(reports, { recursive: true, force: true });

  console.log('\nSummary');
  for (const { name, seconds, tally, counted } of outcomes) {
    const result = counted ? lineOf([tally]) : tally.failed ? 'failed' : 'ok';
    console.log(`  ${name.padEnd(12)} ${String(seconds).padStart(5)} s   ${result}`);
  }
  const tallies = outcomes.map(({ tally }) => tally);
  console.log(lineOf(tallies));
  return tallies.some(({ failed }) => failed > 0) ? 1 : 0;
});
