/** Residual dropout's multipliers; the matmul's epilogue and LayerNorm's backward pass apply them. */

import maskCode from '../../shaders/dropout_mask.wgsl?raw';
import { defineKernel, flatGrid, groups, input, output } from '../gpu/kernel';

/**
 * mask [S, N] = 0 or 1/(1−p), an independent draw for each element of the S places from number
 * `first` on, N elements of each from 4·skip on: Philox with key = step[0..1], counter = (element
 * div 4, place, step[2], 1), one word an element; dropped when the uniform < p.
 */
export const dropoutMask = defineKernel({
  name: 'dropout_mask',
  code: maskCode,
  params: { first: 'u32', S: 'u32', N: 'u32', skip: 'u32', p: 'f32' },
  bindings: { step: input('4', 'u32'), mask: output('S, N') },
  constants: { WG: 64 },
  grid: ({ S, N }, c) => flatGrid(groups(S * groups(N, 4), c.WG)),
});
