/** Clipping and AdamW over a whole model: named tensors, decay only where it belongs. */
import { type AdamWSettings, adamwStep, clipCoefficient, globalNorm } from './adamw';

export type Tensors = Record<string, Float64Array>;

/** Matrices and embeddings (two dimensions in the Hugging Face layout) decay; biases and gains do not. */
export function decays(name: string): boolean {
  return name.endsWith('.weight') && !/\bln_(1|2|f)\.weight$/.test(name);
}

export interface OptimizerState {
  params: Tensors;
  m: Tensors;
  v: Tensors;
  /** Steps done. */
  step: number;
}

/** Zero moments beside the given parameters. */
export function initOptimizer(params: Tensors): OptimizerState {
  const zeros = () =>
    Object.fromEntries(Object.entries(params).map(([k, x]) => [k, new Float64Array(x.length)]));
  return { params, m: zeros(), v: zeros(), step: 0 };
}

/**
 * One clipped AdamW step over every tensor; maxNorm 0 turns clipping off, `decayAll` also decays
 * biases and gains. Returns the next state and the norm before clipping.
 */
export function optimizerStep(
  state: OptimizerState,
  grads: Tensors,
  settings: Omit<AdamWSettings, 'step'> & { maxNorm: number; decayAll?: boolean },
): OptimizerState & { gradNorm: number } {
  const gradNorm = globalNorm(Object.values(grads));
  const clip = settings.maxNorm > 0 ? clipCoefficient(gradNorm, settings.maxNorm) : 1;
  const step = state.step + 1;
  const next: OptimizerState = { params: {}, m: {}, v: {}, step };
  for (const name of Object.keys(state.params)) {
    const clipped = grads[name]!.map((g) => g * clip);
    const updated = adamwStep(state.params[name]!, clipped, state.m[name]!, state.v[name]!, {
      ...settings,
      weightDecay: settings.decayAll || decays(name) ? settings.weightDecay : 0,
      step,
    });
    next.params[name] = updated.x;
    next.m[name] = updated.m;
    next.v[name] = updated.v;
  }
  return { ...next, gradNorm };
}
