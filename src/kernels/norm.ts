/** LayerNorm (eps 1e-5, population variance). */

import backward from '../../shaders/layernorm_backward.wgsl?raw';
import backwardParams from '../../shaders/layernorm_backward_params.wgsl?raw';
import forward from '../../shaders/layernorm_forward.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, optionalInput, output } from '../gpu/kernel';
import { channelLanes, lanes } from './workgroup';

export const layernormForward = defineKernel({
  name: 'layernorm_forward',
  code: forward,
  params: { N: 'u32', C: 'u32' },
  bindings: {
    x: input('N, C'),
    weight: input('C'),
    bias: input('C'),
    out: output('N, C'),
    mean: output('N'),
    rstd: output('N'),
  },
  constants: { WG: 64 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** dx = LayerNorm's gradient of dy, plus `residual` (the gradient that went around it) with `RESIDUAL`. */
export const layernormBackward = defineKernel({
  name: 'layernorm_backward',
  code: backward,
  params: { N: 'u32', C: 'u32' },
  bindings: {
    dy: input('N, C'),
    x: input('N, C'),
    weight: input('C'),
    mean: input('N'),
    rstd: input('N'),
    residual: optionalInput('N, C'),
    dx: output('N, C'),
  },
  constants: { WG: 64, RESIDUAL: 0 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG / lanes(c.WG))),
});

/** dweight and dbias: column sums over all N rows (added to what is there with `ACCUMULATE`). */
export const layernormBackwardParams = defineKernel({
  name: 'layernorm_backward_params',
  code: backwardParams,
  params: { N: 'u32', C: 'u32' },
  bindings: {
    dy: input('N, C'),
    x: input('N, C'),
    mean: input('N'),
    rstd: input('N'),
    dweight: inout('C'),
    dbias: inout('C'),
  },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: ({ C }, c) => [groups(C, c.WG / channelLanes(c.WG))],
});
