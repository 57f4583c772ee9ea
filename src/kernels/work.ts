/** How much a dispatch computes and moves, from its kernel's table. */
import { bytesOfBinding, type Values } from '../gpu/kernel';
import type { DispatchInfo } from '../gpu/tape';

/** Kernels that have variants, whose names go on behind theirs. */
const FAMILIES = [
  ...['matmul_nn', 'matmul_nt', 'matmul_tn'],
  ...['attention_forward', 'attention_backward_dq', 'attention_backward_dkv', 'attention_decode'],
  ...['cross_entropy_forward', 'cross_entropy_backward', 'decode_linear'],
];

/** A kernel's name without the suffix of a variant. */
export const familyOf = (name: string) =>
  FAMILIES.find((family) => name.startsWith(`${family}_`)) ?? name;

type Work = Pick<DispatchInfo, 'kernel' | 'params' | 'constants'>;

/** Floating-point operations of what is bound by them; causality halves attention. */
const FLOPS: Record<string, (p: Values) => number> = {
  matmul_nn: ({ M, N, K }) => 2 * M! * N! * K!,
  matmul_nt: ({ M, N, K }) => 2 * M! * N! * K!,
  matmul_tn: ({ M, N, K }) => 2 * M! * N! * K!,
  decode_linear: ({ B, N, K }) => 2 * B! * N! * K!,
  decode_logits_image: ({ B, N, K }) => 2 * B! * N! * K!,
  attention_forward: ({ B, T, H, D }) => 2 * B! * H! * T! * T! * D!,
  attention_backward_dq: ({ B, T, H, D }) => 3 * B! * H! * T! * T! * D!,
  attention_backward_dkv: ({ B, T, H, D }) => 4 * B! * H! * T! * T! * D!,
};

/** Operations, or 0 for a kernel that is bound by memory alone. */
export const flopsOf = ({ kernel, params }: Pick<Work, 'kernel' | 'params'>) =>
  FLOPS[familyOf(kernel.name)]?.(params) ?? 0;

/** The constants that make a kernel use an optional buffer. */
const ASKED_BY: Record<string, readonly string[]> = {
  average: ['AVERAGE'],
  bias: ['BIAS'],
  gamma: ['NORM'],
  beta: ['NORM'],
  dbias: ['BIAS'],
  partial_bias: ['BIAS'],
  mask: ['DROPOUT'],
  pre: ['GELU', 'GELU_BACKWARD'],
  residual: ['RESIDUAL'],
};

/** The buffers that a dispatch uses. */
export function boundOf({ kernel, constants }: Pick<Work, 'kernel' | 'constants'>) {
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

/** Bytes of the bound buffers that a dispatch reads and writes; what it changes counts as both. */
export function trafficOf(info: Work): { read: number; written: number } {
  let [read, written] = [0, 0];
  for (const [name, binding] of boundOf(info)) {
    const { access } = binding;
    const touched = TOUCHED[familyOf(info.kernel.name)]?.[name]?.(info.params) ?? 1;
    const bytes = bytesOfBinding(binding, info.params) * touched;
    if (access !== 'out') read += bytes;
    if (access !== 'in') written += bytes;
  }
  return { read, written };
}

/** Bytes read and written together. */
export function bytesOf(info: Work): number {
  const { read, written } = trafficOf(info);
  return read + written;
}

/** What an adapter can do at most, measured. */
export interface Peak {
  /** Thousand millions of floating-point operations a second. */
  readonly gflops: number;
  /** Thousand millions of bytes read and written a second. */
  readonly gbps: number;
}

export interface Rate {
  readonly gflops: number;
  readonly gbps: number;
  /** Of the peak that binds it. */
  readonly share: number;
  readonly boundBy: 'arithmetic' | 'memory';
}

/** How fast a dispatch of `us` microseconds is, and how near to the adapter's peaks. */
export function rateOf(info: Work, us: number, peak: Peak): Rate {
  const perSecond = (amount: number) => (us > 0 ? amount / us / 1e3 : 0);
  const gflops = perSecond(flopsOf(info));
  const gbps = perSecond(bytesOf(info));
  const shares = { arithmetic: gflops / peak.gflops, memory: gbps / peak.gbps };
  const boundBy = shares.arithmetic > shares.memory ? 'arithmetic' : 'memory';
  return { gflops, gbps, share: shares[boundBy], boundBy };
}
