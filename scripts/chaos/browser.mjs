/** A Chromium that is ours to kill: started as a process of its own and spoken to by its debugger. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { browserEnvironment, browserPath, CHROMIUM_ARGS } from '../browsers.mjs';
import { CommandError } from '../command.mjs';

/** Chromium gives WebGPU up after a few deaths of its GPU process; here they are dealt by the dozen. */
const FORGIVING = ['--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis'];
const START_MS = 60_000;
/** A busy machine is no fault of the page; what never comes is. */
const PAGE_MS = 300_000;

/** Before the lab opens its GPU: keeps each device, so that one can be destroyed. */
const KEEP_DEVICES = () => {
  const { prototype } = GPUAdapter;
  const { requestDevice } = prototype;
  /** @type {GPUDevice[]} */
  const devices = [];
  Object.assign(globalThis, { devices });
  prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    devices.push(device);
    return device;
  };
};

export class ChaosBrowser {
  /** Flags beside the usual ones. @type {string[]} */
  flags = [];

  /**
   * @param {string} profile folder
   * @param {string} address of the headless page
   */
  constructor(profile, address) {
    this.profile = profile;
    this.address = address;
    /** Addresses that were asked for beyond the page's own origin. @type {Set<string>} */
    this.strangers = new Set();
  }

  /** Starts the browser, the page and the lab in it. */
  async start() {
    const port = join(this.profile, 'DevToolsActivePort');
    rmSync(port, { force: true });
    this.process = spawn(
      browserPath('chromium'),
      [
        ...CHROMIUM_ARGS,
        ...FORGIVING,
        ...this.flags,
        '--headless=new',
        '--remote-debugging-port=0',
        `--user-data-dir=${this.profile}`,
        'about:blank',
      ],
      { detached: true, stdio: 'ignore', env: browserEnvironment() },
    );
    const until = performance.now() + START_MS;
    while (!existsSync(port) || readFileSync(port, 'utf8').split('\n').length < 2) {
      if (performance.now() > until) throw new CommandError('Chromium did not start.');
      await sleep(20);
    }
    const [number] = readFileSync(port, 'utf8').split('\n');
    this.browser = await chromium.connectOverCDP(`http://127.0.0.1:${number}`, {
      timeout: PAGE_MS,
    });
    await this.open();
  }

  /** A new tab with the lab open in it. */
  async open() {
    const context = /** @type {import('playwright-core').Browser} */ (this.browser).contexts()[0];
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_MS);
    this.watch(page);
    this.page = page;
    await page.goto(this.address);
    await this.ready();
  }

  /** Notes what a new tab asks for. @param {import('playwright-core').Page} page */
  watch(page) {
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(data|blob|about):/.test(url) && !url.startsWith(new URL(this.address).origin)) {
        this.strangers.add(url);
      }
    });
  }

  /** The page's script is there, and the lab is open. */
  async ready() {
    const page = /** @type {import('playwright-core').Page} */ (this.page);
    await page.waitForFunction(() => window.pocketRlhfHeadless !== undefined);
    const lab = () => page.workers().find((worker) => worker.url().includes('lab.worker'));
    while (!lab()) await sleep(10);
    await lab()?.evaluate(KEEP_DEVICES);
    const status = await page.evaluate(() => window.pocketRlhfHeadless.open());
    if (!status.ok) throw new CommandError(status.message);
  }

  /** Opens the experiment that the profile holds. */
  async reopen() {
    await this.evaluate(async () => {
      await window.pocketRlhfHeadless.reopen();
    }, undefined);
  }

  /** @param {import('../../src/config/experiment').ExperimentConfig} config */
  async create(config) {
    await this.evaluate(async (made) => {
      await window.pocketRlhf.create(made);
    }, config);
  }

  /**
   * @template A, R
   * @param {(argument: A) => R | Promise<R>} does
   * @param {A} argument
   * @returns {Promise<R>}
   */
  evaluate(does, argument) {
    const page = /** @type {import('playwright-core').Page} */ (this.page);
    return /** @type {Promise<R>} */ (page.evaluate(/** @type {any} */ (does), argument));
  }

  /** Ends the browser and everything it started, at once. */
  async kill() {
    const { process: child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    process.kill(-child.pid, 'SIGKILL');
    await gone;
    // The profile is locked until the last child is gone.
    rmSync(join(this.profile, 'SingletonLock'), { force: true });
  }

  /** Kills the GPU process; the browser starts another. */
  async killGpuProcess() {
    const browser = /** @type {import('playwright-core').Browser} */ (this.browser);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    for (const { type, id } of processInfo) if (type === 'GPU') process.kill(id, 'SIGKILL');
  }

  async destroyDevice() {
    const page = /** @type {import('playwright-core').Page} */ (this.page);
    const worker = page.workers().find((one) => one.url().includes('lab.worker'));
    await worker?.evaluate(() => {
      const { devices } = /** @type {{ devices: GPUDevice[] }} */ (
        /** @type {unknown} */ (globalThis)
      );
      devices.at(-1)?.destroy();
    });
  }
}
