/**
 * Experiments on the built page, as an experimenter meets them: one comes by a link and is run up to
 * its reward model, a copy with another β is made and finished, both are compared, the lineage of their models is
 * walked and one exported, notes and a deletion outlive a reload, and a file brings everything back.
 */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site';

/** Small enough that all five stages take seconds on a software adapter. */
const LINK =
  '#/base?preset=nano&seed=3&model.n_layer=1&model.n_embd=16&model.n_head=2&base.tokens=5120' +
  '&data.prompts=16&data.demonstrations=16&sft.epochs=1&sft_for_rl.epochs=1&data.ranked_prompts=8' +
  '&ppo.episodes=32&ppo.batch=16&ppo.minibatch=16&ppo.response_length=8&evaluate.prompts=8' +
  '&evaluate.skills=8';

let site: Site;
let page: Page;

const says = (words: string) => page.getByText(words).first().waitFor();
const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
const eventually = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 60_000 });
const dialog = () => page.locator('dialog[open]').last();
const openList = async () => {
  await press(/^Experiment /);
  await press('All experiments');
  await dialog().getByText('All experiments together take').waitFor();
};
const violations = async () => {
  const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};
const setting = async (key: string, value: string) => {
  const row = dialog().locator('label', { has: page.getByText(key, { exact: true }) });
  await page.locator(`[id="${await row.getAttribute('for')}"]`).fill(value);
  await page.keyboard.press('Tab');
};

beforeAll(async () => {
  site = await openSite('/some/where');
  page = await site.open(`/${LINK}`);
  page.setDefaultTimeout(60_000);
});
afterAll(() => site.close());

test('a link makes an experiment, and a script runs it up to the reward model', async () => {
  await press('Make this experiment');
  await says('Everything it needs is there.');
  await page.evaluate(() => window.pocketRlhf.run(['base', 'sft', 'reward']));
  await says('The base model is trained');
});

test('a bad link is told in one sentence, and nothing is lost', async () => {
  await page.evaluate(() => {
    location.hash = '#/base?preset=nano&ppo.beta=1';
  });
  await says("This link cannot be used: Unknown setting 'ppo.beta'");
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
  await says('The base model is trained');
});

test('a copy with another β keeps all up to the reward model, and only PPO is left to run', async () => {
  await press(/^Experiment /);
  await press('Duplicate …');
  await dialog().locator('summary').first().click();
  await setting('ppo.kl_coef', '0.5');
  await says('Kept: the base model, SFT, SFT for RL and the reward model.');
  expect(await violations()).toEqual([]);
  await dialog().getByRole('button', { name: 'Make the copy' }).click();
  await page.getByRole('button', { name: /^Experiment .*kl_coef 0\.5/ }).waitFor();
  const kept = await page.evaluate(async () => (await window.pocketRlhf.snapshot())!);
  expect(kept.stages).toMatchObject({ reward: 'done', ppo: 'ready', evaluate: 'missing' });
  expect(kept.config.settings['ppo.kl_coef']).toBe(0.5);
  await press('Run the rest of the pipeline');
  await says('The whole pipeline has run.');
});

test('both stand side by side: what differs, and what became of it', async () => {
  await page.evaluate(() => {
    location.hash = '#/compare';
  });
  const table = page.getByRole('table', { name: 'Settings that differ' });
  await table.waitFor();
  expect(await table.locator('tbody tr').allInnerTexts()).toEqual([
    expect.stringMatching(/^PPO: KL coefficient β\s+ppo\.kl_coef\s+0\.1\s+0\.5\s+0\.1\s+0\.02$/),
  ]);
  const results = page.getByRole('table', { name: 'Results' });
  const loss = results.locator('tr', { hasText: 'Base, validation loss' });
  const [first, second] = await loss.locator('td').allInnerTexts();
  expect(first).toMatch(/^\d\.\d+$/);
  expect(second).toBe(first);
});

test('the lineage is walked by keyboard, and a model of it is exported as one file', async () => {
  const base = page.getByRole('button', { name: /^Base of nano/ });
  await base.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('heading', { name: /^Reward model of nano/ }).waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), press('Export the model')]);
  expect(download.suggestedFilename()).toMatch(/reward\.zip$/);
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
  for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) {
    expect(bytes.includes(name), name).toBe(true);
  }
});

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the comparison, the lineage and the list, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const view of ['List', 'Picture']) {
      await page.getByRole('button', { name: view, exact: true }).click();
      expect(await violations(), view).toEqual([]);
    }
    await openList();
    expect(await violations(), 'list').toEqual([]);
    await page.keyboard.press('Escape');
  });
}

test('notes outlive a reload, and a file carries them', async () => {
  await openList();
  await dialog().locator('textarea').first().fill('<i>too strict</i>');
  await dialog().getByText('Stored.').waitFor();
  await page.reload();
  await openList();
  expect(await dialog().locator('textarea').first().inputValue()).toBe('<i>too strict</i>');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog().getByRole('button', { name: 'Export nano' }).first().click(),
  ]);
  await dialog().getByRole('button', { name: 'Close' }).click();
  await press(/^Experiment /);
  await page
    .locator('input[type="file"][accept=".safetensors"]')
    .setInputFiles(await download.path());
  const noted = () =>
    page.evaluate(async () =>
      (await window.pocketRlhf.experiments()).flatMap(({ notes }) => notes || []),
    );
  await expect.poll(noted, { timeout: 60_000 }).toEqual(['<i>too strict</i>', '<i>too strict</i>']);
  await page.waitForFunction(() => document.title === 'Pocket RLHF');
});

test('a deleted experiment is restored after a reload', async () => {
  const rows = () => dialog().locator('textarea').count();
  const removed = () => dialog().getByText('kept until').count();
  const before = await page.evaluate(async () => ({
    rows: (await window.pocketRlhf.experiments()).length,
    removed: (await window.pocketRlhf.removed()).length,
  }));
  await openList();
  await eventually(rows).toBe(before.rows);
  await dialog()
    .getByRole('button', { name: /^Delete nano/ })
    .first()
    .click();
  await eventually(rows).toBe(before.rows - 1);
  await eventually(removed).toBe(before.removed + 1);
  await page.reload();
  await openList();
  await eventually(rows).toBe(before.rows - 1);
  await dialog()
    .getByRole('button', { name: /^Restore nano/ })
    .first()
    .click();
  await eventually(rows).toBe(before.rows);
  await eventually(removed).toBe(before.removed);
  await page.keyboard.press('Escape');
});

test('a screen of 360 pixels has every function, and nothing is scrolled sideways', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const beyond = (selector: string) =>
    page.evaluate((of) => {
      const element = document.querySelector(of)!;
      return element.scrollWidth - element.clientWidth;
    }, selector);
  await page.evaluate(() => {
    location.hash = '#/compare';
  });
  await page.getByRole('heading', { name: 'Lineage' }).waitFor();
  expect(await beyond('html')).toBeLessThanOrEqual(0);
  await openList();
  expect(await beyond('dialog[open]')).toBeLessThanOrEqual(0);
  for (const action of ['Open', 'Duplicate', 'Export', 'Delete']) {
    const shown = dialog()
      .getByRole('button', { name: new RegExp(`^${action} nano`) })
      .first();
    await shown.scrollIntoViewIfNeeded();
    expect(await shown.isVisible()).toBe(true);
  }
  await dialog()
    .getByRole('button', { name: /^Duplicate nano/ })
    .first()
    .click();
  await dialog().getByRole('button', { name: 'Make the copy' }).waitFor();
  expect(await beyond('dialog[open]')).toBeLessThanOrEqual(0);
  await page.keyboard.press('Escape');
});

test('the console stayed quiet', () => {
  expect(site.errors).toEqual([]);
  expect(site.outside).toEqual([]);
});
