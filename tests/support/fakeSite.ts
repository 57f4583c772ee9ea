/** The page on the fake lab (tests/ui/dev.html), built and served: any state of it without a training. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { trustedSolid } from '../../scripts/build/solid.mjs';
import { ROOT } from '../../scripts/command.mjs';
import { serve } from '../../scripts/serve.mjs';

export interface FakeSite {
  /** Of the page; its query says which state the lab is in. */
  readonly address: string;
  close(): Promise<void>;
}

export async function openFakeSite(): Promise<FakeSite> {
  const folder = mkdtempSync(join(tmpdir(), 'pocket-rlhf-fake-'));
  await build({
    root: fileURLToPath(ROOT),
    configFile: false,
    base: './',
    publicDir: false,
    logLevel: 'error',
    plugins: [trustedSolid()],
    worker: { format: 'es' },
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { input: fileURLToPath(new URL('tests/ui/dev.html', ROOT)) },
    },
  });
  const server = await serve({ folder });
  return {
    address: `${server.address}/tests/ui/dev.html`,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
