/** A profiled step as rows of a flame-like strip: phases, parts of the model, dispatches. */
import type { DispatchProfile } from '../../lab/profile_api';

/** Neighbouring dispatches that belong together. */
export interface Segment {
  readonly label: string;
  /** Indices of the first dispatch and of the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly us: number;
}

/** Kinds of kernels, each with a colour of its own. */
export const FAMILIES = {
  product: 'Matrix products',
  attention: 'Attention',
  norm: 'LayerNorm',
  loss: 'Head and losses',
  optimizer: 'Optimizer',
  other: 'Embedding and others',
} as const;
export type Family = keyof typeof FAMILIES;

export function familyOf(kernel: string): Family {
  if (/^matmul|linear|logits/.test(kernel)) return 'product';
  if (/attention|kv_/.test(kernel)) return 'attention';
  if (/norm/.test(kernel) && !/grad_norm/.test(kernel)) return 'norm';
  if (/cross_entropy|loss|weighted_sum|score|sample_token/.test(kernel)) return 'loss';
  if (/adamw|grad_norm/.test(kernel)) return 'optimizer';
  return 'other';
}

/** Segments of neighbours with the same label. */
function grouped(dispatches: readonly DispatchProfile[], labels: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  for (const [index, { us }] of dispatches.entries()) {
    const label = labels[index]!;
    const last = segments.at(-1);
    if (last?.label === label) {
      segments[segments.length - 1] = { ...last, to: index + 1, us: last.us + us };
    } else segments.push({ label, from: index, to: index + 1, us });
  }
  return segments;
}

/** Forward, backward, optimizer: as often as they take turns. */
export const phasesOf = (dispatches: readonly DispatchProfile[]): Segment[] =>
  grouped(
    dispatches,
    dispatches.map(({ phase }) => phase),
  );

/** Embedding, blocks and head; what names no part belongs to the one before it. */
export function partsOf(dispatches: readonly DispatchProfile[]): Segment[] {
  let part = '';
  const labels = dispatches.map(({ kernel, writes, phase }) => {
    const block = /\bh\.(\d+)\./.exec(writes);
    if (phase === 'optimizer') part = 'update';
    else if (block) part = `block ${block[1]}`;
    else if (/embedding|token_sort/.test(kernel)) part = 'embedding';
    else if (/ln_f|logits|logprob|dhidden|wte|score|^dh$/.test(writes)) part = 'head';
    return part;
  });
  return grouped(dispatches, labels);
}

/** Microseconds of each family, most first. */
export function sharesOf(dispatches: readonly DispatchProfile[]): { family: Family; us: number }[] {
  const sums = new Map<Family, number>();
  for (const { kernel, us } of dispatches) {
    const family = familyOf(kernel);
    sums.set(family, (sums.get(family) ?? 0) + us);
  }
  return [...sums].map(([family, us]) => ({ family, us })).sort((a, b) => b.us - a.us);
}

export const totalOf = (dispatches: readonly { readonly us: number }[]): number =>
  dispatches.reduce((sum, { us }) => sum + us, 0);
