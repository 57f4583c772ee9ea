/**
 * Vite plugin: prints how much a visit loads before a room is opened, and fails the build where the
 * page's first JavaScript is over its budget.
 */
import { gzipSync } from 'node:zlib';

/** Gzipped bytes of JavaScript that the first paint may need. */
const BUDGET = 150_000;
const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} KB`;

/**
 * @typedef {object} Chunk
 * @property {string} fileName
 * @property {string} code
 * @property {string[]} imports
 */

/**
 * A chunk and everything that it imports at once.
 * @param {Chunk} entry
 * @param {ReadonlyMap<string, Chunk>} chunks by file name
 * @returns {Chunk[]}
 */
export function firstLoad(entry, chunks) {
  const found = new Map([[entry.fileName, entry]]);
  for (const chunk of found.values()) {
    for (const name of chunk.imports) {
      const next = chunks.get(name);
      if (next) found.set(name, next);
    }
  }
  return [...found.values()];
}

/** @returns {import('vite').Plugin} */
export function sizeBudget() {
  return {
    name: 'size-budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = Object.values(bundle);
      const scripts = files.filter((file) => file.type === 'chunk');
      const chunks = new Map(scripts.map((chunk) => [chunk.fileName, chunk]));
      const entry = scripts.find((chunk) => chunk.isEntry && chunk.name === 'index');
      if (!entry) return;
      const first = firstLoad(entry, chunks).reduce(
        (sum, chunk) => sum + gzipSync(chunk.code).length,
        0,
      );
      const worker = files.find(({ fileName }) => /lab\.worker.*\.js$/.test(fileName));
      const code = worker?.type === 'asset' ? worker.source : (worker?.code ?? '');
      console.log(
        `First JavaScript: ${kilobytes(first)} gzipped of ${kilobytes(BUDGET)} allowed; the lab's worker, beside it: ${kilobytes(gzipSync(code).length)}`,
      );
      if (first > BUDGET) {
        this.error(
          `The page's first JavaScript is ${kilobytes(first)} gzipped; ${kilobytes(BUDGET)} are allowed. Load what a room needs with the room.`,
        );
      }
    },
  };
}
