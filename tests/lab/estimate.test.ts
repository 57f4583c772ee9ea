/** The memory that a run is said to need, from its recording alone. */
import { expect, it } from 'vitest';
import { defaultSettings } from '../../src/config/experiment';
import type { Preset } from '../../src/config/fields';
import { estimateBytes } from '../../src/lab/estimate';

const software = { vendor: '', architecture: '', description: 'software', is_fallback: true };
const hardware = { ...software, description: 'a GPU', is_fallback: false };
const MIB = 1024 * 1024;

it.each([
  ['nano', 96],
  ['micro', 512],
  ['mini', 2048],
] as [Preset, number][])('a run of %s fits in %i MiB on any adapter', async (preset, most) => {
  for (const adapter of [software, hardware]) {
    const bytes = await estimateBytes(defaultSettings(preset), { adapter });
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
