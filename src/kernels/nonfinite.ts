/** The search for what is not finite, once an update has been refused. */

import findNonfiniteCode from '../../shaders/find_nonfinite.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input } from '../gpu/kernel';

/**
 * found[at] = the least index whose value is infinite or NaN, by its bits, or what it held if that is
 * less: the owner fills `found` with 2³² − 1 beforehand.
 */
export const findNonfinite = defineKernel({
  name: 'find_nonfinite',
  code: findNonfiniteCode,
  params: { N: 'u32', K: 'u32', at: 'u32' },
  bindings: { values: input('N', 'u32'), found: inout('K', 'u32') },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG)),
});
