/**
 * `npm run pictures`: the pictures of `docs/images/`, every room with the recorded run and both lenses
 * on the bundled base model. To look at the page otherwise: `--out DIR`, `--width N` (1200),
 * `--dark`, `--whole` (the page to its end, not the first screen), `--only rooms|lenses`.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { browserEnvironment, browserPath, CHROMIUM_ARGS } from './browsers.mjs';
import { DIST, ensureBuilt } from './build.mjs';
import { choice, main, parseOptions, ROOT, wholeNumber } from './command.mjs';
import { serve } from './serve.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {(name: string) => Promise<void>} Shoot */

const ROOMS = ['base', 'demonstrate', 'rank', 'reward', 'reinforce', 'compare'];
const HEIGHT = 1000;

/** What is done in a room before its picture is taken. @type {Record<string, (page: Page) => Promise<void>>} */
const BEFORE = {
  base: async (page) => {
    await page.getByRole('button', { name: 'Write an answer' }).click();
    await page.getByRole('button', { name: 'Write again' }).waitFor();
  },
  rank: async (page) => {
    await page.locator('[data-item="0"]').focus();
    await page.keyboard.press('2');
    await page.keyboard.press('1');
  },
  reward: async (page) => {
    await page.getByRole('button', { name: 'Score it' }).click();
    await page.getByText('Reward after each token').waitFor();
  },
};

/** @param {Page} page @param {string} address @param {Shoot} shoot */
async function rooms(page, address, shoot) {
  for (const room of ROOMS) {
    await page.goto(`${address}/?recorded#/${room}`);
    await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
    await BEFORE[room]?.(page);
    await shoot(room);
  }
}

/** @param {Page} page @param {string} address @param {Shoot} shoot */
async function lenses(page, address, shoot) {
  await page.goto(`${address}/#/base`);
  await page.getByRole('button', { name: 'Start an experiment (nano)' }).click();
  await page.getByRole('button', { name: 'Take the bundled model' }).click();
  await page.getByText('The bundled base model is here').first().waitFor();
  await page.keyboard.press('Alt+I');
  await page.locator('dialog[open] canvas, dialog[open] svg').first().waitFor();
  await shoot('look-inside');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+K');
  await page.locator('dialog[open] tbody button').first().click();
  await page.locator('dialog[open] pre').first().waitFor();
  await shoot('kernels');
}

await main(async () => {
  const { values } = parseOptions(process.argv.slice(2), {
    out: { type: 'string' },
    width: { type: 'string' },
    only: { type: 'string' },
    dark: { type: 'boolean' },
    whole: { type: 'boolean' },
  });
  const only = choice(values, 'only', ['rooms', 'lenses']);
  const width = wholeNumber(values, 'width', [320, 4000]) ?? 1200;
  const out = values.out ? String(values.out) : fileURLToPath(new URL('docs/images/', ROOT));
  mkdirSync(out, { recursive: true });
  await ensureBuilt();
  const site = await serve({ folder: DIST });
  const browser = await chromium.launch({
    executablePath: browserPath('chromium'),
    args: CHROMIUM_ARGS,
    env: /** @type {Record<string, string>} */ (browserEnvironment()),
  });
  let bytes = 0;
  try {
    const page = await browser.newPage({
      viewport: { width, height: HEIGHT },
      colorScheme: values.dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    });
    page.setDefaultTimeout(120_000);
    /** @type {Shoot} */
    const shoot = async (name) => {
      const path = join(out, `${name}.png`);
      // Charts are drawn in the frames after their data.
      await page.waitForTimeout(500);
      await page.screenshot({ path, fullPage: values.whole === true });
      bytes += statSync(path).size;
      console.log(path);
    };
    if (only !== 'lenses') await rooms(page, site.address, shoot);
    if (only !== 'rooms') await lenses(page, site.address, shoot);
  } finally {
    await browser.close();
    await site.close();
  }
  console.log(`${Math.round(bytes / 1024)} KiB together`);
});
