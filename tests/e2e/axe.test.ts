/**
 * axe (WCAG 2.2 AA and good practice) on every state of the page: rooms that are empty, full, and at
 * work, charts as plots and as tables, every dialog, list, lens, tour step and lesson, in both
 * themes. The states come from the fake lab, so that none has to be trained.
 */
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserEnvironment, browserPath } from '../../scripts/browsers.mjs';
import { STAGES } from '../../src/config/stages';
import { ROOMS, type RoomName } from '../../src/ui/state/rooms';
import { type FakeSite, openFakeSite } from '../support/fakeSite';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ALL = `done=${STAGES.join()}`;

let site: FakeSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  site = await openFakeSite();
  browser = await chromium.launch({
    executablePath: browserPath('chromium'),
    args: ['--no-sandbox'],
    env: browserEnvironment() as Record<string, string>,
  });
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(60_000);
}, 300_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});

/** A room of a fresh page on a fake lab. */
async function open(room: RoomName, query: string): Promise<void> {
  // An address that differs in its hash alone is no new page.
  await page.goto('about:blank');
  await page.goto(`${site.address}?${query}#/${room}`);
  await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
}

const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
const unfold = () =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** Scans what is on show, whole in one theme; the other differs in its colours alone. */
async function scan(what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (colorScheme === 'light'
      ? axe.withTags(TAGS)
      : axe.withRules(['color-contrast'])
    ).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
    );
    expect(found, `${what}, ${colorScheme}`).toEqual([]);
  }
}

describe('axe finds nothing in a room', () => {
  for (const room of ROOMS) {
    test(`${room}: without an experiment, and with everything done, as plots and as tables`, async () => {
      await open(room, 'empty');
      await scan(`${room}, empty`);
      await open(room, ALL);
      if (room === 'compare') await study('Measure best of n', 'Measure anew');
      if (room === 'reward') {
        await study('Train on', 'Table of Accuracy by labels');
        await press('Score it');
      }
      await unfold();
      await scan(`${room}, full`);
      for (const table of await page.getByRole('button', { name: /^Table/ }).all()) {
        await table.click();
      }
      await scan(`${room}, tables`);
    });
  }

  /** A study from its button to its end. */
  async function study(verb: string, then: string): Promise<void> {
    await press(verb);
    await page.waitForFunction(() => document.title !== 'Pocket RLHF');
    await page.waitForFunction(() => document.title === 'Pocket RLHF');
    await page.getByRole('button', { name: then }).waitFor();
  }

  test('while a stage is paused, with the step debugger, a study runs, or there is no GPU', async () => {
    await open('reinforce', 'done=base,sft,reward&paused=ppo');
    await press('One step');
    await scan('paused');
    await open('compare', ALL);
    await press('Measure best of n');
    await page.getByRole('progressbar').first().waitFor();
    await scan('a study');
    await open('base', `${ALL}&nogpu`);
    await scan('no GPU');
  });

  test('rank: after a submission, with flags set', async () => {
    await open('rank', `${ALL}&k=4`);
    await page.locator('[data-item="0"]').focus();
    for (const key of ['h', 'Shift+6', '1', '2', '3', '4', 'Enter']) await page.keyboard.press(key);
    await page.getByText('The item before').first().waitFor();
    await scan('after a submission');
  });
});

describe('axe finds nothing in a dialog', () => {
  const DIALOGS: readonly [string, RoomName, () => Promise<unknown>][] = [
    [
      'a new experiment, its settings open',
      'base',
      async () => {
        await press(/^Experiment/);
        await press('New experiment');
        await page.locator('dialog[open] summary').first().click();
      },
    ],
    [
      'all experiments, with their lineage',
      'base',
      async () => {
        await press(/^Experiment/);
        await press('All experiments');
      },
    ],
    [
      'a copy of an experiment',
      'base',
      async () => {
        await press(/^Experiment/);
        await press('Duplicate');
      },
    ],
    ['starting over', 'base', () => press('Start over')],
    ['the keys of ranking', 'rank', () => pressInRanking('?')],
    ['skipping a prompt', 'rank', () => pressInRanking('s')],
    [
      'Look inside',
      'base',
      async () => {
        await page.keyboard.press('Alt+I');
        await page.locator('dialog[open] svg, dialog[open] canvas').first().waitFor();
      },
    ],
    [
      'Kernels with a source open',
      'base',
      async () => {
        await page.keyboard.press('Alt+K');
        await page.locator('dialog[open] tbody button').first().click();
        await page.locator('dialog[open] pre').first().waitFor();
      },
    ],
  ];
  const pressInRanking = async (key: string) => {
    await page.locator('[data-item="0"]').focus();
    await page.keyboard.press(key);
  };
  for (const [name, room, show] of DIALOGS) {
    test(name, async () => {
      await open(room, `${ALL}&copies`);
      await show();
      await page.locator('dialog[open]').waitFor();
      await scan(name);
    });
  }
});

describe('axe finds nothing in what opens over the page', () => {
  test('the list of experiments, and the notice of one that is deleted', async () => {
    await open('base', ALL);
    await press(/^Experiment/);
    await scan('experiments');
    await press('Delete nano 7');
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await scan('deleted');
  });

  test('the list of lessons, a lesson with its link’s question', async () => {
    await open('base', 'empty');
    await press('Learn');
    const lesson = page.getByRole('link', { name: /^4\. / });
    await lesson.waitFor();
    await scan('lessons');
    await lesson.click();
    await page.getByText('Lesson 4. More reward').waitFor();
    await page.getByRole('button', { name: 'Make this experiment' }).waitFor();
    await scan('a lesson');
  });

  test('every step of the tour', async () => {
    await open('base', ALL);
    await press('Learn');
    await press('Take the tour');
    for (let step = 1; step <= 6; step++) {
      await page.getByText(`Tour, ${step} of 6`).waitFor();
      await scan(`tour ${step}`);
      await press(step === 6 ? 'Done' : 'Go on');
    }
  });

  test('the meaning of a metric', async () => {
    await open('reinforce', ALL);
    await page.getByRole('button', { name: 'KL from the reference' }).first().focus();
    await page.locator('[role="tooltip"]:popover-open').waitFor();
    await scan('a metric');
  });
});
