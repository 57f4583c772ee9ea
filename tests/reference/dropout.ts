/** Inverted dropout with a given mask; its gradient is the same product. */
import type { Values } from './types';

/** y = x·mask, where mask is 0 or 1/(1−p) (Srivastava et al. 2014). Also dx = dy·mask. */
export function dropout(x: Values, mask: Values): Float64Array {
  return Float64Array.from(x, (value, i) => value * mask[i]!);
}

/** The multipliers of dropout with probability p: 0 where uniform < p, else 1/(1−p). */
export function dropoutMask(uniforms: Values, p: number): Float64Array {
  return Float64Array.from(uniforms, (u) => (u < p ? 0 : 1 / (1 - p)));
}
