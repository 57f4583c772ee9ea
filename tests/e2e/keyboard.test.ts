/**
 * The whole pipeline by keyboard alone, from a teacher's link to the comparison, a story a room; and
 * that link's way round: what is copied at the end makes the same experiment in a fresh browser.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site';
import { TINY } from '../support/tiny';

/** As many ranked prompts as an eighth of them can be learned from. */
const SETTINGS = texts({ ...TINY, 'data.ranked_prompts': 32 });
const LINK = `#/base?${new URLSearchParams({ preset: 'nano', seed: '3', ...SETTINGS })}`;

function texts(settings: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, `${value}`]));
}

let site: Site;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  site = await openSite('/some/where');
  context = await site.browser.newContext();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => site.errors.push(error.message));
  await page.goto(`${site.address}/${LINK}`);
}, 300_000);
afterAll(() => site.close());

const says = (words: string | RegExp) => page.getByText(words).first().waitFor();

/** What a person would read of the control that has the focus. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (!element?.matches('a, button, input, select, summary, textarea')) return '';
    return element.getAttribute('aria-label') ?? element.innerText;
  });

/** Presses Tab until the focus is on what these words name, and then a key. */
async function press(words: string, key = 'Enter'): Promise<void> {
  const seen: string[] = [];
  for (let tabs = 0; tabs < 400; tabs++) {
    await page.keyboard.press('Tab');
    const now = await focused();
    if (now.includes(words)) return page.keyboard.press(key);
    seen.push(now.slice(0, 30));
  }
  throw new Error(
    `Tab does not come to '${words}'; it comes to ${[...new Set(seen)].join(' | ')}.`,
  );
}

async function enter(room: string): Promise<void> {
  await press(room);
  await page.locator('main h1', { hasText: new RegExp(`^${room}$`) }).waitFor();
}

test('base: a link is taken up, a base model is trained, and it continues a prompt', async () => {
  await page.getByRole('button', { name: 'Make this experiment' }).waitFor();
  await press('Make this experiment');
  await says('Everything it needs is there.');
  await press('Train the base model');
  await says('The base model is trained');
  await press('Write an answer');
  await page.getByRole('button', { name: 'Write again' }).waitFor();
});

test('demonstrate: a demonstration is edited, and SFT is trained on it', async () => {
  await enter('Demonstrate');
  await press('Edit demonstration 1');
  await page.locator('textarea').nth(1).waitFor();
  // The prompt's field has the focus; the answer's comes next.
  while (
    !(await page
      .locator('textarea')
      .nth(1)
      .evaluate((e) => e === document.activeElement))
  ) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Control+A');
  await page.keyboard.type('It is green.');
  await press('Save');
  await says('It is green.');
  const [first] = await page.evaluate(
    async () => (await window.pocketRlhf.demonstrations(0, 1)).items,
  );
  expect(first!.completion).toBe(' It is green.');
  await press('Train SFT');
  await says('Next: Rank');
});

test('rank: an item is ranked by digits and Enter, and the next one is there', async () => {
  await enter('Rank');
  await page.locator('[data-item="0"]').waitFor();
  const shown = await page.locator('[data-item]').count();
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-item'));
  for (let rank = 1; rank <= shown; rank++) await page.keyboard.press(`${rank}`);
  await page.keyboard.press('Enter');
  await says('The item before');
  const { labels } = (await page.evaluate(() => window.pocketRlhf.snapshot()))!;
  expect(labels.byLabeler).toEqual({ me: 1 });
});

test('reward: the reward model is trained, scores an answer, and is held against the labels', async () => {
  await enter('Reward');
  await press('Train the reward model');
  await says('of held-out pairs');
  await press('Score it');
  await says('Reward after each token');
  await press('Train on ⅛');
  await says('two training labelers agree');
  await page.waitForFunction(() => document.title === 'Pocket RLHF');
  const { studies } = (await page.evaluate(() => window.pocketRlhf.snapshot()))!;
  expect(studies.labelCurve!.points.map(({ prompts }) => prompts)).toEqual([4, 8, 16, 32]);
});

test('reinforce: PPO runs, and its responses can be seen measure by measure', async () => {
  await enter('Reinforce');
  await press('Run PPO');
  await says('Responses of iteration 2');
  await press('Log-probability');
  await says('how sure the policy was of its token');
});

test('compare: models are compared, judged blind, and best of n stands beside PPO', async () => {
  await enter('Compare');
  await press('Compare the models');
  await says(/95 % interval \d/);
  await press('Start a duel');
  await page.getByRole('button', { name: '1 is better' }).waitFor();
  await press('1 is better');
  await says(/, 1 duel,/);
  await press('Measure best of n');
  await page.getByRole('button', { name: 'Measure anew' }).waitFor();
  const { studies } = (await page.evaluate(() => window.pocketRlhf.snapshot()))!;
  expect(studies.bestOfN!.curves.map(({ points }) => points.at(-1)!.n)).toEqual([64, 64]);
  expect(studies.ppo!.truth.length).toBe(2);
});

test('the link that is copied at the end makes the same experiment elsewhere', async () => {
  await press('Experiment nano');
  await press('Copy link');
  await says('The link is copied.');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toContain('/some/where/#/compare?preset=nano&seed=3');
  const other = await site.open('/');
  await other.goto(link);
  await other.getByRole('button', { name: 'Make this experiment' }).click();
  await other.locator('main h1', { hasText: 'Compare' }).waitFor();
  await other.getByText('It needs the base model').first().waitFor();
  const configs = [page, other].map((one) =>
    one.evaluate(async () => (await window.pocketRlhf.snapshot())!.config),
  );
  expect(await configs[1]).toEqual(await configs[0]);
  expect(site.errors).toEqual([]);
  expect(site.outside).toEqual([]);
});
