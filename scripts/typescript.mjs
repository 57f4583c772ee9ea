/** The project's TypeScript tables, for scripts: Vite's module runner, without a server. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { ROOT } from './command.mjs';

/**
 * @template T
 * @param {string} path below the repository's folder
 * @returns {Promise<T>} the module
 */
export async function importTypeScript(path) {
  const { module } = await runnerImport(fileURLToPath(new URL(path, ROOT)), {
    root: fileURLToPath(ROOT),
    configFile: false,
    logLevel: 'error',
  });
  return /** @type {T} */ (module);
}
