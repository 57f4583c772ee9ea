/** Which kernels over rows run: four numbers at a time where a row's length is a multiple of 4. */

import {
  layernormBackward,
  layernormBackwardVec4,
  layernormForward,
  layernormForwardVec4,
} from './norm';

const inFours = (length: number) => length % 4 === 0;

/**
 * LayerNorm of rows of C channels. A GPU reads x and dy once for all three gradients (`fused`); a
 * software adapter, whose threads have a row each, would keep every channel's sum in memory.
 */
export const chooseNorm = (C: number, { software }: { software: boolean }) =>
  inFours(C)
    ? { forward: layernormForwardVec4, backward: layernormBackwardVec4, fused: !software }
    : { forward: layernormForward, backward: layernormBackward, fused: false };
