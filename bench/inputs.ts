/** Contents for every buffer of a kernel, such that it does its ordinary work. */
import { type Binding, elementsOf, type Values } from '../src/gpu/kernel';
import { type Stored, storedAs } from '../src/hooks/elements';

/** Values in [−1, 1) that follow from their place alone. */
const value = (i: number) => ((i * 7919) % 2003) / 1001.5 - 1;

/** The control buffer of AdamW: not halted, and an ordinary step. */
const ADAMW_CONTROL = Float32Array.of(...Array(8).fill(0), 1e-4, 0.9, 0.95, 1e-8, 0, 1, 1, 0);

/** Integers by the names that the kernels give them. */
function integer(name: string, i: number, length: number, params: Values): number {
  const V = params['V'] ?? 2;
  if (name === 'order' || name === 'rows') return i;
  if (name === 'sorted') return Math.floor((i * V) / length);
  if (name === 'ids' || name === 'targets' || name === 'tokens') return (i * 7919) % V;
  return 0;
}

export function contentsOf(
  name: string,
  { type, shape }: Binding,
  params: Values,
  start: Values,
): Stored {
  const length = elementsOf(shape, params);
  if (name === 'control') return new Uint32Array(ADAMW_CONTROL.buffer.slice(0));
  // Gradients without a norm, of which all are finite.
  if (name === 'partial' && params['COUNT'] !== undefined) return new Float32Array(length);
  const isFloat = type === 'f32' || type === 'f16';
  const numbers = (i: number) => {
    const fixed = start[name];
    if (fixed !== undefined) return fixed;
    return isFloat ? value(i) : integer(name, i, length, params);
  };
  const values = new (isFloat ? Float32Array : Float64Array)(length);
  for (let i = 0; i < length; i++) values[i] = numbers(i);
  return storedAs(type, values);
}
