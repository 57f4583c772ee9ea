/**
 * Cross-entropy over rows of logits, split so that supervised and policy losses share it: the
 * forward gives each row's log-probability, the loss decides a weight for each row, the backward
 * turns logits into the gradient of Σ weight·(−logprob).
 */

import backward from '../../shaders/cross_entropy_backward.wgsl?raw';
import backwardVec4 from '../../shaders/cross_entropy_backward_vec4.wgsl?raw';
import forward from '../../shaders/cross_entropy_forward.wgsl?raw';
import forwardVec4 from '../../shaders/cross_entropy_forward_vec4.wgsl?raw';
import weightedSum from '../../shaders/weighted_sum.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, output } from '../gpu/kernel';
import { lanes } from './workgroup';

const forwardTable = {
  params: { N: 'u32', V: 'u32', inv_temperature: 'f32' },
  bindings: {
    logits: input('N, V'),
    targets: input('N', 'i32'),
    logprob: output('N'),
    lse: output('N'),
    entropy: output('N'),
  },
  constants: { WG: 64 },
} as const;

/**
 * logprob of targets under softmax(logits·inv_temperature), and each row's entropy; both 0 where the
 * target is −100.
 */
export const crossEntropyForward = defineKernel({
  ...forwardTable,
  name: 'cross_entropy_forward',
  code: forward,
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** The same of rows that begin at multiples of four numbers; what stands behind V is left out. */
export const crossEntropyForwardVec4 = defineKernel({
  ...forwardTable,
  bindings: { ...forwardTable.bindings, logits: input('N, ceil4(V)') },
  name: 'cross_entropy_forward_vec4',
  code: forwardVec4,
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

const backwardTable = {
  params: { N: 'u32', V: 'u32', inv_temperature: 'f32' },
  bindings: {
    logits: inout('N, V'),
    targets: input('N', 'i32'),
    lse: input('N'),
    weight: input('N'),
  },
  constants: { WG: 64 },
} as const;

/**
 * In place: logits ← weight·(softmax − onehot)·inv_temperature; rows with target −100 become 0. The
 * plain kernel that the next one is measured against.
 */
export const crossEntropyBackward = defineKernel({
  ...backwardTable,
  name: 'cross_entropy_backward',
  code: backward,
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** The same in rows that begin at multiples of four numbers; what stands behind V becomes 0. */
export const crossEntropyBackwardVec4 = defineKernel({
  ...backwardTable,
  bindings: { ...backwardTable.bindings, logits: inout('N, ceil4(V)') },
  name: 'cross_entropy_backward_vec4',
  code: backwardVec4,
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** out[slot] = scale·Σ a·b (+ out[slot] with `ACCUMULATE`), by a fixed-order tree. */
export const weightedSumKernel = defineKernel({
  name: 'weighted_sum',
  code: weightedSum,
  params: { N: 'u32', slot: 'u32', S: 'u32', scale: 'f32' },
  bindings: { a: input('N'), b: input('N'), out: inout('S') },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: () => [1],
});
