/** A linear layer as GPT-2's Conv1D: weight [in, out], bias [out]. */
import type { Gpu } from '../gpu/device';
import type { Slot, Temp } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { matmul } from './choice';
import type { Weights } from './weights';

interface Epilogue {
  /** Gets the sum before gelu_new; given, gelu_new is applied. */
  readonly pre?: Slot | undefined;
  readonly mask?: Slot | undefined;
  readonly residual?: Slot | undefined;
}

function sidesOf(weights: Weights, name: string): [number, number] {
  const shape = weights.layout.tensors.find((tensor) => tensor.name === `${name}.weight`)?.shape;
  if (shape?.length !== 2) throw new Error(`${name} is not a linear layer`);
  return [shape[0]!, shape[1]!];
}

/** y = residual + mask ⊙ gelu(x·W + b), the parts that are given; x [N, in], y [N, out]. */
export function linearForward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  name: string,
  x: Slot,
  N: number,
  { pre, mask, residual }: Epilogue = {},
): Temp {
  const [inner, outer] = sidesOf(weights, name);
  const out = tape.temp(`${name}.out`, N * outer);
  matmul(
    gpu,
    tape,
    'nn',
    { M: N, N: outer, K: inner },
    {
      a: x,
      b: weights.tensor(`${name}.weight`),
      bias: weights.tensor(`${name}.bias`),
      out,
      ...(pre ? { pre } : {}),
      ...(mask ? { mask } : {}),
      ...(residual ? { residual } : {}),
    },
    {
      BIAS: 1,
      GELU: pre ? 1 : 0,
      DROPOUT: mask ? 1 : 0,
      RESIDUAL: residual ? 1 : 0,
    },
  );
  return out;
}

/**
 * From dy [N, out]: dW and db into `grads`, and dx [N, in] as the result (times gelu_new'(pre)
 * where the layer's input came out of gelu_new).
 */
export function linearBackward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  grads: Weights,
  name: string,
  x: Slot,
  dy: Slot,
  N: number,
  { accumulate, pre }: { accumulate: boolean; pre?: Slot | undefined },
): Temp {
  const [inner, outer] = sidesOf(weights, name);
  const dx = tape.temp(`${name}.dx`, N * inner);
  matmul(
    gpu,
    tape,
    'nt',
    { M: N, N: inner, K: outer },
    { a: dy, b: weights.tensor(`${name}.weight`), out: dx, ...(pre ? { pre } : {}) },
    { GELU_BACKWARD: pre ? 1 : 0 },
  );
  matmul(
    gpu,
    tape,
    'tn',
    { M: inner, N: outer, K: N },
    { a: x, b: dy, out: grads.tensor(`${name}.weight`), dbias: grads.tensor(`${name}.bias`) },
    { BIAS: 1, ACCUMULATE: accumulate ? 1 : 0 },
  );
  return dx;
}
