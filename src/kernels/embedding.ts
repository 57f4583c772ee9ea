/**
 * Token and position embeddings. P is n_positions; row n stands at position n mod T, or where
 * `positions` says with `PACKED`.
 */

import backward from '../../shaders/embedding_backward.wgsl?raw';
import forward from '../../shaders/embedding_forward.wgsl?raw';
import tokenSortCode from '../../shaders/token_sort.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, optionalInput, output } from '../gpu/kernel';
import { lanes } from './workgroup';

/** out = wte[ids] + wpe[position]. */
export const embeddingForward = defineKernel({
  name: 'embedding_forward',
  code: forward,
  params: { N: 'u32', T: 'u32', C: 'u32', V: 'u32', P: 'u32' },
  bindings: {
    ids: input('N', 'i32'),
    wte: input('V, C'),
    wpe: input('P, C'),
    out: output('N, C'),
    positions: optionalInput('N', 'i32'),
  },
  constants: { WG: 64, PACKED: 0 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/**
 * The rows of a batch in the order of their token: `sorted` holds the ids ascending, `order` where
 * each came from (stable). It lets `embedding_backward` gather instead of scatter.
 */
export const tokenSort = defineKernel({
  name: 'token_sort',
  code: tokenSortCode,
  params: { N: 'u32' },
  bindings: { ids: input('N', 'i32'), sorted: output('N', 'i32'), order: output('N', 'i32') },
  constants: { WG: 64 },
  grid: ({ N }, c) => [groups(N, c.WG)],
});

/**
 * Gathers dx into dwte [V, C] and dwpe [P, C]; rows that nothing used get 0. With `PACKED` it needs
 * `token_sort` of the positions too.
 */
export const embeddingBackward = defineKernel({
  name: 'embedding_backward',
  code: backward,
  params: { N: 'u32', T: 'u32', C: 'u32', V: 'u32', P: 'u32' },
  bindings: {
    sorted: input('N', 'i32'),
    order: input('N', 'i32'),
    dx: input('N, C'),
    dwte: inout('V, C'),
    dwpe: inout('P, C'),
    sorted_positions: optionalInput('N', 'i32'),
    position_order: optionalInput('N', 'i32'),
  },
  constants: { WG: 64, ACCUMULATE_WTE: 0, ACCUMULATE_WPE: 0, PACKED: 0 },
  grid: ({ V, P }, c) => flatGrid(groups(V + P, c.WG / lanes(c.WG))),
});
