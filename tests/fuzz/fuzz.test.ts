/** Whatever a file, a link or a stored record holds, it is read or refused in one sentence. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { makeTargets } from './targets';

/** Cases of each target here; `npm run fuzz` runs as many as it is told. */
const CASES = 40;

describe('a mutated', async () => {
  for (const { name, input, check } of await makeTargets()) {
    it(`${name} crashes nothing, hangs nothing and takes no more memory than twice its size`, () =>
      fc.assert(
        fc.asyncProperty(input, async (value) => void (await check(value as never))),
        { numRuns: CASES, seed: 1 },
      ));
  }
});
