/**
 * `npm run record -- --from DIR`: makes the recorded run that the page shows where there is no
 * WebGPU, `public/recorded/run.json`, from a finished run of `npm run lab`. What its rooms measure
 * beside the stages is measured first, on a copy: best of n, labels, model sizes.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIST, ensureBuilt } from './build.mjs';
import { main, parseOptions, ROOT, UsageError } from './command.mjs';
import { openPage } from './lab/browser.mjs';
import { RunFolder } from './lab/folder.mjs';
import { serve } from './serve.mjs';

const TARGET = new URL('public/recorded/', ROOT);

/** Five digits are enough to look at. @param {string} _ @param {unknown} value */
const shortened = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;

/** @param {string[]} args */
async function recordRun(args) {
  const { values } = parseOptions(args, { from: { type: 'string' } });
  const folder = RunFolder.open(String(values.from ?? ''), true);
  const run = folder.record();
  if (!run) throw new UsageError('--from names no run.');
  await ensureBuilt();
  // On a copy: the recording ranks and measures, and the run shall stay as it was.
  const profile = mkdtempSync(join(tmpdir(), 'pocket-rlhf-record-'));
  cpSync(folder.profile, profile, { recursive: true });
  const site = await serve({ folder: DIST, port: run.port });
  const page = await openPage(run.browser, profile, `${site.address}/#headless`);
  try {
    const recording = await page.evaluate(async () => {
      while (!window.pocketRlhfHeadless) await new Promise((done) => setTimeout(done, 50));
      await window.pocketRlhfHeadless.open();
      await window.pocketRlhfHeadless.reopen();
      return window.pocketRlhfHeadless.record();
    }, undefined);
    const text = JSON.stringify(recording, shortened);
    mkdirSync(TARGET, { recursive: true });
    writeFileSync(new URL('run.json', TARGET), `${text}\n`);
    console.log(
      `${fileURLToPath(new URL('run.json', TARGET))}: ${(text.length / 1024).toFixed(0)} KiB`,
    );
  } finally {
    await page.close();
    await site.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

await main(() => recordRun(process.argv.slice(2)));
