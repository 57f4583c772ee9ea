/** Residual dropout's gradient; its mask is drawn by `dropout_mask` (sampling.ts). */

import backward from '../../shaders/dropout_backward.wgsl?raw';
import { defineKernel, flatGrid, groups, input, output } from '../gpu/kernel';

/** dx = dy ⊙ mask. */
export const dropoutBackward = defineKernel({
  name: 'dropout_backward',
  code: backward,
  params: { N: 'u32' },
  bindings: { dy: input('N'), mask: input('N'), dx: output('N') },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG)),
});
