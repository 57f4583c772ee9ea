/** The optimizer: global-norm clipping, AdamW and the moving average of weights, as in PyTorch. */
import type { Values } from './types';

/** √(Σ g²) over all given gradients together. */
export function globalNorm(gradients: Iterable<Values>): number {
  let squares = 0;
  for (const g of gradients) for (let i = 0; i < g.length; i++) squares += g[i]! ** 2;
  return Math.sqrt(squares);
}

/** min(1, maxNorm/(norm + 1e-6)), what `torch.nn.utils.clip_grad_norm_` multiplies gradients by. */
export function clipCoefficient(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}

export interface AdamWSettings {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** Counted from 1; the bias corrections are 1 − βᵗ. */
  step: number;
}

/**
 * One step of `torch.optim.AdamW` (Loshchilov & Hutter 2019) for one tensor; returns new values:
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
 * x ← x·(1 − lr·wd) − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + eps).
 */
export function adamwStep(
  x: Values,
  g: Values,
  m: Values,
  v: Values,
  { lr, beta1, beta2, eps, weightDecay, step }: AdamWSettings,
): { x: Float64Array; m: Float64Array; v: Float64Array } {
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  const next = {
    x: new Float64Array(x.length),
    m: new Float64Array(x.length),
    v: new Float64Array(x.length),
  };
  for (let i = 0; i < x.length; i++) {
    const mean = beta1 * m[i]! + (1 - beta1) * g[i]!;
    const square = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
    const denominator = Math.sqrt(square) / Math.sqrt(correction2) + eps;
    next.m[i] = mean;
    next.v[i] = square;
    next.x[i] = x[i]! * (1 - lr * weightDecay) - ((lr / correction1) * mean) / denominator;
  }
  return next;
}

/** average ← decay·average + (1 − decay)·x. */
export function ema(average: Values, x: Values, decay: number): Float64Array {
  return Float64Array.from(average, (a, i) => decay * a + (1 - decay) * x[i]!);
}
