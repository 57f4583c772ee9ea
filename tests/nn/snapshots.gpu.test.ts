/** What a checkpoint reads is what the GPU held then, and stays so while the next one is taken. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gpu } from '../../src/gpu/device';
import { layoutOf } from '../../src/nn/layout';
import { Snapshots } from '../../src/nn/snapshots';
import { Weights } from '../../src/nn/weights';

const SMALL = { n_layer: 1, n_embd: 8, n_head: 2, n_positions: 8, vocab_size: 32 };
const LAYOUTS = { policy: layoutOf(SMALL, 'lm'), value: layoutOf(SMALL, 'score') };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open();
});
afterAll(() => gpu.close());

it('snapshots hold what was there, two at a time, and put it back', async () => {
  const at = (role: keyof typeof LAYOUTS, step: number) =>
    Float32Array.from({ length: LAYOUTS[role].floats }, (_, i) => Math.sin(i + 1000 * step));
  const arenas = {
    policy: Weights.from(gpu, LAYOUTS.policy, 'policy', at('policy', 0)),
    value: Weights.from(gpu, LAYOUTS.value, 'value', at('value', 0)),
  };
  expect(LAYOUTS.policy.floats).not.toBe(LAYOUTS.value.floats);
  const snapshots = new Snapshots(gpu, arenas);
  const both = (step: number) => ({ policy: at('policy', step), value: at('value', step) });
  const first = await snapshots.take();
  expect(first).toEqual(both(0));
  for (const step of [1, 2, 3]) {
    snapshots.restore(both(step - 1));
    const before = await snapshots.take();
    snapshots.restore(both(step));
    expect(await snapshots.take()).toEqual(both(step));
    expect(before, 'the one before').toEqual(both(step - 1));
  }
  snapshots.free();
  for (const { arena } of Object.values(arenas)) gpu.free(arena);
});
