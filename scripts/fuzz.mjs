/**
 * `npm run fuzz -- --cases 50000 --seed 1`: mutated files, links and stored records against
 * everything that reads them. The readers run in a thread of their own, so that one that never
 * comes back is found too.
 */
import { Worker } from 'node:worker_threads';
import { CommandError, main, parseOptions, wholeNumber } from './command.mjs';

/** The rule is 2 s, which the thread itself holds to; what is silent for so long never comes back. */
const HANG_MS = 120_000;
/** Writing a town and training a tokenizer, before the first case, on a busy machine. */
const START_MS = 300_000;

await main(async () => {
  const { values } = parseOptions(process.argv.slice(2), {
    cases: { type: 'string' },
    seed: { type: 'string' },
  });
  const cases = wholeNumber(values, 'cases', [1, 100_000_000]) ?? 50_000;
  const seed = wholeNumber(values, 'seed', [0, 2_147_483_647]) ?? 1;
  const begun = performance.now();
  let faults = 0;
  let running = 'the start';
  await new Promise((done, failed) => {
    const worker = new Worker(new URL('fuzz/thread.mjs', import.meta.url), {
      workerData: { cases, seed },
    });
    /** @type {NodeJS.Timeout} */
    let timer;
    const alive = (ms = HANG_MS) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        void worker.terminate();
        failed(new CommandError(`A case of '${running}' hangs (seed ${seed}).`));
      }, ms);
    };
    worker.on('message', ({ name, fault, count }) => {
      alive();
      running = name;
      if (fault === undefined) return;
      if (fault) {
        faults++;
        console.error(`${name}: ${fault}`);
      } else console.log(`${String(count).padStart(7)} cases  ${name}`);
    });
    worker.on('error', failed);
    worker.on('exit', () => {
      clearTimeout(timer);
      done(undefined);
    });
    alive(START_MS);
  });
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`${cases} cases, ${faults} faults, seed ${seed}, ${seconds} s`);
  return faults > 0 ? 1 : 0;
});
