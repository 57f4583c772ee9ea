/** The built page, served, in a headless Chromium with WebGPU: what whole-page stories begin with. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserEnvironment, browserPath, CHROMIUM_ARGS } from '../../scripts/browsers.mjs';
import { DIST, ensureBuilt } from '../../scripts/build.mjs';
import { serve } from '../../scripts/serve.mjs';
import { openOutside } from './outside';

export interface Site {
  /** Address of the page, without a trailing slash. */
  readonly address: string;
  readonly browser: Browser;
  /** A new tab on a path such as '/kernels.html', with its errors collected in `errors`. */
  open(path: string): Promise<Page>;
  /** Errors and warnings of all tabs: uncaught ones, console errors, failed requests. */
  readonly errors: string[];
  /** Addresses beyond this machine that anything in the browser asked for. */
  readonly outside: readonly string[];
  close(): Promise<void>;
}

/** @param prefix the sub-path that the page is served under */
export async function openSite(prefix = ''): Promise<Site> {
  await ensureBuilt();
  const server = await serve({ folder: DIST, prefix });
  const outside = await openOutside();
  const browser = await chromium.launch({
    executablePath: browserPath('chromium'),
    args: [...CHROMIUM_ARGS, outside.flag],
    env: browserEnvironment() as Record<string, string>,
  });
  const errors: string[] = [];
  return {
    address: server.address,
    browser,
    errors,
    outside: outside.asked,
    async open(path) {
      const page = await browser.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      page.on('requestfailed', (request) => {
        // What a reload breaks off has not failed.
        if (request.failure()?.errorText !== 'net::ERR_ABORTED') {
          errors.push(`failed: ${request.url()}`);
        }
      });
      await page.goto(server.address + path);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
      await outside.close();
    },
  };
}
