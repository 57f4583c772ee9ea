/** A model on the GPU beside the reference's, for the tests of src/nn. */
import { expect } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { read } from '../../src/gpu/readback';
import { real, type Temp } from '../../src/gpu/slots';
import { Tape } from '../../src/gpu/tape';
import {
  arenaFrom,
  type Head,
  layoutOf,
  type GptConfig as NnConfig,
  namedTensors,
} from '../../src/nn/layout';
import { Weights } from '../../src/nn/weights';
import { expectClose } from '../reference/compare';
import type { Golden } from '../reference/golden';
import type { Tensors } from '../reference/optimizer';
import type { GptConfig } from '../reference/params';
import type { Values } from '../reference/types';

/**
 * Of a tensor's largest element. Every value passes through some ten products of at most a hundred
 * f32 terms in a row, each rounded to 6e-8 of its size; measured 1e-6. A forgotten or wrong term is
 * at least 1e-3 with the wide random weights that these tests use.
 */
export const TOLERANCE = 1e-5;

/** The same device taken for the other kind, a GPU or a software adapter: other kernel variants. */
export const otherKind = (gpu: Gpu): Gpu =>
  Object.create(gpu, {
    adapter: { value: { ...gpu.adapter, is_fallback: !gpu.adapter.is_fallback } },
  });

export const nnConfig = ({ L, C, H, V, T }: GptConfig): NnConfig => ({
  n_layer: L,
  n_embd: C,
  n_head: H,
  vocab_size: V,
  n_positions: T,
});

export const goldenConfig = ({ number }: Golden): GptConfig => ({
  L: number('L'),
  C: number('C'),
  H: number('H'),
  V: number('V'),
  T: number('T'),
});

const narrow = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, Float32Array.from(x)]));

/** Values as a GPU holds them, widened again: what both sides of a comparison start from. */
export const rounded = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(narrow(tensors)).map(([k, x]) => [k, Float64Array.from(x)]));

export function uploadModel(gpu: Gpu, config: GptConfig, head: Head, params: Tensors): Weights {
  const layout = layoutOf(nnConfig(config), head);
  return Weights.from(gpu, layout, 'weights', arenaFrom(layout, narrow(params)));
}

/** The same device, for which everything is recorded as for a GPU. */
export const asHardware = (gpu: Gpu): Gpu =>
  Object.create(gpu, { adapter: { value: { ...gpu.adapter, is_fallback: false } } });

/** Gradients that start as a number that nothing forgets to overwrite unnoticed. */
export function dirtyGradients(gpu: Gpu, { layout }: Weights): Weights {
  return Weights.from(gpu, layout, 'gradients', new Float32Array(layout.floats).fill(1e3));
}

export const upload = {
  ints: (gpu: Gpu, values: Values) => gpu.upload('ints', Int32Array.from(values)),
  floats: (gpu: Gpu, values: Values) => gpu.upload('floats', Float32Array.from(values)),
};

/** The weight of each row in a mean over the targets that count. */
export function meanWeights(targets: Values): Float64Array {
  const all = Array.from(targets);
  const count = all.filter((target) => target !== -100).length;
  return Float64Array.from(all, (target) => (target === -100 ? 0 : 1 / count));
}

/** Runs what `record` records, once, and reads the temporaries that it returns as floats. */
export async function runOnce<K extends string>(
  gpu: Gpu,
  record: (tape: Tape) => Record<K, Temp>,
): Promise<Record<K, Float32Array>> {
  const tape = new Tape(gpu, 'test');
  try {
    const kept = record(tape);
    const temps: Temp[] = Object.values(kept);
    tape.keep(...temps);
    await tape.finish();
    tape.run();
    if (temps.length === 0) return {} as Record<K, Float32Array>;
    const arrays = await read(gpu, ...temps.map(real));
    return Object.fromEntries(
      Object.keys(kept).map((name, i) => [
        name,
        new Float32Array(arrays[i]!, 0, temps[i]!.size / 4),
      ]),
    ) as Record<K, Float32Array>;
  } finally {
    tape.free();
  }
}

/** A model's (or its gradients') tensors by name, read back. */
export async function readTensors(gpu: Gpu, weights: Weights) {
  return namedTensors(weights.layout, await weights.floats(gpu));
}

const C_ATTN_BIAS = /attn\.c_attn\.bias$/;

/**
 * Fails naming the tensor. The k third of c_attn.bias is held to the v third's size: a number added
 * to every key's score changes no softmax, so that its gradient is rounding alone. `vanishing` names
 * other tensors whose gradient is 0 in exact arithmetic, held to the largest gradient of the model.
 */
export function expectGradients(
  actual: Record<string, Values>,
  expected: Tensors,
  tolerance = TOLERANCE,
  vanishing: readonly string[] = [],
) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  const largest = (x: Values) => Array.from(x).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const overall = Math.max(...Object.values(expected).map(largest));
  for (const [name, wanted] of Object.entries(expected)) {
    const met = Float64Array.from(actual[name]!);
    if (vanishing.includes(name)) {
      expect(largest(met) / overall, `${name}: against the largest gradient`).toBeLessThan(
        tolerance,
      );
    } else if (C_ATTN_BIAS.test(name)) {
      const C = wanted.length / 3;
      expectClose(met.subarray(0, C), wanted.subarray(0, C), tolerance, `${name}, q`);
      expectClose(met.subarray(2 * C), wanted.subarray(2 * C), tolerance, `${name}, v`);
      const k = largest(met.subarray(C, 2 * C)) / largest(wanted.subarray(2 * C));
      expect(k, `${name}, k`).toBeLessThan(tolerance);
    } else expectClose(met, wanted, tolerance, name);
  }
}
