/** The memory that a run is said to need, from its recording alone. */
import { expect, it } from 'vitest';
import { defaultSettings } from '../../src/config/experiment';
import type { Preset } from '../../src/config/fields';
import type { Place } from '../../src/gpu/plan';
import { matmulClass, matmulVariants } from '../../src/kernels/linear_choice';
import { estimateBytes, trainingBytes } from '../../src/lab/estimate';
import { fitInto } from '../../src/lab/fit';

const software = { vendor: '', architecture: '', description: 'software', is_fallback: true };
const hardware = { ...software, description: 'a GPU', is_fallback: false };
const MIB = 1024 * 1024;

it.each([
  ['nano', 96],
  ['micro', 512],
  ['mini', 2048],
] as [Preset, number][])('a run of %s fits in %i MiB on any adapter', async (preset, most) => {
  const places: Place[] = [
    { adapter: software },
    { adapter: software, trusted: ['images'] },
    { adapter: hardware },
  ];
  for (const place of places) {
    const bytes = await estimateBytes(defaultSettings(preset), place);
    expect(bytes).toBeLessThan(most * MIB);
    // The weights of four models, two gradients, four moments and an average are the least.
    expect(bytes).toBeGreaterThan(MIB);
  }
});

it('grows with the batch, the prompts and the corpus windows', async () => {
  // So few completions a reward batch that PPO is the largest training.
  const settings = { ...defaultSettings('nano'), 'reward.prompts_per_batch': 1 };
  const bytes = (changes: object, promptTokens?: number) =>
    estimateBytes(
      { ...settings, ...changes },
      { adapter: software, ...(promptTokens === undefined ? {} : { promptTokens }) },
    );
  const usual = await bytes({});
  expect(await bytes({ 'ppo.batch': 256 })).toBeGreaterThan(usual);
  expect(await bytes({ 'ppo.ptx_ratio': 4 })).toBeGreaterThan(usual);
  expect(await bytes({}, 8)).toBeLessThan(usual);
});

it('follows the variants that a run has: slices of K need room', async () => {
  const settings = defaultSettings('micro');
  const N = settings['base.batch'] * settings['model.n_positions'];
  const [C, V] = [settings['model.n_embd'], settings['model.vocab_size']];
  const size = { M: V, N: C, K: N };
  const bytes = (variants: ReadonlyMap<string, string>) =>
    trainingBytes('base', settings, { adapter: hardware, variants });
  const variantsOf = (slices: number) => {
    const all = matmulVariants('tn', size, { software: false });
    const { name } = all.find((variant) => variant.slices === slices)!;
    return new Map([[matmulClass('tn', size), name]]);
  };
  const [whole, sliced] = [await bytes(variantsOf(1)), await bytes(variantsOf(8))];
  // Eight slices of dwte stand beside the activations, in buffers that others may have left.
  expect(sliced).toBeGreaterThan(whole);
  expect(sliced - whole).toBeLessThanOrEqual(8 * V * C * 4);
});

it('falls with the parts of a batch, for every training', async () => {
  const settings = defaultSettings('mini');
  for (const training of ['base', 'sft', 'sft_for_rl', 'reward', 'ppo'] as const) {
    const bytes = (parts: number) =>
      trainingBytes(
        training,
        { ...settings, [`${training}.accumulate`]: parts },
        { adapter: software },
      );
    // Blocks of the whole batch are recomputed in reward and PPO: its parts keep no more.
    const [whole, halves, quarters] = [await bytes(1), await bytes(2), await bytes(4)];
    expect(halves, training).toBeLessThan(whole);
    expect(quarters, training).toBeLessThan(halves);
  }
});

it('finds the fewest parts that fit, for those trainings alone that need them', async () => {
  const settings = defaultSettings('micro');
  const place = { adapter: software };
  const bytes = await estimateBytes(settings, place);
  expect(await fitInto(settings, place, bytes)).toEqual({ settings: {}, bytes });
  const most = 0.6 * bytes;
  const fit = await fitInto(settings, place, most);
  expect(fit.bytes).toBeLessThanOrEqual(most);
  expect(fit.bytes).toBe(await estimateBytes({ ...settings, ...fit.settings }, place));
  expect(Object.keys(fit.settings)).toContain('ppo.accumulate');
  expect(Object.keys(fit.settings)).not.toContain('base.accumulate');
  // Weights alone are more than a byte: as few parts as gain nearly all that they can.
  const least = await fitInto(settings, place, 1);
  expect(least.bytes).toBeLessThan(most);
  expect(least.bytes).toBe(await estimateBytes({ ...settings, ...least.settings }, place));
});
