/** Drives one run in the page: open, make or reopen the experiment, its stages, its files. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, Interrupted, UsageError } from '../command.mjs';
import { contractFiles } from './contract.mjs';

/**
 * @typedef {import('../../src/config/stages').Stage} Stage
 * @typedef {import('../../src/lab/api').Snapshot} Snapshot
 * @typedef {import('../../src/lab/api').LabEvent} LabEvent
 */

/**
 * @typedef {object} RunSetting
 * @property {import('./browser.mjs').LabPage} page
 * @property {import('./folder.mjs').RunFolder} folder
 * @property {import('./transfer.mjs').Transfer} transfer
 * @property {import('./folder.mjs').RunRecord} record
 * @property {boolean} resume
 * @property {import('./progress.mjs').Reporter} reporter
 * @property {AbortSignal} interrupted
 */

const POLL_MS = 250;
const OPEN_MS = 120_000;
/** A step in flight and a checkpoint take this long at most on a slow adapter. */
const PAUSE_MS = 120_000;

const wait = (/** @type {number} */ ms) => sleep(ms, undefined, { ref: false });

/**
 * @param {RunSetting} setting
 * @throws {CommandError} when a stage failed or a file is missing
 * @throws {Interrupted}
 */
export async function runLab(setting) {
  const { folder, reporter } = setting;
  await openLab(setting);
  const before = await experiment(setting);
  folder.write('metrics.jsonl', metricLines(before));
  const left = setting.record.stages.filter((stage) => before.stages[stage] !== 'done');
  if (left.length > 0) await runStages(setting, left);
  await fetchFiles(setting, '');
  const done = await finished(setting);
  reporter.note(`Every file is in ${folder.path}`);
  reporter.result({ type: 'done', ok: true, stages: done, folder: folder.path });
}

/** @param {RunSetting} setting */
async function openLab({ page, reporter }) {
  const ready = page.evaluate(async () => {
    while (!window.pocketRlhfHeadless) await new Promise((done) => setTimeout(done, 50));
    return window.pocketRlhfHeadless.open();
  }, undefined);
  const status = await Promise.race([ready, wait(OPEN_MS)]);
  if (!status) {
    const cause = page.complaint() ?? 'it said nothing';
    throw new CommandError(`The page did not open its lab in ${OPEN_MS / 1000} s: ${cause}`);
  }
  if (!status.ok) throw new CommandError(status.message);
  const software = status.is_fallback ? ' (software)' : '';
  const adapter = status.description || status.architecture || 'an unnamed adapter';
  reporter.note(`${page.version} on ${adapter}${software}`);
}

/**
 * @param {RunSetting} setting
 * @returns {Promise<Snapshot>}
 */
async function experiment({ page, transfer, record, resume }) {
  if (resume) {
    const found = await page.evaluate(() => window.pocketRlhfHeadless.reopen(), undefined);
    if (found) return found;
  }
  const made = await page.evaluate(
    (config) => window.pocketRlhfHeadless.create(config),
    record.config,
  );
  if (record.half) await sampleInHalf(page);
  if (transfer.base === undefined) return made;
  await page.evaluate(
    (sources) => window.pocketRlhfHeadless.importBase(sources),
    transfer.sources(),
  );
  const imported = await page.evaluate(() => window.pocketRlhfHeadless.snapshot(), undefined);
  return imported ?? made;
}

/** @param {import('./browser.mjs').LabPage} page @throws {CommandError} where the GPU cannot */
async function sampleInHalf(page) {
  const state = await page.evaluate(() => window.pocketRlhfHeadless.sampleInHalf(), undefined);
  if (state === 'used') return;
  const why = state === 'failed' ? 'computes something else with it' : 'has none';
  throw new CommandError(
    `--half samples by shader-f16, and this browser's GPU ${why}; leave --half out.`,
  );
}

/** Metrics so far, so that what a killed run had logged past its checkpoint is not there twice. */
const metricLines = (/** @type {Snapshot} */ { metrics }) =>
  Object.entries(metrics)
    .flatMap(([stage, rows]) => rows.map((row) => `${JSON.stringify({ stage, ...row })}\n`))
    .join('');

/**
 * @param {RunSetting} setting
 * @param {Stage[]} stages
 */
async function runStages(setting, stages) {
  const { page, folder, record, reporter, interrupted } = setting;
  const file = folder.place('metrics.jsonl');
  /** @param {LabEvent} event */
  const take = (event) => {
    reporter.event(event);
    if (event.type !== 'metrics') return;
    const rows = event.rows.map((row) => JSON.stringify({ stage: event.training, ...row }));
    appendFileSync(file, rows.map((row) => `${row}\n`).join(''));
  };
  const poll = async () => {
    const { events, settled } = await page.evaluate(
      () => window.pocketRlhfHeadless.poll(),
      undefined,
    );
    events.forEach(take);
    // The lab keeps traces in memory only, so they are brought over as stages end.
    const ended = events.some((event) => event.type === 'stage' && event.status !== 'running');
    if (ended && record.trace > 0) await fetchFiles(setting, 'trace/');
    return settled;
  };

  await page.evaluate(({ stages, trace }) => window.pocketRlhfHeadless.run(stages, trace), {
    stages,
    trace: record.trace,
  });
  let settled = await poll();
  let pausing = Number.POSITIVE_INFINITY;
  while (!settled) {
    await wait(POLL_MS);
    if (interrupted.aborted && pausing === Number.POSITIVE_INFINITY) {
      pausing = performance.now() + PAUSE_MS;
      reporter.note('Pausing at the next step; Ctrl-C once more ends at once.');
      // Not awaited: that the run has settled is what tells that the checkpoint is written.
      void page.evaluate(() => window.pocketRlhfHeadless.pause(), undefined).catch(() => {});
    }
    if (performance.now() > pausing) break;
    settled = await poll();
  }
  // Events come in batches, so the last may follow the end of the run.
  await wait(POLL_MS);
  await poll();
  if (settled?.error) throw new CommandError(settled.error);
  if (interrupted.aborted) {
    throw new Interrupted(`Paused; go on with --resume --out ${folder.path}`);
  }
}

/**
 * Brings over every file there is below a prefix.
 * @param {RunSetting} setting
 * @param {string} prefix
 */
async function fetchFiles({ page, transfer, reporter }, prefix) {
  const names = await page.evaluate(() => window.pocketRlhfHeadless.files(), undefined);
  for (const name of names.filter((name) => name.startsWith(prefix))) {
    const address = transfer.target(name);
    await page.evaluate(({ name, address }) => window.pocketRlhfHeadless.upload(name, address), {
      name,
      address,
    });
    reporter.result({ type: 'file', name });
  }
}

/**
 * @param {RunSetting} setting
 * @returns {Promise<Stage[]>} the stages asked for, all of them done
 */
async function finished({ page, folder, record, transfer }) {
  const after = await page.evaluate(() => window.pocketRlhfHeadless.snapshot(), undefined);
  if (!after) throw new UsageError('The experiment is gone from the browser profile.');
  for (const stage of record.stages) {
    const status = after.stages[stage];
    if (status === 'done') continue;
    const said = after.log.findLast(({ level }) => level !== 'info')?.message;
    throw new CommandError(`Stage ${stage} is ${status}, not done${said ? `: ${said}` : '.'}`);
  }
  const how = { traced: record.trace > 0, imported: transfer.base !== undefined };
  const missing = contractFiles(record.stages, how).filter((name) => !folder.has(name));
  if (missing.length > 0) {
    throw new CommandError(`The run left no ${missing.join(', ')}.`);
  }
  return record.stages;
}
