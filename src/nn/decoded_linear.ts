/**
 * The linear layers of one decoded token, each in one dispatch: the LayerNorm before it, the product,
 * gelu_new, the residual sum. Rows are the sequences that still run (src/kernels/sampling.ts).
 */
import type { Gpu, View } from '../gpu/device';
import type { Kernel } from '../gpu/kernel';
import type { Slot, Temp } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { chooseDecodeLinear, chooseDecodeLogits } from '../kernels/decode_choice';
import { decodeLinearHalf } from '../kernels/decode_linear';
import { matmulDevice } from '../kernels/linear_choice';
import type { HalfWeights } from './half_weights';
import { headWeight, logitsAcross } from './vocabulary';
import type { Weights } from './weights';

/** What all layers of a token have in common. */
export interface Decoding {
  /** The sequence of each row, [B]. */
  readonly rows: Slot;
  readonly B: number;
  /** Of the same model; for kernels that read its weights in half precision. */
  readonly halves: HalfWeights;
}

export interface DecodedLinear extends Decoding {
  /** Name of the LayerNorm before the layer, behind `transformer.`. */
  readonly norm?: string;
  readonly gelu?: boolean;
  /** Added last, [B, N]. */
  readonly residual?: Slot;
}

/** y [B, N] of x [B, K] by the layer of that name. */
export function decodedLinear(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  name: string,
  x: Slot,
  { rows, B, halves, norm, gelu, residual }: DecodedLinear,
): Temp {
  const w = `${name}.weight`;
  const [K, N] = weights.layout.tensors.find((tensor) => tensor.name === w)!.shape as [
    number,
    number,
  ];
  const size = { B, N, K };
  const { kernel, constants } = chooseDecodeLinear(size, matmulDevice(gpu));
  const slots = {
    rows,
    x,
    w: readBy(kernel, weights.tensor(w), halves),
    bias: weights.tensor(`${name}.bias`),
    ...(norm ? normSlots(weights, norm) : {}),
    ...(residual ? { residual } : {}),
  };
  const parts = {
    BIAS: 1,
    NORM: norm ? 1 : 0,
    GELU: gelu ? 1 : 0,
    RESIDUAL: residual ? 1 : 0,
  };
  const out = tape.temp(`${name}.out`, B * N);
  tape.dispatch(kernel, size, { ...slots, out }, { ...constants, ...parts });
  return out;
}

/** ln_f and the tied head: logits of x [B, C], [B, `logitsAcross`]. */
export function decodedLogits(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  x: Slot,
  { rows, B, halves }: Decoding,
): Temp {
  const { config } = weights.layout;
  const size = { B, N: logitsAcross(config), K: config.n_embd };
  const { kernel, constants } = chooseDecodeLogits(size, matmulDevice(gpu));
  const out = tape.temp('logits', B * size.N);
  const w = readBy(kernel, headWeight(weights), halves);
  tape.dispatch(kernel, size, { rows, x, w, ...normSlots(weights, 'ln_f'), out }, constants);
  return out;
}

/** Weights as a kernel reads them. */
const readBy = (kernel: Kernel, weights: View, halves: HalfWeights) =>
  kernel.name === decodeLinearHalf.name ? halves.of(weights) : weights;

const normSlots = (weights: Weights, norm: string) => ({
  gamma: weights.tensor(`transformer.${norm}.weight`),
  beta: weights.tensor(`transformer.${norm}.bias`),
});
