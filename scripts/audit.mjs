/**
 * `npm run audit`: every package is pinned, whole by its hash, from the registry, without a script
 * at its installation, under a known licence and not among the versions known to be bad. Reads two
 * files and asks nobody; `npm test` does the same.
 */
import { readFileSync } from 'node:fs';
import { findings } from './audit/findings.mjs';
import { main, parseOptions, ROOT } from './command.mjs';

/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(new URL(name, ROOT), 'utf8'));

await main(async () => {
  parseOptions(process.argv.slice(2), {});
  const lock = read('package-lock.json');
  const found = findings(read('package.json'), lock);
  for (const sentence of found) console.error(sentence);
  console.log(`${Object.keys(lock.packages).length - 1} packages, ${found.length} findings`);
  return found.length > 0 ? 1 : 0;
});
