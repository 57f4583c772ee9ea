/** A checkpoint is whole or not there, and a damaged one gives way to the one before it. */
import { describe, expect, it } from 'vitest';
import { Checkpoints, type StoredCheckpoint } from '../../src/store/checkpoints';
import { type Change, memoryStore, type Store, StoreError } from '../../src/store/store';

const at = (step: number): StoredCheckpoint => ({
  training: 'sft',
  step,
  arenas: { weights: Float32Array.of(step, 2, 3), m: Float32Array.of(step, 1) },
  state: { bestLoss: 0.5 },
});
const silent = () => {};
const flip = async (store: Store, part: string) => {
  const floats = (await store.get<Float32Array>('x', part))!;
  new Uint8Array(floats.buffer)[5]! ^= 1;
  await store.write('x', { put: { [part]: floats } });
};

describe('checkpoints', () => {
  it('come back as they were written, the newest of them, also to a new reader', async () => {
    const store = memoryStore();
    const checkpoints = new Checkpoints(store, 'x');
    for (const step of [1, 2, 3]) await checkpoints.write(at(step));
    expect(await new Checkpoints(store, 'x').read(silent)).toEqual(at(3));
  });

  it('leave nothing of the one before, once the new one is verified', async () => {
    const store = memoryStore();
    const checkpoints = new Checkpoints(store, 'x');
    await checkpoints.write(at(1));
    await checkpoints.write(at(2));
    expect((await store.parts('x')).length).toBe(3);
    await store.write('x', { remove: await checkpoints.parts() });
    expect(await new Checkpoints(store, 'x').read(silent)).toBeUndefined();
  });

  it.each(['checkpoint 1 weights', 'checkpoint 1 m'])(
    'whose %s lost a bit give way to the one before and say so',
    async (part) => {
      const store = memoryStore();
      const writer = new Checkpoints(store, 'x');
      await writer.write(at(1));
      const kept: Change = { put: {} };
      for (const name of await store.parts('x')) {
        Object.assign(kept.put!, { [name]: await store.get('x', name) });
      }
      await writer.write(at(2));
      // A browser killed between the verification and the removal leaves both.
      await store.write('x', kept);
      await flip(store, part);
      const said: string[] = [];
      expect(await new Checkpoints(store, 'x').read((what) => said.push(what))).toEqual(at(1));
      expect(said).toEqual(['the checkpoint of sft, step 2']);
    },
  );

  it('keep the one before when the disk gives back something else than was written', async () => {
    const disk = memoryStore();
    let lying = false;
    const store: Store = {
      ...disk,
      write: async (id, change) => {
        await disk.write(id, change);
        if (lying && change.put?.['checkpoint 1 weights']) await flip(disk, 'checkpoint 1 weights');
      },
    };
    const checkpoints = new Checkpoints(store, 'x');
    await checkpoints.write(at(1));
    lying = true;
    await expect(checkpoints.write(at(2))).rejects.toThrow(StoreError);
    expect(await new Checkpoints(disk, 'x').read(silent)).toEqual(at(1));
  });

  it('keep the one before when the disk is full', async () => {
    const disk = memoryStore();
    let full = false;
    const store: Store = {
      ...disk,
      write: async (id, change) => {
        if (full && change.put) throw new StoreError('full', true);
        await disk.write(id, change);
      },
    };
    const checkpoints = new Checkpoints(store, 'x');
    await checkpoints.write(at(1));
    full = true;
    await expect(checkpoints.write(at(2))).rejects.toThrow('full');
    full = false;
    expect(await new Checkpoints(disk, 'x').read(silent)).toEqual(at(1));
    await checkpoints.write(at(3));
    expect(await new Checkpoints(disk, 'x').read(silent)).toEqual(at(3));
  });

  it('that are no checkpoints at all are passed over', async () => {
    const store = memoryStore();
    await store.write('x', { put: { 'checkpoint 0': 'nonsense', 'checkpoint 1': { sums: {} } } });
    expect(await new Checkpoints(store, 'x').read(silent)).toBeUndefined();
  });
});
