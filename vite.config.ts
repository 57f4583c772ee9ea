/** Builds the page and the two hook pages as static files that any host serves under any sub-path. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { sizeBudget } from './scripts/build/budget.mjs';
import { offline } from './scripts/build/offline.mjs';
import { META_POLICY } from './scripts/build/policy.mjs';
import { trustedSolid } from './scripts/build/solid.mjs';

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The dev server's own styles and scripts are inline, so it goes without. */
const strictPolicy: Plugin = {
  name: 'strict-content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: META_POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  base: './',
  plugins: [trustedSolid(), strictPolicy, sizeBudget(), offline()],
  worker: { format: 'es', rolldownOptions: { checks: { pluginTimings: false } } },
  build: {
    target: 'es2022',
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: {
        index: page('index.html'),
        bench: page('bench.html'),
        kernels: page('kernels.html'),
      },
    },
  },
});
