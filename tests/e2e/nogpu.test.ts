/** A browser without a graphics adapter: what it is told, and the recorded run in every room. */
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserPath } from '../../scripts/browsers.mjs';
import { DIST, ensureBuilt } from '../../scripts/build.mjs';
import { type Serving, serve } from '../../scripts/serve.mjs';
import { ROOMS } from '../../src/ui/state/rooms';

let browser: Browser;
let site: Serving;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  await ensureBuilt();
  site = await serve({ folder: DIST });
  // Without the flags that bring a software adapter.
  browser = await chromium.launch({
    executablePath: browserPath('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  });
  page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => errors.push(error.message));
}, 300_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});

const says = (words: string | RegExp) => page.getByText(words).first().waitFor();
const enter = async (room: string) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${room}`);
  await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
};

test('the page says what is missing and what to do, and leads to the recorded run', async () => {
  await page.goto(`${site.address}/#/base`);
  await says(/WebGPU is there, but it found no graphics adapter|does not offer WebGPU here/);
  await page.getByRole('link', { name: 'Look at a recorded run' }).click();
  await says('This is a recorded run (nano, seed 0');
});

test('every room shows it, axe finds nothing, and nothing is wider than a small screen', async () => {
  for (const room of ROOMS) {
    await enter(room);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    expect(
      violations.map(({ id, nodes }) => `${room}: ${id}: ${nodes[0]?.html}`),
      room,
    ).toEqual([]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  for (const room of ROOMS) {
    await enter(room);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(beyond, room).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1100, height: 800 });
});

test('its rooms show what was measured beside the stages', async () => {
  const none = page.getByText('This was not measured in the recorded run.');
  await enter('reward');
  await says('two held-out labelers agree');
  expect(await none.count()).toBe(0);
  await enter('compare');
  await says(/^The policy of .* wins .* against the base model of/);
  await says('Best of n, 250 ranked prompts, fitted');
  expect(await none.count()).toBe(0);
});

test('it can be tried, scored, ranked and judged', async () => {
  await enter('base');
  await page.getByRole('button', { name: 'Write an answer' }).click();
  await page.getByRole('button', { name: 'Write again' }).waitFor();
  await enter('reward');
  await page.getByRole('button', { name: 'Score it' }).click();
  await says('Reward after each token');
  await enter('rank');
  await page.locator('[data-item="0"]').focus();
  const count = await page.locator('[data-item]').count();
  for (let rank = 1; rank <= count; rank++) await page.keyboard.press(`${rank}`);
  await page.keyboard.press('Enter');
  await says('The item before');
  await enter('compare');
  await page.getByRole('button', { name: 'Start a duel' }).click();
  await page.getByRole('button', { name: 'Equal' }).click();
  await says(/, 1 duel,/);
  await page.getByRole('link', { name: 'Leave the recording' }).click();
  await says('start one, and its little town is written');
  expect(errors).toEqual([]);
});
