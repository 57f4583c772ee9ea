/** Comparisons for tests: arrays against arrays, and gradients against central differences. */
import { expect } from 'vitest';
import { normals } from './params';
import type { Values } from './types';

/** max |a − b| over max |b|, the error relative to the size of the expected array. */
export function relativeError(actual: Values, expected: Values): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!);
    difference = Math.max(difference, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return difference === 0 ? 0 : difference / (size || 1);
}

/** Fails with `what` unless both have one length and the relative error is at most `tolerance`. */
export function expectClose(actual: Values, expected: Values, tolerance: number, what = 'array') {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  expect(relativeError(actual, expected), `${what}: relative error`).toBeLessThanOrEqual(tolerance);
}

/**
 * Step of the central difference. Its truncation error is h²·f‴/6 ≈ 1e-11 and its rounding error
 * ε·f/h ≈ 1e-11 for losses of order 1, so that gradients of order 1e-3 and more agree to 1e-7.
 */
export const STEP = 1e-5;
export const GRADIENT_TOLERANCE = 1e-7;

/** [n] central differences of f at x, one element after the other. */
export function numericGradient(f: (x: Float64Array) => number, x: Values): Float64Array {
  return Float64Array.from(x, (_, i) => {
    const moved = (h: number) => Float64Array.from(x, (value, j) => (i === j ? value + h : value));
    return (f(moved(STEP)) - f(moved(-STEP))) / (2 * STEP);
  });
}

/** Derivative of f at x along a direction, and the same from a gradient. */
export function directional(
  f: (x: Float64Array) => number,
  x: Values,
  gradient: Values,
  direction: Values,
): { numeric: number; analytic: number } {
  const moved = (h: number) => Float64Array.from(x, (value, i) => value + h * direction[i]!);
  let analytic = 0;
  for (let i = 0; i < x.length; i++) analytic += gradient[i]! * direction[i]!;
  return { numeric: (f(moved(STEP)) - f(moved(-STEP))) / (2 * STEP), analytic };
}

/** Σ x·w, a scalar that gives an operation's output the gradient w. */
export function dot(x: Values, w: Values): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * w[i]!;
  return sum;
}

/** Reproducible normal numbers for inputs of tests. */
export function random(size: number, stream = 0): Float64Array {
  return normals(20220304, stream, size);
}
