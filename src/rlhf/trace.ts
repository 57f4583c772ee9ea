/**
 * The trace of an optimizer update: everything that PyTorch needs to compute it again
 * (CONTRACT.md, "Trace"). Tensors by Hugging Face's names below a role: before, grad, m, v, after.
 */
import type { Gpu } from '../gpu/device';
import type { AdamW } from '../nn/adamw';
import { type Layout, namedTensors } from '../nn/layout';
import type { Weights } from '../nn/weights';
import type { TraceTensor } from './context';

export interface Traced {
  readonly weights: Weights;
  readonly grads: Weights;
  readonly optimizer: AdamW;
}

type Tensors = Record<string, TraceTensor>;

function named(layout: Layout, role: string, floats: Float32Array): Tensors {
  const values = namedTensors(layout, floats);
  return Object.fromEntries(
    layout.tensors.map(({ name, shape }) => [`${role}/${name}`, { shape, data: values[name]! }]),
  );
}

/** Weights and moments as they are before the update. */
export async function tensorsBefore(
  gpu: Gpu,
  { weights, optimizer }: Traced,
  prefix = '',
): Promise<Tensors> {
  const { layout } = weights;
  return {
    ...named(layout, `${prefix}before`, await weights.floats(gpu)),
    ...named(layout, `${prefix}m`, await optimizer.m.floats(gpu)),
    ...named(layout, `${prefix}v`, await optimizer.v.floats(gpu)),
  };
}

/** Gradients (before clipping) and the weights that the update left. */
export async function tensorsAfter(
  gpu: Gpu,
  { weights, grads }: Traced,
  prefix = '',
): Promise<Tensors> {
  const { layout } = weights;
  return {
    ...named(layout, `${prefix}grad`, await grads.floats(gpu)),
    ...named(layout, `${prefix}after`, await weights.floats(gpu)),
  };
}

/** `update-0001` and the like. */
export const numbered = (kind: 'update' | 'rollout', number: number) =>
  `${kind}-${String(number).padStart(4, '0')}`;
