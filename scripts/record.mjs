/**
 * `npm run record -- --from DIR`: makes the recorded run that the page shows where there is no
 * WebGPU, `public/recorded/run.json`, from a finished run of `npm run lab`, and measures first what
 * its rooms can measure beside the stages: best of n, labels, and the sizes of two models.
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
import { importTypeScript } from './typescript.mjs';

const TARGET = new URL('public/recorded/', ROOT);

/** Five digits are enough to look at. @param {string} _ @param {unknown} value */
const shortened = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;

/** As the rooms ask for them. */
const STUDIES = /** @type {const} */ ([
  { study: 'best_of_n', samples: 64, prompts: 100, few: true },
  { study: 'label_curve' },
]);
/** The model that the recorded one is compared with, half as deep and half as wide. */
const SMALLER = { name: 'half as deep and wide', parts: ['model.n_layer', 'model.n_embd'] };

/**
 * In the page: the experiment of this profile with all studies, the last against a smaller one.
 * @param {object} given
 * @param {readonly import('../src/lab/api').StudyRequest[]} given.studies
 * @param {import('../src/config/experiment').ExperimentConfig} given.smaller
 * @param {string} given.name
 */
const measure = async ({ studies, smaller, name }) => {
  while (!window.pocketRlhfHeadless) await new Promise((done) => setTimeout(done, 50));
  await window.pocketRlhfHeadless.open();
  const { id } = (await window.pocketRlhfHeadless.reopen()) ?? { id: '' };
  const lab = window.pocketRlhf;
  for (const request of studies) await lab.study(request);
  const other = await lab.create(smaller, name);
  await lab.run(['base', 'sft', 'reward', 'ppo']);
  await lab.select(id);
  await lab.study({ study: 'model_sizes', other: other.id, prompts: 200 });
};

/** @param {string[]} args */
async function recordRun(args) {
  const { values } = parseOptions(args, { from: { type: 'string' } });
  const folder = RunFolder.open(String(values.from ?? ''), true);
  const run = folder.record();
  if (!run) throw new UsageError('--from names no run.');
  /** @type {typeof import('../src/config/experiment')} */
  const { withSetting } = await importTypeScript('src/config/experiment.ts');
  const { settings } = run.config;
  const smaller = SMALLER.parts
    .map((key) => `${key}=${Number(settings[/** @type {keyof typeof settings} */ (key)]) / 2}`)
    .reduce(withSetting, run.config);
  await ensureBuilt();
  // On a copy: the recording ranks a few items, and the run shall stay as it was.
  const profile = mkdtempSync(join(tmpdir(), 'pocket-rlhf-record-'));
  cpSync(folder.profile, profile, { recursive: true });
  const site = await serve({ folder: DIST, port: run.port });
  const page = await openPage(run.browser, profile, `${site.address}/#headless`);
  try {
    await page.evaluate(measure, { studies: STUDIES, smaller, name: SMALLER.name });
    const recording = await page.evaluate(() => window.pocketRlhfHeadless.record(), undefined);
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
