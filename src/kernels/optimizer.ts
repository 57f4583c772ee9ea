/** AdamW over whole arenas of N floats, clipped by the global norm; N is a multiple of 64. */

import adamwCode from '../../shaders/adamw.wgsl?raw';
import gradNormPartialCode from '../../shaders/grad_norm_partial.wgsl?raw';
import { defineKernel, groups, inout, input, optionalInout } from '../gpu/kernel';

/**
 * Sums of squares of COUNT equal parts of a model's gradients, and for each part how many of its
 * values are not finite (found by their bits). `partial` holds P sums, then P counts, of all models
 * that are updated together; this model's begin at FIRST.
 */
export const gradNormPartial = defineKernel({
  name: 'grad_norm_partial',
  code: gradNormPartialCode,
  params: { N: 'u32', P: 'u32', FIRST: 'u32', COUNT: 'u32' },
  bindings: { grads: input('N'), partial: inout('2*P') },
  constants: { WG: 64 },
  grid: ({ COUNT }, c) => [groups(COUNT, c.WG < 32 ? c.WG : 1)],
});

/** Each workgroup adds up the partial norms for itself: no more of them than keep a device busy. */
const mostWorkgroups = (WG: number) => (WG < 32 ? 64 : 1024);
/** Groups of four floats that a thread updates at least, where there are enough. */
const EACH = 4;

/**
 * One AdamW update of every parameter, clipped by the norm of the model's gradients; nothing once
 * any gradient of the models that are updated together was not finite. `decay` holds 1 or 0 for each
 * run of 64 floats. `average` follows the weights when AVERAGE is set.
 *
 * `control` holds f32 bits: [0] the norm, [1] min(1, max_norm/(norm + 1e-6)) (1 when max_norm is 0),
 * [2] 1 if any value of this model was not finite else 0; [4] the number 1 once halted, until its owner
 * clears it; from [8] what the owner sets: lr, beta1, beta2, eps, weight_decay, 1/(1−β1ᵗ), 1/(1−β2ᵗ).
 */
export const adamw = defineKernel({
  name: 'adamw',
  code: adamwCode,
  params: {
    N: 'u32',
    BLOCKS: 'u32',
    P: 'u32',
    FIRST: 'u32',
    COUNT: 'u32',
    max_norm: 'f32',
    average_decay: 'f32',
  },
  bindings: {
    weights: inout('N'),
    grads: input('N'),
    m: inout('N'),
    v: inout('N'),
    average: optionalInout('N'),
    decay: input('BLOCKS'),
    partial: input('2*P'),
    control: inout('16', 'u32'),
  },
  constants: { WG: 64, AVERAGE: 0 },
  grid: ({ N }, c) => [Math.min(groups(N, c.WG * 4 * EACH), mostWorkgroups(c.WG))],
});
