/** Which kernels over rows run: four numbers at a time where a row's length is a multiple of 4. */

import {
  crossEntropyBackward,
  crossEntropyBackwardVec4,
  crossEntropyForward,
  crossEntropyForwardVec4,
} from './loss';
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

/** Cross-entropy over V logits a row. */
export const chooseCrossEntropy = (V: number) =>
  inFours(V)
    ? { forward: crossEntropyForwardVec4, backward: crossEntropyBackwardVec4 }
    : { forward: crossEntropyForward, backward: crossEntropyBackward };
