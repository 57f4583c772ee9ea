/**
 * `npm run soak -- --minutes 10 --seed 1`: the page at work for as long as it is told, in rounds. In
 * each a tiny experiment goes through all stages while browser, tab, device and GPU process are
 * killed, runs are paused, models sampled and answers ranked at random instants. All along no
 * ranking may be lost, every stored record has to pass its schema and its checksum, metrics have to
 * be finite and in order, the bits those of an undisturbed run, the console quiet; and memory,
 * buffers on the GPU and storage have to stay flat.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIST, ensureBuilt } from './build.mjs';
import { SETTINGS } from './chaos/experiment.mjs';
import { random } from './chaos/strikes.mjs';
import { Interrupted, interruption, main, parseOptions, wholeNumber } from './command.mjs';
import { serve } from './serve.mjs';
import { SoakBrowser, watchedWorker } from './soak/browser.mjs';
import { ALLOWED, growth } from './soak/flat.mjs';
import { Round } from './soak/round.mjs';
import { importTypeScript } from './typescript.mjs';

/** One round in so many ends the page too; in between it grows old, and a leak shows. */
const HARSH_EVERY = 4;
const MEASURES = /** @type {const} */ (['heap', 'gpu', 'stored']);
const NAMES = { heap: 'memory of page and workers', gpu: 'GPU buffers', stored: 'storage' };

const mib = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

/**
 * @typedef {object} Point what was measured at the end of a round
 * @property {number} heap
 * @property {number} gpu
 * @property {number} stored
 * @property {number} disk
 */

/** Says of each measure how it went. @param {readonly Point[]} points @returns {string[]} faults */
function flatness(points) {
  const faults = [];
  for (const measure of MEASURES) {
    const values = points.map((point) => point[measure]);
    const grown = growth(values);
    const range = `${mib(Math.min(...values))} to ${mib(Math.max(...values))}`;
    const told =
      grown === undefined ? 'too few points to compare' : `${(100 * grown).toFixed(2)} %`;
    console.log(`${NAMES[measure]}: ${range}, growth ${told}`);
    if (grown !== undefined && grown > ALLOWED) {
      faults.push(`${NAMES[measure]} grew by ${(100 * grown).toFixed(1)} %`);
    }
  }
  return faults;
}

await main(async () => {
  const { values } = parseOptions(process.argv.slice(2), {
    minutes: { type: 'string' },
    seed: { type: 'string' },
  });
  const minutes = wholeNumber(values, 'minutes', [1, 10_000]) ?? 10;
  const seed = wholeNumber(values, 'seed', [0, 2_147_483_647]) ?? 1;
  const draw = random(seed);
  const interrupted = interruption();
  await ensureBuilt();
  const site = await serve({ folder: DIST, routes: watchedWorker() });
  const profile = mkdtempSync(join(tmpdir(), 'pocket-rlhf-soak-'));
  const browser = new SoakBrowser(profile, `${site.address}/`);
  interrupted.addEventListener('abort', () => void browser.kill());
  /** @type {typeof import('../src/config/experiment')} */
  const { defaultConfig, withSetting } = await importTypeScript('src/config/experiment.ts');
  const config = SETTINGS.reduce(withSetting, defaultConfig('nano', seed));
  /** @type {string[]} */
  const faults = [];
  /** @type {Point[]} */
  const points = [];
  let rounds = 0;
  let disturbances = 0;
  let rankings = 0;
  const until = performance.now() + minutes * 60_000;
  const left = () => until - performance.now();
  try {
    await browser.start();
    const first = new Round(browser, config, draw);
    const reference = await first.undisturbed();
    await first.check();
    faults.push(...first.faults);
    await first.remove();
    console.log(`An undisturbed run: ${first.faults.length} faults; its bits are the measure.`);
    while (left() > 0 || rounds === 0) {
      const round = new Round(browser, config, draw);
      await round.disturbedBy(reference, rounds % HARSH_EVERY === 0);
      rounds++;
      disturbances += round.disturbed.length;
      rankings += round.submitted.length;
      const stored = await round.check();
      const { heap, gpu, peak, disk } = await browser.measure();
      // A page that was loaded in this round has not everything in memory yet.
      if (browser.age > 0) points.push({ heap, gpu, stored, disk });
      faults.push(...round.faults);
      console.log(
        `${String(rounds).padStart(4)}  heap ${mib(heap)}, GPU ${mib(gpu)} of ${mib(peak)}, stored ${mib(stored)}, disk ${mib(disk)}; ${round.disturbed.join(', ') || 'nothing'}; ${round.faults.length} faults`,
      );
      for (const fault of round.faults) console.error(`      ${fault}`);
      await round.remove();
    }
  } catch (cause) {
    // A browser that was ended answers nothing.
    if (interrupted.aborted) throw new Interrupted(`Stopped after ${rounds} rounds.`);
    throw cause;
  } finally {
    await browser.kill();
    await site.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  for (const url of browser.strangers) faults.push(`a request left the origin: ${url}`);
  if (points.length > 0) faults.push(...flatness(points));
  console.log(
    `${minutes} minutes, ${rounds} rounds, ${disturbances} disturbances, ${rankings} rankings, ${faults.length} faults, seed ${seed}`,
  );
  return faults.length > 0 ? 1 : 0;
});
