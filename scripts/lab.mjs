/**
 * `npm run lab -- run …`: the whole pipeline without a window, in a real browser, through the very
 * page and worker that a person uses.
 */

import { browserPath } from './browsers.mjs';
import { DIST, ensureBuilt } from './build.mjs';
import { Interrupted, interruption, main, UsageError } from './command.mjs';
import { openPage } from './lab/browser.mjs';
import { RunFolder } from './lab/folder.mjs';
import { baseFiles, readRequest } from './lab/options.mjs';
import { makeReporter } from './lab/progress.mjs';
import { serve } from './serve.mjs';

/** @typedef {import('../src/config/stages').Stage} Stage */

/** @type {Stage[]} */
const ALL_STAGES = ['base', 'sft', 'reward', 'ppo', 'evaluate'];

/**
 * What runs: the request, or what is left of the run to resume.
 * @param {import('./lab/options.mjs').LabRequest} request
 * @param {RunFolder} folder
 * @returns {import('./lab/folder.mjs').RunRecord}
 */
function planned(request, folder) {
  const before = request.resume ? folder.record() : undefined;
  if (!before) {
    if (!request.config) throw new UsageError('--preset is missing.');
    const { config, stages = ALL_STAGES, trace = 0, browser = 'chromium', base, half } = request;
    return { config, stages, trace, browser, port: 0, base, half };
  }
  if (request.config && JSON.stringify(request.config) !== JSON.stringify(before.config)) {
    throw new UsageError(
      `${folder.path} holds a run with other settings; resume it without --preset, --seed and --set.`,
    );
  }
  if (request.browser && request.browser !== before.browser) {
    throw new UsageError(`${folder.path} holds a run of ${before.browser}; it resumes there only.`);
  }
  if (request.half && !before.half) {
    throw new UsageError(`${folder.path} holds a run without --half; it goes on as it began.`);
  }
  return {
    ...before,
    stages: request.stages ?? before.stages,
    trace: request.trace ?? before.trace,
  };
}

/** @param {string[]} args */
async function lab([verb, ...args]) {
  if (verb !== 'run') {
    throw new UsageError(
      `The command is 'npm run lab -- run --preset nano --out DIR', not '${verb ?? ''}'.`,
    );
  }
  const request = await readRequest(args);
  const folder = RunFolder.open(request.out, request.resume);
  const plan = planned(request, folder);
  browserPath(plan.browser);

  const { Transfer } = await import('./lab/transfer.mjs');
  const { runLab } = await import('./lab/run.mjs');
  const reporter = makeReporter({ json: request.json });
  const interrupted = interruption();
  await ensureBuilt();
  const transfer = new Transfer(folder, plan.base, plan.base ? baseFiles(plan.base) : []);
  const site = await serve({
    folder: DIST,
    port: plan.port,
    routes: transfer.routes(),
    advice: 'the stored run belongs to that very port, so end the other program and try again',
  });
  const record = { ...plan, port: site.port };
  folder.remember(record);
  const page = await openPage(plan.browser, folder.profile, `${site.address}/#headless`);
  try {
    if (interrupted.aborted) throw new Interrupted('Stopped before it began.');
    const { resume } = request;
    await runLab({ page, folder, transfer, record, resume, reporter, interrupted });
  } finally {
    await page.close();
    await site.close();
    folder.tidy();
  }
}

await main(() => lab(process.argv.slice(2)));
