/** How much a dispatch computes and moves, from its kernel's table. */
import { elementsOf, type Values } from '../src/gpu/kernel';
import type { DispatchInfo } from '../src/gpu/tape';

/** A kernel's name without the suffix of a variant. */
export const familyOf = (name: string) => name.replace(/_(vec4|x4)$/, '');

/** Floating-point operations of what is bound by them; causality halves attention. */
const FLOPS: Record<string, (p: Values) => number> = {
  matmul_nn: ({ M, N, K }) => 2 * M! * N! * K!,
  matmul_nt: ({ M, N, K }) => 2 * M! * N! * K!,
  matmul_tn: ({ M, N, K }) => 2 * M! * N! * K!,
  attention_forward: ({ B, T, H, D }) => 2 * B! * H! * T! * T! * D!,
  attention_backward_dq: ({ B, T, H, D }) => 3 * B! * H! * T! * T! * D!,
  attention_backward_dkv: ({ B, T, H, D }) => 4 * B! * H! * T! * T! * D!,
};

/** Operations, or 0 for a kernel that is bound by memory alone. */
export const flopsOf = ({ kernel, params }: Pick<DispatchInfo, 'kernel' | 'params'>) =>
  FLOPS[familyOf(kernel.name)]?.(params) ?? 0;

/** The constants that make a kernel use an optional buffer. */
const ASKED_BY: Record<string, readonly string[]> = {
  bias: ['BIAS'],
  dbias: ['BIAS'],
  mask: ['DROPOUT'],
  pre: ['GELU', 'GELU_BACKWARD'],
  residual: ['RESIDUAL'],
};

/** The buffers that a dispatch uses. */
export function boundOf({ kernel, constants }: Pick<DispatchInfo, 'kernel' | 'constants'>) {
  return Object.entries(kernel.bindings).filter(
    ([name, { optional }]) =>
      !optional || ASKED_BY[name]?.some((constant) => (constants[constant] ?? 0) > 0),
  );
}

/** The share of a buffer that is touched, where that is not all of it. */
const TOUCHED: Record<string, Record<string, (p: Values) => number>> = {
  // Half of the positions are read on average, and hardly any written.
  attention_decode: { cache: () => 1 / 4 },
  decode_embedding: {
    tokens: ({ T }) => 1 / T!,
    wte: ({ B, V }) => Math.min(1, B! / V!),
    wpe: ({ B, P }) => Math.min(1, B! / P!),
  },
  embedding_forward: {
    wte: ({ N, V }) => Math.min(1, N! / V!),
    wpe: ({ T, P }) => T! / P!,
  },
  sample_token: { tokens: ({ T }) => 1 / T!, logprobs: ({ R }) => 1 / R! },
};

/** Bytes of the bound buffers, once for a read and once for a write. */
export const bytesOf = (info: Pick<DispatchInfo, 'kernel' | 'params' | 'constants'>) =>
  boundOf(info).reduce((sum, [name, { shape, access }]) => {
    const touched = TOUCHED[info.kernel.name]?.[name]?.(info.params) ?? 1;
    const passes = access === 'inout' ? 2 : 1;
    return sum + 4 * elementsOf(shape, info.params) * passes * touched;
  }, 0);
