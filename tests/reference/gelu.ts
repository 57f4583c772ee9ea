/** GELU in its tanh form, Hugging Face's `gelu_new` (Hendrycks & Gimpel 2016). */
import type { Values } from './types';

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** y = ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
export function geluForward(x: Values): Float64Array {
  return Float64Array.from(x, (v) => 0.5 * v * (1 + Math.tanh(SCALE * (v + CUBIC * v ** 3))));
}

/** dx = dy · dy/dx at the input x of the forward. */
export function geluBackward(dy: Values, x: Values): Float64Array {
  return Float64Array.from(x, (v, i) => {
    const tanh = Math.tanh(SCALE * (v + CUBIC * v ** 3));
    const slope = SCALE * (1 + 3 * CUBIC * v ** 2);
    return dy[i]! * (0.5 * (1 + tanh) + 0.5 * v * (1 - tanh ** 2) * slope);
  });
}
