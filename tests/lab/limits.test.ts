/** A run with a buffer beyond the GPU's limits is refused before it begins. */
import { expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/experiment';
import { STAGES } from '../../src/config/stages';
import { rehearsed } from '../../src/lab/estimate';
import { refuseOversized } from '../../src/lab/limits';

const MIB = 2 ** 20;
const place = {
  adapter: { vendor: 'any', architecture: '', description: '', is_fallback: false },
};
const limits = (MiB: number) => ({
  maxBufferSize: 2 * MiB * MIB,
  maxStorageBufferBindingSize: MiB * MIB,
});
const { settings } = defaultConfig('nano', 1);

test.each(['nano', 'micro', 'mini'] as const)(
  'every stage of %s fits what the smallest WebGPU device allows',
  async (preset) => {
    const { settings } = defaultConfig(preset, 1);
    await refuseOversized(STAGES, settings, place, limits(128));
  },
);

test('what does not fit is named with its size, the limit and the way on', async () => {
  const { largest } = await rehearsed('base', settings, place);
  await expect(refuseOversized(['base'], settings, place, limits(1))).rejects.toThrow(
    `base needs ${(largest.size / MIB).toFixed(1)} MiB in one buffer (“${largest.label}”), and this GPU allows 1.0 MiB. Choose a smaller batch or model, or raise base.accumulate; then run it again.`,
  );
});

test('a stage that is not to run is not looked at', async () => {
  const heavy = { ...settings, 'base.batch': 4096 };
  await expect(refuseOversized(['base'], heavy, place, limits(128))).rejects.toThrow(/^base needs/);
  await refuseOversized(['sft', 'evaluate'], heavy, place, limits(128));
});
