/**
 * A checkpoint of `micro` from the GPU to the disk and back, bit for bit, and how long that takes:
 * printed, since the time is the machine's. The aims are 150 ms to write and 500 ms to restore.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/experiment';
import { Gpu } from '../../src/gpu/device';
import { initialWeights } from '../../src/nn/init';
import { type GptConfig, layoutOf } from '../../src/nn/layout';
import { Snapshots } from '../../src/nn/snapshots';
import { Weights } from '../../src/nn/weights';
import { Checkpoints } from '../../src/store/checkpoints';
import { databaseStore } from '../../src/store/database';
import type { Store } from '../../src/store/store';

const NAME = 'test-checkpoint-time';
const TRIES = 8;
const { settings } = defaultConfig('micro', 1);
const MODEL: GptConfig = {
  n_layer: settings['model.n_layer'],
  n_embd: settings['model.n_embd'],
  n_head: settings['model.n_head'],
  n_positions: settings['model.n_positions'],
  vocab_size: settings['model.vocab_size'],
};
const LAYOUT = layoutOf(MODEL, 'lm');

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open();
});
afterAll(async () => {
  gpu.close();
  await new Promise((done) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = done;
    request.onblocked = done;
  });
});

/** Notes when a write was first confirmed by the disk. */
function noting(store: Store): { store: Store; since: (begun: number) => number } {
  let confirmed = 0;
  return {
    store: {
      ...store,
      write: async (id, change) => {
        await store.write(id, change);
        confirmed ||= performance.now();
      },
    },
    since: (begun) => {
      const ms = confirmed - begun;
      confirmed = 0;
      return ms;
    },
  };
}

const list = (values: readonly number[]) => values.map((ms) => Math.round(ms)).join(' ');

describe.each([
  ['of a supervised stage', ['weights', 'm', 'v']],
  ['of PPO', ['policy', 'policy_m', 'policy_v', 'value', 'value_m', 'value_v', 'average']],
] as const)('a checkpoint of micro %s', (what, roles) => {
  it('comes back from the disk as it was on the GPU', async () => {
    const floats = initialWeights(LAYOUT, 1);
    const arenas = Object.fromEntries(
      roles.map((role) => [role, Weights.from(gpu, LAYOUT, role, floats)]),
    );
    const snapshots = new Snapshots(gpu, arenas);
    const { store, since } = noting(databaseStore(NAME));
    const checkpoints = new Checkpoints(store, 'micro');
    const [held, written, verified, restored]: number[][] = [[], [], [], []];
    for (let step = 1; step <= TRIES; step++) {
      // Checkpoints come seconds apart: what the last one left behind is done with.
      await new Promise((done) => setTimeout(done, 500));
      const begun = performance.now();
      const read = await snapshots.take();
      // Here the training goes on.
      held!.push(performance.now() - begun);
      await checkpoints.write({ training: 'base', step, arenas: read, state: {} });
      verified!.push(performance.now() - begun);
      written!.push(since(begun));
      const opened = performance.now();
      const back = await new Checkpoints(store, 'micro').read(() => expect.unreachable());
      snapshots.restore(back!.arenas);
      await gpu.device.queue.onSubmittedWorkDone();
      restored!.push(performance.now() - opened);
      expect(back).toMatchObject({ training: 'base', step });
      for (const [role, again] of Object.entries(await snapshots.take())) {
        expect(
          again.every((value, at) => Object.is(value, read[role]![at])),
          role,
        ).toBe(true);
      }
    }
    snapshots.free();
    for (const { arena } of Object.values(arenas)) gpu.free(arena);
    const mib = ((roles.length * floats.byteLength) / 2 ** 20).toFixed(1);
    console.log(
      `Checkpoint ${what}, ${mib} MiB, ${gpu.adapter.vendor} ${gpu.adapter.architecture}, ms: training held ${list(held!)}; on the disk ${list(written!)}; verified ${list(verified!)}; restored ${list(restored!)}`,
    );
  });
});
