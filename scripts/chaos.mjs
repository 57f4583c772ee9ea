/**
 * `npm run chaos -- --kills 20 --seed 1`: a tiny experiment whose browser, tab, device or GPU
 * process is killed at random instants of every stage, and which has to end in the very bits of
 * one that was never stopped: weights, metrics, samples, rankings. `--from 100` passes over the
 * first hundred kills, so that a long series can be run in pieces.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIST, ensureBuilt } from './build.mjs';
import { ChaosBrowser } from './chaos/browser.mjs';
import { differences, rankOne, SETTINGS, stateOf } from './chaos/experiment.mjs';
import { finish, KILLS, RECOVERS, random, STAGES, start, strike } from './chaos/strikes.mjs';
import {
  Interrupted,
  interruption,
  main,
  parseOptions,
  UsageError,
  wholeNumber,
} from './command.mjs';
import { serve } from './serve.mjs';
import { importTypeScript } from './typescript.mjs';

/** @typedef {import('../src/config/stages').Stage} Stage */

await main(async () => {
  const { values } = parseOptions(process.argv.slice(2), {
    kills: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
  });
  const kills = wholeNumber(values, 'kills', [1, 100_000]) ?? 20;
  const from = wholeNumber(values, 'from', [0, kills - 1]) ?? 0;
  if (from % STAGES.length !== 0) {
    throw new UsageError(
      `--from must be a multiple of ${STAGES.length}, a kill a stage, not ${from}.`,
    );
  }
  const seed = wholeNumber(values, 'seed', [0, 2_147_483_647]) ?? 1;
  const draw = random(seed);
  const interrupted = interruption();
  await ensureBuilt();
  const site = await serve({ folder: DIST });
  const profile = mkdtempSync(join(tmpdir(), 'pocket-rlhf-chaos-'));
  const browser = new ChaosBrowser(profile, `${site.address}/#headless`);
  /** @type {typeof import('../src/config/experiment')} */
  const { defaultConfig, withSetting } = await importTypeScript('src/config/experiment.ts');
  const config = SETTINGS.reduce(withSetting, defaultConfig('nano', seed));
  interrupted.addEventListener('abort', () => void browser.kill());
  let failures = 0;
  let lost = 0;
  let done = 0;
  try {
    await browser.start();
    await browser.create(config);
    /** @type {Record<string, { state: Awaited<ReturnType<typeof stateOf>>, ms: number }>} */
    const wanted = {};
    for (const stage of STAGES) {
      if (stage === 'reward') await browser.evaluate(rankOne, undefined);
      const begun = performance.now();
      await start(browser, stage, 60_000);
      await finish(browser);
      wanted[stage] = { ms: performance.now() - begun, state: await stateOf(browser) };
    }
    for (let kill = 0; kill < kills; kill++) {
      const share = draw();
      const checkpointMs = draw() < 0.7 ? 0 : 300;
      if (kill < from) continue;
      const stage = /** @type {Stage} */ (STAGES[kill % STAGES.length]);
      // Every kind meets every stage in turn.
      const kind = KILLS[(kill + Math.floor(kill / STAGES.length)) % KILLS.length];
      if (stage === 'base') await browser.create(config);
      if (stage === 'reward') await browser.evaluate(rankOne, undefined);
      const { ms, state } = wanted[stage];
      const instant = share * ms;
      await start(browser, stage, checkpointMs);
      await sleep(instant);
      await strike(browser, kind);
      if (!RECOVERS.includes(kind)) await start(browser, stage, 60_000);
      await finish(browser);
      const met = await stateOf(browser);
      const different = differences(met, state);
      lost += Math.max(0, state.rankings - met.rankings);
      if (different.length > 0) failures++;
      const at = `${stage} at ${Math.round(instant)} of ${Math.round(ms)} ms`;
      const verdict = different.length > 0 ? `differs: ${different.join(', ')}` : 'the same bits';
      console.log(
        `${String(kill + 1).padStart(4)}  ${kind.padEnd(12)} ${at.padEnd(32)} ${verdict}`,
      );
      done++;
    }
  } catch (cause) {
    // A browser that was ended answers nothing.
    if (interrupted.aborted) throw new Interrupted(`Stopped after ${done} kills.`);
    throw cause;
  } finally {
    await browser.kill();
    await site.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  for (const url of browser.strangers) console.error(`A request left the origin: ${url}`);
  console.log(
    `${kills - from} kills, ${kills - from - failures} bit-identical, ${lost} lost rankings, ${browser.strangers.size} requests beyond the origin, seed ${seed}`,
  );
  return failures + lost + browser.strangers.size > 0 ? 1 : 0;
});
