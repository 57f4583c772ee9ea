/** AdamW over whole arenas of N floats, clipped by the global norm; N is a multiple of 64. */

import adamwCode from '../../shaders/adamw.wgsl?raw';
import emaCode from '../../shaders/ema.wgsl?raw';
import gradNormCode from '../../shaders/grad_norm.wgsl?raw';
import gradNormPartialCode from '../../shaders/grad_norm_partial.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, optionalInput, output } from '../gpu/kernel';

/**
 * Sums of squares of P equal parts of the gradients, and for each part how many of its values are
 * not finite (found by their bits).
 */
export const gradNormPartial = defineKernel({
  name: 'grad_norm_partial',
  code: gradNormPartialCode,
  params: { N: 'u32', P: 'u32' },
  bindings: { grads: input('N'), partial: output('P'), nonfinite: output('P', 'u32') },
  constants: { WG: 64 },
  grid: ({ P }, c) => [groups(P, c.WG < 32 ? c.WG : 1)],
});

/**
 * norm[0] = the global norm, norm[1] = min(1, max_norm/(norm + 1e-6)) (1 when max_norm is 0),
 * norm[2] = 1 if any value was not finite else 0, norm[3] = 0. `halted` becomes 1 with norm[2] and
 * stays so until the owner clears it.
 */
export const gradNorm = defineKernel({
  name: 'grad_norm',
  code: gradNormCode,
  params: { P: 'u32', max_norm: 'f32' },
  bindings: {
    partial: input('P'),
    nonfinite: input('P', 'u32'),
    norm: output('4'),
    halted: inout('1', 'u32'),
  },
  constants: { WG: 64 },
  grid: () => [1],
});

/**
 * One AdamW update of every parameter, skipped once `halted` is set where it is bound. `decay` holds
 * 1 or 0 for each run of 64 floats. `step` holds f32 bits: lr, beta1, beta2, eps, weight_decay,
 * 1/(1−β1ᵗ), 1/(1−β2ᵗ), 0.
 */
export const adamw = defineKernel({
  name: 'adamw',
  code: adamwCode,
  params: { N: 'u32', BLOCKS: 'u32' },
  bindings: {
    weights: inout('N'),
    grads: input('N'),
    m: inout('N'),
    v: inout('N'),
    decay: input('BLOCKS'),
    norm: input('4'),
    step: input('8', 'u32'),
    halted: optionalInput('1', 'u32'),
  },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG * 4)),
});

/** average ← decay·average + (1 − decay)·weights, until `halted` is set where it is bound. */
export const ema = defineKernel({
  name: 'ema',
  code: emaCode,
  params: { N: 'u32', decay: 'f32' },
  bindings: { average: inout('N'), weights: input('N'), halted: optionalInput('1', 'u32') },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG * 4)),
});
