/**
 * Two kinds of tests. `*.gpu.test.ts` run inside a real Chromium with WebGPU; every other
 * `*.test.ts` runs in Node. Whole-page stories (`tests/e2e`) run from `npm test` after a build.
 */
import { playwright } from '@vitest/browser-playwright';
import solid from 'vite-plugin-solid';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGS, findChromium } from './scripts/browsers.mjs';

const executablePath = findChromium();
/** Where bundled packages are kept, where several runs stand side by side. */
const cacheDir = process.env['POCKET_RLHF_CACHE'];
/** What a test of memory needs to see. */
const WATCHED = ['--js-flags=--expose-gc', '--enable-precise-memory-info'];

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
      {
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
          name: 'gpu',
          include: ['tests/**/*.gpu.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath ? { executablePath } : {}),
                args: [...CHROMIUM_ARGS, ...WATCHED],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
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
