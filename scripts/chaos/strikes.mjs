/** A run in the page that is started, struck and waited for; and the numbers that decide when. */

/** @typedef {import('../../src/config/stages').Stage} Stage */
/** @typedef {typeof KILLS[number]} Kill */

/** @type {Stage[]} */
export const STAGES = ['base', 'sft', 'reward', 'ppo', 'evaluate'];
export const KILLS = /** @type {const} */ ([
  'SIGKILL',
  'tab close',
  'reload',
  'device',
  'GPU process',
]);
/** After the device is gone the run goes on by itself. @type {readonly string[]} */
export const RECOVERS = ['device', 'GPU process'];

/** Numbers in [0, 1) that a seed gives. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Starts a stage and does not wait for it.
 * @param {import('./browser.mjs').ChaosBrowser} browser
 * @param {Stage} stage
 * @param {number} checkpointMs
 */
export const start = (browser, stage, checkpointMs) =>
  browser.evaluate(
    ({ stage, checkpointMs }) => {
      const run = window.pocketRlhf.run([stage], { checkpointMs });
      Object.assign(window, {
        run: run.then(
          () => null,
          (cause) => String(cause?.message),
        ),
      });
    },
    { stage, checkpointMs },
  );

/** The end of the stage that was started. @param {import('./browser.mjs').ChaosBrowser} browser */
export async function finish(browser) {
  const error = await browser.evaluate(
    () => /** @type {{ run: Promise<string | null> }} */ (/** @type {unknown} */ (window)).run,
    undefined,
  );
  if (error !== null) throw new Error(error);
}

/**
 * Ends the browser, the page or what it computes with, and brings the page back with its experiment.
 * @param {import('./browser.mjs').ChaosBrowser} browser
 * @param {Kill} kind
 */
export async function strike(browser, kind) {
  if (kind === 'device') return browser.destroyDevice();
  if (kind === 'GPU process') return browser.killGpuProcess();
  if (kind === 'SIGKILL') {
    await browser.kill();
    await browser.start();
  } else if (kind === 'reload') {
    await browser.page?.reload();
    await browser.ready();
  } else {
    await browser.page?.close();
    await browser.open();
  }
  await browser.reopen();
}
