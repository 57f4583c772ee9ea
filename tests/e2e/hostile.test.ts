/**
 * Names, texts, files and links written to break in: the built page shows them as the text that
 * they are, in every room, lens and message, runs nothing of them, and gives them back unchanged.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/experiment';
import { ROOMS } from '../../src/ui/state/rooms';
import { openSite, type Site } from '../support/site';

const MARKUP = '<img src=x onerror="window.canary=1"><script>window.canary=2</script>';
const LINK = '[go](javascript:window.canary=3) <a href="javascript:window.canary=4">go</a>';
const ODD = 'bidi \u202Eflipped\u202C \u2066isolated\u2069, null \u0000, end \uFEFF\u200B.';
const LONG = `${'<svg/onload=window.canary=5>'.repeat(40)}${'x'.repeat(20_000)}`;
const HOSTILE = [MARKUP, LINK, ODD, LONG];
/** Names that are something else to an object than to a person. */
const LABELERS = [MARKUP, '__proto__', 'constructor', ODD];

/** The town of the bundled base model, so that nothing needs to be trained. */
const CONFIG = defaultConfig('nano', 0);

const RANKINGS = LABELERS.map((labeler, i) => ({
  prompt: `Q: ${HOSTILE[i]}\nA:`,
  completions: [` ${MARKUP}`, ` ${LINK}`, ` ${ODD}`],
  ranks: [1, 2, 3],
  likert: [7, 4, 1],
  flags: [[MARKUP], [], []],
  labeler,
}));
const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

let site: Site;
let page: Page;

beforeAll(async () => {
  site = await openSite();
  page = await site.open('/');
  page.setDefaultTimeout(120_000);
  await page.addInitScript((labeler) => {
    localStorage.setItem('pocket-rlhf.labeler', labeler);
    const violations: string[] = [];
    Object.assign(window, { violations });
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(`${event.violatedDirective} ${event.sample}`);
    });
  }, MARKUP);
  await page.evaluate(
    async ({ config, name, hostile, rankings }) => {
      const lab = window.pocketRlhf;
      await lab.create(config, name);
      for (const [i, text] of hostile.entries()) {
        await lab.putDemonstration({ prompt: `Q: ${text}\nA:`, completion: ` ${text}` }, i);
      }
      await lab.importRankings(rankings);
    },
    { config: CONFIG, name: MARKUP, hostile: HOSTILE, rankings: jsonl(RANKINGS) },
  );
  await page.reload();
  await page.getByRole('button', { name: 'Take the bundled model' }).click();
  await page.getByText('The bundled base model is here').first().waitFor();
}, 400_000);
afterAll(() => site.close());

/** Nothing ran, nothing was planted, nothing had to be stopped by the policy. */
async function expectInert(where: string): Promise<void> {
  const found = await page.evaluate(() => ({
    ran: 'canary' in window,
    planted: [
      ...document.querySelectorAll(
        '[onerror],[onload],[onclick],[src="x"],script:not([src]),iframe,object,[href^="javascript" i]',
      ),
    ].map(({ outerHTML }) => outerHTML.slice(0, 80)),
    stopped: (window as unknown as { violations: string[] }).violations,
  }));
  expect(found, where).toEqual({ ran: false, planted: [], stopped: [] });
}

/** Waits until an element's text holds this very text. */
const shows = (selector: string, text: string) =>
  page.waitForFunction(
    ([where, wanted]) =>
      [...document.querySelectorAll(where!)].some(({ textContent }) =>
        textContent.includes(wanted!),
      ),
    [selector, text] as const,
  );
const enter = async (room: string) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${room}`);
  await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
};
const notice = (text: string) => shows('[role="alert"], [role="status"], [aria-live]', text);
const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click();

test('every room opens, and the experiment is called what it is called', async () => {
  await shows('header', MARKUP);
  for (const room of ROOMS) {
    await enter(room);
    await expectInert(room);
  }
});

test('demonstrations are read and edited as they were written', async () => {
  await enter('demonstrate');
  for (const text of HOSTILE) await shows('main li p', text.trim());
  await page.getByRole('button', { name: 'Edit demonstration 1' }).click();
  const answer = page.locator('main li form textarea').last();
  expect(await answer.inputValue()).toBe(MARKUP);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await shows('main li p', MARKUP);
  // A line of 20,000 letters breaks; nothing has to be scrolled sideways.
  const beyond = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(beyond).toBeLessThanOrEqual(0);
  await expectInert('demonstrate');
});

test('labelers are listed by their names, whatever these are, and each is counted', async () => {
  await enter('rank');
  for (const labeler of LABELERS) await shows('main th', labeler);
  const counts = await page.evaluate(async () =>
    Object.entries((await window.pocketRlhf.snapshot())!.labels.byLabeler),
  );
  for (const labeler of LABELERS) expect(counts).toContainEqual([labeler, 1]);
  await expectInert('rank');
});

test('typed texts are continued and looked into token by token', async () => {
  await enter('base');
  await page.locator('main textarea').first().fill(MARKUP.slice(0, 40));
  await press('Write an answer');
  await page.getByRole('button', { name: 'Write again' }).waitFor();
  await expectInert('base');
  await press('Look inside');
  await page.locator('dialog[open] textarea').fill(MARKUP.slice(0, 40));
  await page.locator('dialog[open] button[type="submit"]').click();
  await shows('dialog[open]', 'onerror');
  await expectInert('Look inside');
  await page.keyboard.press('Escape');
});

test('files with hostile names and contents are refused in a sentence of text', async () => {
  const file = (name: string, text: string) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(text),
  });
  await enter('rank');
  const rankings = page.getByLabel('Rankings to import');
  const name = '<img src=x onerror=alert(1)>.jsonl';
  await rankings.setInputFiles(file(name, jsonl([{ ...RANKINGS[0], labeler: 'Cy' }])));
  await notice(`${name}: 1 new ranking.`);
  await rankings.setInputFiles(file(name, `{"prompt":"${LINK}"`));
  await notice('the rankings file');
  await page
    .getByLabel('A saved experiment')
    .setInputFiles(file('<b onclick=x>.safetensors', MARKUP));
  await notice('<b onclick=x>.safetensors');
  await enter('base');
  await page
    .getByLabel('Files of a Hugging Face model folder')
    .setInputFiles([
      file('config.json', JSON.stringify({ architectures: [MARKUP], model_type: MARKUP })),
      file('tokenizer.json', JSON.stringify({ version: MARKUP, model: { type: MARKUP } })),
      file('model.safetensors', MARKUP),
    ]);
  await press('Replace it');
  await page
    .locator('[role="alert"], [role="status"]', { hasText: 'config.json' })
    .first()
    .waitFor();
  await expectInert('imports');
});

test.each([
  `#/base?preset=${encodeURIComponent(MARKUP)}`,
  `#/base?preset=nano&seed=1&${encodeURIComponent(MARKUP)}=1`,
  `#/${encodeURIComponent(MARKUP)}?lesson=1`,
  `#/base?lesson=${encodeURIComponent('javascript:window.canary=6')}`,
])('the link %s is told in one sentence', async (hash) => {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await notice('This link cannot be used');
  await expectInert(hash);
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
});

test('a deletion names the experiment and is taken back', async () => {
  await page.getByRole('button', { name: /^Experiment/ }).click();
  await page.getByRole('button', { name: `Delete ${MARKUP}`, exact: true }).click();
  await notice(`Experiment “${MARKUP}” is deleted; it can be restored for a week.`);
  await press('Undo');
  await expectInert('deletion');
});

test('a file is saved under a plain name', async () => {
  await page.reload();
  await enter('rank');
  const [download] = await Promise.all([page.waitForEvent('download'), press('Export')]);
  expect(download.suggestedFilename()).toMatch(/^rankings-[\w.-]+\.jsonl$/);
});

test('all of it comes back from an export as it went in', async () => {
  const back = await page.evaluate(async () => {
    const lab = window.pocketRlhf;
    await lab.importExperiment(await lab.exportExperiment(), 'a file');
    const decoder = new TextDecoder();
    return {
      rankings: await lab.exportRankings(),
      demonstrations: (await lab.demonstrations(0, 4)).items,
      file: decoder.decode(await lab.file('data/demonstrations.train.jsonl')),
      names: (await lab.experiments()).map(({ name }) => name),
    };
  });
  const rows = back.rankings
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const ranking of RANKINGS) expect(rows).toContainEqual(ranking);
  const given = HOSTILE.map((text) => ({ prompt: `Q: ${text}\nA:`, completion: ` ${text}` }));
  expect(back.demonstrations).toEqual(given);
  const written = back.file
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const row of given) expect(written).toContainEqual(expect.objectContaining(row));
  expect(back.names).toEqual([MARKUP, MARKUP]);
  await expectInert('export');
});

test('no markup was parsed, no request left, and the policy is in force', async () => {
  expect(site.outside).toEqual([]);
  // The watch on what leaves is awake: an address beyond this machine is noted.
  const stray = await site.browser.newPage();
  await stray.goto('http://elsewhere.example/').catch(() => {});
  await stray.close();
  expect(site.outside).toEqual(['http://elsewhere.example/']);
  expect(site.errors).toEqual([]);
  // Text that is set as markup is refused: the guard is there, and this test would see it gone.
  const refused = await page.evaluate((markup) => {
    try {
      document.createElement('div').innerHTML = markup;
      return false;
    } catch {
      return true;
    }
  }, MARKUP);
  expect(refused).toBe(true);
});
