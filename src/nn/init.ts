/** GPT-2's initial weights from a seed. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Layout } from './layout';

/** Independent standard normal values (Box–Muller over 53-bit uniforms in (0, 1]). */
export function normals(seed: number): () => number {
  const random = xoroshiro128plus(seed | 0);
  const uniform = () => {
    const high = random.next() >>> 5;
    const low = random.next() >>> 6;
    return (high * 67_108_864 + low + 1) / 2 ** 53;
  };
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/**
 * Radford et al. 2019: N(0, 0.02), the two projections into the residual stream divided by √(2L),
 * LayerNorm 1 and 0, biases 0. A score head is N(0, 1/√(C+1)) (Ziegler et al. 2019).
 */
export function initialWeights(layout: Layout, seed: number): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(layout.floats);
  const normal = normals(seed);
  const { n_layer: L, n_embd: C } = layout.config;
  for (const { name, offset, size } of layout.tensors) {
    const values = floats.subarray(offset, offset + size);
    if (/ln_(1|2|f)\.weight$/.test(name)) values.fill(1);
    else if (name.endsWith('.weight')) {
      const std =
        name === 'score.weight'
          ? 1 / Math.sqrt(C + 1)
          : name.endsWith('c_proj.weight')
            ? 0.02 / Math.sqrt(2 * L)
            : 0.02;
      for (let i = 0; i < size; i++) values[i] = std * normal();
    }
  }
  return floats;
}
