/** The thread of `npm run fuzz`: tells the name of each target as it runs, and what it found. */
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { importTypeScript } from '../typescript.mjs';

/** Told at least this often that it is alive, in cases. */
const BEAT = 20;

/** @type {typeof import('../../tests/fuzz/targets')} */
const { makeTargets } = await importTypeScript('tests/fuzz/targets.ts');
const targets = await makeTargets();
const { cases, seed } = workerData;
for (const [i, { name, input, check }] of targets.entries()) {
  const count =
    Math.ceil(((i + 1) * cases) / targets.length) - Math.ceil((i * cases) / targets.length);
  if (count === 0) continue;
  let ran = 0;
  const property = fc.asyncProperty(input, async (value) => {
    if (ran++ % BEAT === 0) parentPort?.postMessage({ name });
    await check(/** @type {never} */ (value));
  });
  const outcome = await fc.check(property, { numRuns: count, seed });
  const cause = outcome.errorInstance instanceof Error ? outcome.errorInstance.message : '';
  const input1 = () => fc.stringify(outcome.counterexample).slice(0, 2000);
  const fault = outcome.failed ? `${cause}\n  ${input1()}` : '';
  parentPort?.postMessage({ name, fault, count });
}
