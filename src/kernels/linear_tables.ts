/**
 * What the variants of a matrix product share: parameters, bindings and the epilogue's constants.
 * M rows, N columns, K the summed dimension; row-major.
 */
import { inout, input, optionalInout, optionalInput, optionalOutput, output } from '../gpu/kernel';

const params = { M: 'u32', N: 'u32', K: 'u32' } as const;

/**
 * out = epilogue(a·b): `BIAS` adds bias; `GELU` stores the sum in `pre` and applies gelu_new;
 * `DROPOUT` multiplies by mask; `RESIDUAL` adds residual last.
 */
export const nnTable = <T extends object>(tiling: T) => ({
  params,
  bindings: {
    a: input('M, K'),
    b: input('K, N'),
    bias: optionalInput('N'),
    residual: optionalInput('M, N'),
    mask: optionalInput('M, N'),
    pre: optionalOutput('M, N'),
    out: output('M, N'),
  },
  constants: { ...tiling, BIAS: 0, GELU: 0, DROPOUT: 0, RESIDUAL: 0 },
});

/** out = a·bᵀ; with `GELU_BACKWARD` times gelu_new'(pre). */
export const ntTable = <T extends object>(tiling: T) => ({
  params,
  bindings: {
    a: input('M, K'),
    b: input('N, K'),
    pre: optionalInput('M, N'),
    out: output('M, N'),
  },
  constants: { ...tiling, GELU_BACKWARD: 0 },
});

/** out = aᵀ·b (+ out with `ACCUMULATE`); with `BIAS` also dbias = column sums of b (+ dbias). */
export const tnTable = <T extends object>(tiling: T) => ({
  params,
  bindings: {
    a: input('K, M'),
    b: input('K, N'),
    out: inout('M, N'),
    dbias: optionalInout('N'),
  },
  constants: { ...tiling, ACCUMULATE: 0, BIAS: 0 },
});
