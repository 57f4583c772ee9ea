/** Builds the page and the two hook pages as static files that any host serves under any sub-path. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  base: './',
  plugins: [solid()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    rolldownOptions: {
      input: {
        index: page('index.html'),
        bench: page('bench.html'),
        kernels: page('kernels.html'),
      },
    },
  },
});
