/** The page as a person has it open, for hours: struck like chaos strikes, and measured. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DIST } from '../build.mjs';
import { ChaosBrowser } from '../chaos/browser.mjs';
import { CommandError } from '../command.mjs';

const WATCH = fileURLToPath(new URL('worker_watch.js', import.meta.url));
const WORKER = /^lab\.worker.*\.js$/;
const OPEN_MS = 300_000;

/** The lab's worker with the watch in front of it, as a route of the server. */
export function watchedWorker() {
  const name = readdirSync(`${DIST}assets`).find((file) => WORKER.test(file));
  if (!name) throw new CommandError('The built page has no lab worker; run npm run build.');
  const code = readFileSync(WATCH, 'utf8') + readFileSync(`${DIST}assets/${name}`, 'utf8');
  return {
    [`/assets/${name}`]: (
      /** @type {unknown} */ _request,
      /** @type {import('node:http').ServerResponse} */ response,
    ) => {
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' }).end(code);
    },
  };
}

/**
 * @typedef {object} Measured
 * @property {number} heap bytes of the page and its workers, after a collection
 * @property {number} gpu bytes of the buffers that live on the device
 * @property {number} peak the most that lived on it at once
 * @property {number} disk bytes that the browser says the page uses
 */

export class SoakBrowser extends ChaosBrowser {
  /** @override */
  flags = ['--enable-blink-features=ForceEagerMeasureMemory'];
  /** What the console and the page complained of since it was last asked. @type {string[]} */
  complaints = [];
  /** The experiment that is open. */
  id = '';
  /** Rounds that the page has lived through since it was loaded. */
  age = 0;

  /** @override @param {import('playwright-core').Page} page */
  watch(page) {
    super.watch(page);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  get worker() {
    return this.page?.workers().find((worker) => worker.url().includes('lab.worker'));
  }

  /** @override */
  async ready() {
    const page = /** @type {import('playwright-core').Page} */ (this.page);
    await page.waitForFunction(() => window.pocketRlhf !== undefined);
    while (!this.worker) await sleep(10);
    const open = /** @type {() => Promise<import('../../src/lab/api').GpuStatus>} */ (
      () => window.pocketRlhf.open()
    );
    const status = await this.evaluate(open, undefined);
    if (!status.ok) throw new CommandError(status.message);
    this.age = 0;
  }

  /** Waits until the page has opened the experiment again by itself. @override */
  async reopen() {
    const until = performance.now() + OPEN_MS;
    const open = () =>
      this.evaluate(async () => (await window.pocketRlhf.snapshot())?.id, undefined);
    while ((await open()) !== this.id) {
      if (performance.now() > until) {
        throw new CommandError('The page did not open its experiment again after a reload.');
      }
      await sleep(100);
    }
  }

  /** @override @param {import('../../src/config/experiment').ExperimentConfig} config */
  async create(config) {
    this.id = await this.evaluate(
      async (made) => (await window.pocketRlhf.create(made)).id,
      config,
    );
  }

  /** @override */
  async destroyDevice() {
    await this.worker?.evaluate(() => {
      const { held } = /** @type {{ held: { device: GPUDevice }[] }} */ (
        /** @type {unknown} */ (globalThis)
      );
      held.at(-1)?.device.destroy();
    });
  }

  /** Follows a link to a room. @param {string} room */
  async enter(room) {
    await this.evaluate((hash) => {
      location.hash = hash;
    }, `#/${room}`);
  }

  /** @returns {Promise<Measured>} */
  async measure() {
    const { heap, disk } = await this.evaluate(async () => {
      const { usage = 0 } = await navigator.storage.estimate();
      const measuring =
        /** @type {{ measureUserAgentSpecificMemory(): Promise<{ bytes: number }> }} */ (
          /** @type {unknown} */ (performance)
        );
      const { bytes } = await measuring.measureUserAgentSpecificMemory();
      return { heap: bytes, disk: usage };
    }, undefined);
    const buffers = await this.worker?.evaluate(() => {
      const { held } = /** @type {{ held: { bytes: number, peak: number }[] }} */ (
        /** @type {unknown} */ (globalThis)
      );
      const last = held.at(-1);
      return { gpu: last?.bytes ?? 0, peak: last?.peak ?? 0 };
    });
    return { heap, disk, gpu: 0, peak: 0, ...buffers };
  }
}
