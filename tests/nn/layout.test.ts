/** Names, shapes and places of a model's tensors, and its first weights. */
import { describe, expect, test } from 'vitest';
import { initialWeights } from '../../src/nn/init';
import { arenaFrom, decays, layoutOf, namedTensors } from '../../src/nn/layout';
import { gptShapes } from '../reference/params';

const config = { n_layer: 3, n_embd: 12, n_head: 3, vocab_size: 53, n_positions: 9 };

describe('layout', () => {
  test('has the reference’s names and shapes, in its order, and a score head when asked', () => {
    const shapes = gptShapes({ L: 3, C: 12, H: 3, V: 53, T: 9 });
    const lm = layoutOf(config, 'lm');
    expect(lm.tensors.map(({ name, shape }) => [name, shape])).toEqual(Object.entries(shapes));
    const score = layoutOf(config, 'score');
    expect(score.tensors.slice(0, -1)).toEqual(lm.tensors);
    expect(score.tensors.at(-1)).toMatchObject({ name: 'score.weight', shape: [1, 12] });
  });

  test('starts every tensor at 256 bytes, with no overlap', () => {
    const { tensors, floats } = layoutOf(config, 'score');
    let end = 0;
    for (const { offset, size } of tensors) {
      expect(offset % 64).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + size;
    }
    expect(floats % 64).toBe(0);
    expect(floats).toBeGreaterThanOrEqual(end);
  });

  test('decays matrices, embeddings and the score row, not gains and biases', () => {
    const names = layoutOf(config, 'score')
      .tensors.filter(decays)
      .map(({ name }) => name);
    expect(names).toHaveLength(2 + 3 * 4 + 1);
    expect(names.some((name) => /ln_|bias/.test(name))).toBe(false);
  });
});

describe('an arena', () => {
  const layout = layoutOf(config, 'lm');
  const tensors = namedTensors(layout, initialWeights(layout, 1));

  test('made of named tensors gives them back, with zeros between', () => {
    const ones = Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [name, new Float32Array(x.length).fill(1)]),
    );
    const floats = arenaFrom(layout, ones);
    expect(namedTensors(layout, floats)).toEqual(ones);
    const real = layout.tensors.reduce((sum, { size }) => sum + size, 0);
    expect(floats.reduce((sum, x) => sum + x, 0)).toBe(real);
  });

  test('names the tensor that is missing or has another size', () => {
    const { 'transformer.ln_f.bias': _, ...missing } = tensors;
    expect(() => arenaFrom(layout, missing)).toThrow(
      'tensor transformer.ln_f.bias must have shape [12], 12 values; it has none',
    );
    const short = { ...tensors, 'transformer.wpe.weight': new Float32Array(96) };
    expect(() => arenaFrom(layout, short)).toThrow(
      'tensor transformer.wpe.weight must have shape [9,12], 108 values; it has 96',
    );
  });
});

describe('first weights', () => {
  const big = { n_layer: 2, n_embd: 64, n_head: 4, vocab_size: 512, n_positions: 64 };
  const layout = layoutOf(big, 'score');
  const tensors = namedTensors(layout, initialWeights(layout, 7));
  const spread = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

  test('are the same for a seed and others for another', () => {
    expect(initialWeights(layout, 7)).toEqual(initialWeights(layout, 7));
    expect(initialWeights(layout, 8)).not.toEqual(initialWeights(layout, 7));
  });

  test('have GPT-2’s spreads, gains 1 and biases 0', () => {
    // n normal numbers know their standard deviation to 1/√(2n): 0.9 % for 6,144, 9 % for 64.
    const close = (name: string, wanted: number, within: number) =>
      expect(Math.abs(spread(tensors[name]!) / wanted - 1), name).toBeLessThan(within);
    close('transformer.wte.weight', 0.02, 0.03);
    close('transformer.h.0.attn.c_attn.weight', 0.02, 0.04);
    close('transformer.h.1.mlp.c_proj.weight', 0.01, 0.04);
    close('transformer.h.1.attn.c_proj.weight', 0.01, 0.05);
    close('score.weight', 1 / Math.sqrt(65), 0.3);
    expect(new Set(tensors['transformer.h.0.ln_1.weight'])).toEqual(new Set([1]));
    expect(new Set(tensors['transformer.h.0.mlp.c_fc.bias'])).toEqual(new Set([0]));
  });
});
