/**
 * The built page as a person meets it: the whole pipeline by its buttons, pause, reload and going
 * on, ranking that survives a reload, no request that leaves its origin, and axe in every room.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOMS } from '../../src/ui/state/rooms';
import { openSite, type Site } from '../support/site';
import { TINY } from '../support/tiny';

let site: Site;
let page: Page;
const requested: string[] = [];

const says = (words: string) => page.getByText(words).first().waitFor();
const press = (name: string) => page.getByRole('button', { name }).first().click();
const enter = async (room: string) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${room}`);
  await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
};

beforeAll(async () => {
  site = await openSite('/some/where');
  page = await site.open('/');
  page.setDefaultTimeout(240_000);
  page.context().on('request', (request) => requested.push(request.url()));
});
afterAll(() => site.close());

test('a newcomer makes an experiment with settings of their own', async () => {
  await press('Experiment');
  await press('New experiment');
  await page.getByText('Settings (defaults of the size)').click();
  for (const [key, value] of Object.entries(TINY)) {
    const row = page.locator('label', { has: page.getByText(key, { exact: true }) });
    await page.locator(`[id="${await row.getAttribute('for')}"]`).fill(`${value}`);
    await page.keyboard.press('Tab');
  }
  await says('of graphics memory');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await says('Everything it needs is there.');
});

test('a run is paused, survives a reload and goes on', async () => {
  await press('Train the base model');
  await page.waitForFunction(() => /^\d+ % base model · Pocket RLHF$/.test(document.title));
  await press('Pause');
  await says('Paused and saved.');
  await page.reload();
  await says('Paused and saved.');
  await press('One step');
  await page.getByRole('button', { name: 'Resume' }).click();
  await says('The base model is trained');
});

test('answers to rank come once SFT is trained, and a ranking survives a reload', async () => {
  await enter('rank');
  await press('Train SFT');
  await page.locator('[data-item="0"]').waitFor();
  const shown = await page.locator('[data-item]').count();
  const prompt = await page.locator('[data-prompt]').textContent();
  await page.locator('[data-item="0"]').focus();
  await page.keyboard.press('2');
  await page.reload();
  // The same item, with what was placed.
  await page.locator('[data-slot="1"] [data-item="0"]').waitFor();
  expect(await page.locator('[data-prompt]').textContent()).toBe(prompt);
  await page.locator('[data-slot="1"] [data-item="0"]').focus();
  for (let item = 1; item < shown; item++) {
    await page.locator(`[data-item="${item}"]`).focus();
    await page.keyboard.press(`${item === 1 ? 1 : item + 1}`);
  }
  await page.keyboard.press('Enter');
  await says('The item before');
  await page.reload();
  await page.locator('[data-item="0"]').waitFor();
  const counts = await page.evaluate(async () => (await window.pocketRlhf.snapshot())!.labels);
  expect(counts.byLabeler).toEqual({ me: 1 });
});

test('one button runs the rest, and every room shows what its stage has made', async () => {
  await press('Run the rest of the pipeline');
  await says('The whole pipeline has run.');
  await enter('reward');
  await says('of held-out pairs');
  await press('Score it');
  await says('Reward after each token');
  await enter('reinforce');
  await says('Responses of iteration 2');
  await enter('compare');
  await page
    .getByText(/95 % interval \d/)
    .first()
    .waitFor();
  await press('Start a duel');
  await press('1 is better');
  await page.getByText(/, 1 duel,/).waitFor();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in any room, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const room of ROOMS) {
      await enter(room);
      await page.locator('main details').first().locator('summary').click();
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      expect(
        violations.map(({ id, nodes }) => `${room}: ${id}: ${nodes[0]?.html}`),
        room,
      ).toEqual([]);
    }
  });

  test(`axe finds nothing in the Kernels lens, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.keyboard.press('Alt+K');
    const kernel = page.locator('dialog[open] tbody button').first();
    await kernel.click();
    await page.locator('dialog[open] pre').first().waitFor();
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.keyboard.press('Escape');
    await kernel.waitFor({ state: 'detached' });
  });
}

test('nothing needs to be scrolled sideways on a screen of 360 pixels', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const room of ROOMS) {
    await enter(room);
    await page.locator('main details').first().locator('summary').click();
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(beyond, room).toBeLessThanOrEqual(0);
  }
});

test('through all stages page, workers and service worker asked nothing of another origin', async () => {
  const { origin } = new URL(site.address);
  expect(requested.filter((url) => new URL(url).origin !== origin)).toEqual([]);
  expect(requested.some((url) => /lab\.worker/.test(url))).toBe(true);
  expect(site.errors).toEqual([]);
  expect(site.outside).toEqual([]);
});
