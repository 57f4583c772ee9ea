/** GPT-2's tensors by Hugging Face name, their shapes and their first values. */
import type { Tensors } from './optimizer';
import { philox4x32, uniformFromU32 } from './philox';

export interface GptConfig {
  L: number;
  C: number;
  H: number;
  V: number;
  /** Positions, the height of wpe; a batch may be shorter. */
  T: number;
}

/** Every tensor of the trunk and its shape, in file order; the head is tied to wte. */
export function gptShapes({ L, C, V, T }: GptConfig): Record<string, number[]> {
  const shapes: Record<string, number[]> = {
    'transformer.wte.weight': [V, C],
    'transformer.wpe.weight': [T, C],
  };
  for (let layer = 0; layer < L; layer++) {
    const block = `transformer.h.${layer}`;
    shapes[`${block}.ln_1.weight`] = [C];
    shapes[`${block}.ln_1.bias`] = [C];
    shapes[`${block}.attn.c_attn.weight`] = [C, 3 * C];
    shapes[`${block}.attn.c_attn.bias`] = [3 * C];
    shapes[`${block}.attn.c_proj.weight`] = [C, C];
    shapes[`${block}.attn.c_proj.bias`] = [C];
    shapes[`${block}.ln_2.weight`] = [C];
    shapes[`${block}.ln_2.bias`] = [C];
    shapes[`${block}.mlp.c_fc.weight`] = [C, 4 * C];
    shapes[`${block}.mlp.c_fc.bias`] = [4 * C];
    shapes[`${block}.mlp.c_proj.weight`] = [4 * C, C];
    shapes[`${block}.mlp.c_proj.bias`] = [C];
  }
  shapes['transformer.ln_f.weight'] = [C];
  shapes['transformer.ln_f.bias'] = [C];
  return shapes;
}

/**
 * Radford et al. 2019: N(0, std) for matrices and embeddings, std/√(2L) for the two projections onto
 * the residual stream, 1 for gains, 0 for biases. With `scoreHead` also `score.weight` [1,C] from
 * N(0, 1/√(C+1)) (Ziegler et al. 2019). With `noise` gains and biases get N(0, noise) on top, so that
 * a test sees every one of them. The same seed gives the same values.
 */
export function initParams(
  config: GptConfig,
  seed: number,
  { std = 0.02, scoreHead = false, noise = 0 } = {},
): Tensors {
  const params: Tensors = {};
  Object.entries(gptShapes(config)).forEach(([name, shape], tensor) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const normal = normals(seed, tensor, size);
    const projection = name.endsWith('c_proj.weight');
    const spread = projection ? std / Math.sqrt(2 * config.L) : std;
    const center = /ln_(1|2|f)\.weight$/.test(name) ? 1 : 0;
    params[name] = normal.map((z) => (shape.length > 1 ? spread * z : center + noise * z));
  });
  if (scoreHead) {
    const spread = 1 / Math.sqrt(config.C + 1);
    params['score.weight'] = normals(seed, 0x5c0e, config.C).map((z) => spread * z);
  }
  return params;
}

/** Standard normal numbers by Box and Muller from Philox, keyed by (seed, stream). */
export function normals(seed: number, stream: number, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const words = philox4x32([i, 0, 0, 0], [seed, stream]);
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFromU32(words[0]!)));
    return radius * Math.cos(2 * Math.PI * uniformFromU32(words[1]!));
  });
}
