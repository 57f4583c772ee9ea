/**
 * Two kinds of tests. `*.gpu.test.ts` run inside a real Chromium with WebGPU, those of kernels and
 * models also inside Firefox; every other `*.test.ts` runs in Node. Whole-page stories (`tests/e2e`)
 * run from `npm test` after a build.
 */
import { playwright } from '@vitest/browser-playwright';
import solid from 'vite-plugin-solid';
import { defineConfig } from 'vitest/config';
import type { BrowserProviderOption } from 'vitest/node';
import { CHROMIUM_ARGS, findChromium } from './scripts/browsers.mjs';
import { firefox } from './tests/support/firefox';

const executablePath = findChromium();
/** Where bundled packages are kept, where several runs stand side by side. */
const cacheDir = process.env['POCKET_RLHF_CACHE'];
/** What a test of memory needs to see. */
const WATCHED = ['--js-flags=--expose-gc', '--enable-precise-memory-info'];

interface InBrowser {
  include: string[];
  exclude?: string[];
  provider: BrowserProviderOption;
  browser: 'chromium' | 'firefox';
}

/** Tests that run inside a real browser, a file at a time. */
const inBrowser = (name: string, { include, exclude = [], provider, browser }: InBrowser) => ({
  plugins: [solid()],
  ...(cacheDir ? { cacheDir } : {}),
  // All at once, before the first test: a package found later would reload a page under test.
  optimizeDeps: {
    include: [
      'comlink',
      'idb-keyval',
      'pure-rand/generator/xoroshiro128plus',
      'solid-js',
      'solid-js/store',
      'solid-js/web',
      'uplot',
      'valibot',
    ],
  },
  test: {
    name,
    include,
    exclude,
    testTimeout: 300_000,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider,
      instances: [{ browser }],
    },
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/**/*.gpu.test.ts', 'tests/e2e/**'],
          testTimeout: 120_000,
        },
      },
      inBrowser('gpu', {
        include: ['tests/**/*.gpu.test.ts'],
        provider: playwright({
          launchOptions: {
            ...(executablePath ? { executablePath } : {}),
            args: [...CHROMIUM_ARGS, ...WATCHED],
          },
        }),
        browser: 'chromium',
      }),
      inBrowser('firefox', {
        include: ['tests/{kernels,nn}/*.gpu.test.ts'],
        // Firefox collects no garbage when asked to.
        exclude: ['tests/nn/steady.gpu.test.ts'],
        provider: firefox(),
        browser: 'firefox',
      }),
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
