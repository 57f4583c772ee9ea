/** Builds `dist/`, or leaves it alone when nothing that goes into it is newer. */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOT } from './command.mjs';

/** The folder of the built page. */
export const DIST = fileURLToPath(new URL('dist/', ROOT));

const SOURCES = [
  'index.html',
  'bench.html',
  'kernels.html',
  'package-lock.json',
  'vite.config.ts',
  'docs/lessons',
  'public',
  'scripts/build',
  'shaders',
  'src',
  'workers',
];

/**
 * The latest change of a file, or of anything in a folder, in ms.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).map((name) => newest(`${path}/${name}`));
  return Math.max(stat.mtimeMs, ...inside);
}

/** Whether `dist/` is missing or older than what it is built from. */
export function isStale() {
  const built = statSync(`${DIST}index.html`, { throwIfNoEntry: false });
  return (
    !built || SOURCES.some((name) => newest(fileURLToPath(new URL(name, ROOT))) > built.mtimeMs)
  );
}

/** Builds the page with Vite. */
export async function buildPage() {
  const { build } = await import('vite');
  // A test runner's own NODE_ENV would make another page: one without its service worker.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build({ root: fileURLToPath(ROOT), logLevel: 'warn' });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** Builds the page unless it is up to date. */
export async function ensureBuilt() {
  if (isStale()) await buildPage();
}
