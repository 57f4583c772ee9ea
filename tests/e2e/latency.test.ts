/**
 * The page's latency budgets: first paint within a second, under 100 ms of blocking while it loads,
 * and an answer to a key press within 50 ms while a training runs in the worker. They are the page's,
 * not the machine's: a software adapter takes every core and other work may take the rest. So the
 * first paint is the best of several loads, blocking is counted in the main thread's own time (a
 * thread that waits for a core has nothing to do with the page), and key presses count by the median
 * of the best of three rounds.
 */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site';

/** At most; what is within its budgets once needs no second look. */
const LOADS = 5;
const ROUNDS = 3;
const KEYS = 21;
/** A task longer than this blocks, by what it takes beyond (total blocking time), in ms. */
const LONG = 50;

interface Load {
  /** ms */
  readonly firstPaint: number;
  /** ms of the main thread */
  readonly blocking: number;
}

const BUDGET: Load = { firstPaint: 1000, blocking: 100 };
const isWithin = ({ firstPaint, blocking }: Load) =>
  firstPaint < BUDGET.firstPaint && blocking < BUDGET.blocking;

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, 300_000);
afterAll(() => site.close());

/** Loads the page without anything in a cache, until its room is there and a second longer. */
async function load(path: string): Promise<Load> {
  const trace = join(tmpdir(), `pocket-rlhf-load-${process.pid}.json`);
  const context = await site.browser.newContext();
  try {
    const page = await context.newPage();
    await site.browser.startTracing(page, {
      path: trace,
      categories: ['disabled-by-default-devtools.timeline'],
    });
    await page.goto(site.address + path);
    await page.locator('main h1').waitFor();
    await page.waitForTimeout(1000);
    const firstPaint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
    );
    await site.browser.stopTracing();
    return { firstPaint, blocking: blockingOf(JSON.parse(readFileSync(trace, 'utf8'))) };
  } finally {
    await context.close();
    rmSync(trace, { force: true });
  }
}

/** An event of Chromium's trace: `tdur` is the thread's own time, in µs. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Blocking of the page's main thread: of all renderers but the browser's own, that with the most. */
function blockingOf({ traceEvents }: { traceEvents: readonly TraceEvent[] }): number {
  const named = (what: string, value: string) =>
    traceEvents.filter(({ name, args }) => name === what && args?.name === value);
  const pages = new Set(named('process_name', 'Renderer').map(({ pid }) => pid));
  const mains = named('thread_name', 'CrRendererMain').filter(({ pid }) => pages.has(pid));
  const tasksOf = mains.map(({ pid, tid }) =>
    traceEvents
      .filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === tid)
      .map(({ tdur = 0 }) => tdur / 1000),
  );
  const busy = tasksOf.filter((tasks) => tasks.length > 0);
  if (busy.length === 0) throw new Error('The trace holds no task of a page: nothing measured.');
  return Math.max(
    ...busy.map((tasks) => tasks.reduce((sum, ms) => sum + Math.max(0, ms - LONG), 0)),
  );
}

test.each([
  ['the page', '/'],
  ['a recorded run in its fullest room', '/?recorded#/reinforce'],
])('%s paints within a second and blocks for less than 100 ms', async (_, path) => {
  let best: Load = { firstPaint: Number.POSITIVE_INFINITY, blocking: Number.POSITIVE_INFINITY };
  for (let i = 0; i < LOADS && !isWithin(best); i++) {
    const { firstPaint, blocking } = await load(path);
    console.log(`first paint ${firstPaint.toFixed(0)} ms, blocking ${blocking.toFixed(0)} ms`);
    best = {
      firstPaint: Math.min(best.firstPaint, firstPaint),
      blocking: Math.min(best.blocking, blocking),
    };
  }
  expect(best.firstPaint).toBeLessThan(BUDGET.firstPaint);
  expect(best.blocking).toBeLessThan(BUDGET.blocking);
});

/** Presses a key many times. @returns ms from each press to the frame after its handlers, sorted */
async function keyPresses(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const answers: number[] = [];
    Object.assign(window, { answers });
    const pressed = ({ timeStamp }: KeyboardEvent) => {
      requestAnimationFrame(() => {
        // After the frame's own work: style, layout, paint.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => answers.push(performance.now() - timeStamp);
        port2.postMessage(null);
      });
    };
    document.addEventListener('keydown', pressed);
    Object.assign(window, { forget: () => document.removeEventListener('keydown', pressed) });
  });
  for (let i = 0; i < KEYS; i++) {
    await page.keyboard.press(i % 2 === 0 ? 'x' : 'Backspace');
    await page.waitForTimeout(60);
  }
  const answers = await page.evaluate(() => {
    const measured = window as unknown as { answers: number[]; forget(): void };
    measured.forget();
    return measured.answers;
  });
  return answers.sort((a, b) => a - b);
}

test('a key press is answered within 50 ms while a base model trains', async () => {
  const page = await site.open('/#/base');
  page.setDefaultTimeout(120_000);
  await page.getByRole('button', { name: 'Start an experiment (nano)' }).click();
  await page.getByRole('button', { name: 'Train the base model' }).click();
  await page.waitForFunction(() => /^\d+ % base model/.test(document.title));
  await page.locator('textarea').first().focus();
  const medians: number[] = [];
  for (let round = 0; round < ROUNDS && !(Math.min(...medians) < 50); round++) {
    const answers = await keyPresses(page);
    expect(answers.length).toBe(KEYS);
    medians.push(answers[Math.floor(KEYS / 2)]!);
    console.log(`ms from key to frame: ${answers.map(Math.round).join(' ')}`);
  }
  expect(await page.title()).toMatch(/^\d+ % base model/);
  expect(Math.min(...medians)).toBeLessThan(50);
});
