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

/** LayerNorm of rows of C channels. */
export const chooseNorm = (C: number) =>
  inFours(C)
    ? { forward: layernormForwardVec4, backward: layernormBackwardVec4 }
    : { forward: layernormForward, backward: layernormBackward };

/** Cross-entropy over V logits a row. */
export const chooseCrossEntropy = (V: number) =>
  inFours(V)
    ? { forward: crossEntropyForwardVec4, backward: crossEntropyBackwardVec4 }
    : { forward: crossEntropyForward, backward: crossEntropyBackward };
