/**
 * LayerNorm (eps 1e-5, population variance). stats [N, 2] holds mean and rstd of each row. The
 * `…Vec4` kernels read four channels at a time and need C to be a multiple of 4; `chooseNorm` picks.
 */

import backward from '../../shaders/layernorm_backward.wgsl?raw';
import backwardFusedCode from '../../shaders/layernorm_backward_fused.wgsl?raw';
import backwardParams from '../../shaders/layernorm_backward_params.wgsl?raw';
import backwardSumsCode from '../../shaders/layernorm_backward_sums.wgsl?raw';
import backwardVec4 from '../../shaders/layernorm_backward_vec4.wgsl?raw';
import forward from '../../shaders/layernorm_forward.wgsl?raw';
import forwardVec4 from '../../shaders/layernorm_forward_vec4.wgsl?raw';
import {
  defineKernel,
  flatGrid,
  groups,
  inout,
  input,
  optionalInput,
  optionalOutput,
  output,
  type Values,
} from '../gpu/kernel';
import { slotsOf } from './norm_runs';
import { channelLanes, lanes } from './workgroup';

const params = { N: 'u32', C: 'u32' } as const;
const rows = ({ N }: Values<'N'>, { WG }: Values<'WG'>) => flatGrid(groups(N, WG / lanes(WG)));

const forwardTable = {
  params,
  bindings: {
    x: input('N, C'),
    weight: input('C'),
    bias: input('C'),
    out: output('N, C'),
    stats: output('N, 2'),
  },
  constants: { WG: 64 },
};

export const layernormForward = defineKernel({
  ...forwardTable,
  name: 'layernorm_forward',
  code: forward,
  grid: (sizes, constants) => rows(sizes, constants),
});

export const layernormForwardVec4 = defineKernel({
  ...forwardTable,
  name: 'layernorm_forward_vec4',
  code: forwardVec4,
  grid: (sizes, constants) => rows(sizes, constants),
});

const backwardTable = {
  params,
  bindings: {
    dy: input('N, C'),
    x: input('N, C'),
    weight: input('C'),
    stats: input('N, 2'),
    residual: optionalInput('N, C'),
    mask: optionalInput('N, C'),
    dx: output('N, C'),
    dropped: optionalOutput('N, C'),
  },
  constants: { WG: 64, RESIDUAL: 0, DROPOUT: 0 },
};

/**
 * dx = LayerNorm's gradient of dy, plus `residual` (the gradient that went around it) with
 * `RESIDUAL`; with `DROPOUT` also dropped = dx ⊙ mask.
 */
export const layernormBackward = defineKernel({
  ...backwardTable,
  name: 'layernorm_backward',
  code: backward,
  grid: (sizes, constants) => rows(sizes, constants),
});

export const layernormBackwardVec4 = defineKernel({
  ...backwardTable,
  name: 'layernorm_backward_vec4',
  code: backwardVec4,
  grid: (sizes, constants) => rows(sizes, constants),
});

/** dweight and dbias: column sums over all N rows (added to what is there with `ACCUMULATE`). */
export const layernormBackwardParams = defineKernel({
  name: 'layernorm_backward_params',
  code: backwardParams,
  params,
  bindings: {
    dy: input('N, C'),
    x: input('N, C'),
    stats: input('N, 2'),
    dweight: inout('C'),
    dbias: inout('C'),
  },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: ({ C }, c) => [groups(C, c.WG / channelLanes(c.WG))],
});

const runParams = { N: 'u32', C: 'u32', P: 'u32', ROWS: 'u32' } as const;

/**
 * `layernormBackward` for C that is a multiple of 4; behind dx, 2P rows more: for each of P runs of
 * rows Σ dy·x̂ and Σ dy. `SLOTS` must be that of `slotsOf`.
 */
export const layernormBackwardFused = defineKernel({
  name: 'layernorm_backward_fused',
  code: backwardFusedCode,
  params: runParams,
  bindings: { ...backwardTable.bindings, dx: output('ROWS, C') },
  constants: { ...backwardTable.constants, SLOTS: 1 },
  grid: ({ P, C }, { WG, SLOTS }) => {
    if (SLOTS !== slotsOf(C, WG)) {
      throw new Error(`layernorm_backward_fused: ${C} channels need SLOTS of ${slotsOf(C, WG)}`);
    }
    return flatGrid(groups(P, WG / lanes(WG)));
  },
});

/** dweight and dbias from what stands behind that dx (added to what is there with `ACCUMULATE`). */
export const layernormBackwardSums = defineKernel({
  name: 'layernorm_backward_sums',
  code: backwardSumsCode,
  params: runParams,
  bindings: { dx: input('ROWS, C'), dweight: inout('C'), dbias: inout('C') },
  constants: { WG: 64, ACCUMULATE: 0 },
  grid: ({ C }, c) => [groups(C, c.WG / channelLanes(c.WG))],
});
