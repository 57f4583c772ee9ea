/**
 * The built page after its server is gone: it opens, computes and has its base model and lessons.
 * A new version is offered and never taken by itself.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserEnvironment, browserPath, CHROMIUM_ARGS } from '../../scripts/browsers.mjs';
import { DIST, ensureBuilt } from '../../scripts/build.mjs';
import { type Serving, serve } from '../../scripts/serve.mjs';

let browser: Browser;
let site: Serving;
let page: Page;
const folder = mkdtempSync(join(tmpdir(), 'pocket-rlhf-offline-'));
const requested: string[] = [];

beforeAll(async () => {
  await ensureBuilt();
  cpSync(DIST, folder, { recursive: true });
  site = await serve({ folder, prefix: '/a/class' });
  browser = await chromium.launch({
    executablePath: browserPath('chromium'),
    args: CHROMIUM_ARGS,
    env: browserEnvironment() as Record<string, string>,
  });
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.context().on('request', (request) => requested.push(request.url()));
  await page.goto(`${site.address}/`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}, 300_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const says = (words: string) => page.getByText(words).first().waitFor();
const press = (name: string) => page.getByRole('button', { name }).first().click();

test('it can be installed', async () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.webmanifest'), 'utf8'));
  expect(manifest).toMatchObject({ start_url: './', scope: './', display: 'standalone' });
  for (const { src } of manifest.icons) {
    const { ok } = await page.request.get(`${site.address}/${src}`).then((r) => ({ ok: r.ok() }));
    expect(ok, src).toBe(true);
  }
});

test('a new version is offered, waits, and comes when the person says so', async () => {
  await page.evaluate(() => Object.assign(window, { mark: 'before' }));
  const path = join(folder, 'service_worker.js');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/VERSION = '/, "VERSION = 'next"));
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await says('A new version of this page is ready.');
  expect(await page.evaluate(() => 'mark' in window)).toBe(true);
  await press('Reload now');
  await page.waitForFunction(() => !('mark' in window));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const names = await page.evaluate(() => caches.keys());
  expect(names).toEqual([expect.stringMatching(/^pocket-rlhf next/)]);
});

test('without a server it opens, has its base model, and writes with it', async () => {
  await site.close();
  await page.goto(`${site.address}/#/base`);
  await press('Start an experiment');
  await press('Take the bundled model');
  await says('The bundled base model is here');
  await page.getByRole('button', { name: 'Write an answer' }).click();
  await page.getByRole('button', { name: 'Write again' }).waitFor();
  await press('Learn');
  await page.getByRole('link', { name: '2. Show it what an answer is' }).click();
  await says('Lesson 2. Show it what an answer is, 1 of');
  for (const room of ['rank', 'reward', 'reinforce', 'compare']) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${room}`);
    await page.locator('main h1', { hasText: new RegExp(`^${room}$`, 'i') }).waitFor();
  }
});

test('nothing was ever asked of another origin', () => {
  const { origin } = new URL(site.address);
  expect(requested.filter((url) => !url.startsWith(origin))).toEqual([]);
  expect(requested.length).toBeGreaterThan(20);
});
