/** Runs browser tests in the Firefox of this machine: Vitest's own providers drive no stock Firefox. */
import { defineBrowserProvider } from '@vitest/browser';
import puppeteer, { type Browser } from 'puppeteer-core';
import type { BrowserProvider } from 'vitest/node';
import { browserEnvironment, browserPath, FIREFOX_PREFS } from '../../scripts/browsers.mjs';

class FirefoxProvider implements BrowserProvider {
  readonly name = 'firefox';
  readonly supportsParallelism = false;
  private browser: Promise<Browser> | undefined;

  getCommandsContext() {
    return {};
  }

  async openPage(_session: string, url: string): Promise<void> {
    this.browser ??= puppeteer.launch({
      browser: 'firefox',
      executablePath: browserPath('firefox'),
      headless: true,
      extraPrefsFirefox: FIREFOX_PREFS,
      env: browserEnvironment(),
      protocolTimeout: 0,
    });
    const page = await (await this.browser).newPage();
    await page.goto(url);
  }

  async close(): Promise<void> {
    await (await this.browser)?.close();
  }
}

export const firefox = () =>
  defineBrowserProvider({
    name: 'firefox',
    supportedBrowser: ['firefox'],
    providerFactory: () => new FirefoxProvider(),
  });
