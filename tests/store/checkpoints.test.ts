/** A checkpoint is whole or not there, and a damaged one gives way to the one before it. */
import { describe, expect, it } from 'vitest';
import { Checkpoints, type StoredCheckpoint } from '../../src/store/checkpoints';
import { checksum, checksumOfPieces } from '../../src/store/checksum';
import { type Change, memoryStore, type Store, StoreError } from '../../src/store/store';

const at = (step: number): StoredCheckpoint => ({
  training: 'sft',
  step,
  arenas: { weights: Float32Array.of(step, 2, 3), m: Float32Array.of(step, 1) },
  state: { bestLoss: 0.5 },
});
const silent = () => {};
/** Turns one bit of the arenas in a slot. */
const flip = async (store: Store, slot: number, byte: number) => {
  const part = `checkpoint ${slot} arenas`;
  const bytes = new Uint8Array(await (await store.get<Blob>('x', part))!.arrayBuffer());
  bytes[byte]! ^= 1;
  await store.write('x', { put: { [part]: new Blob([bytes]) } });
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
    expect((await store.parts('x')).sort()).toEqual(['checkpoint 1', 'checkpoint 1 arenas']);
    await store.write('x', { remove: await checkpoints.parts() });
    expect(await new Checkpoints(store, 'x').read(silent)).toBeUndefined();
  });

  it.each([
    ['weights', 5],
    ['m', 12],
  ])('whose %s lost a bit give way to the one before and say so', async (_, byte) => {
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
    await flip(store, 1, byte);
    const said: string[] = [];
    expect(await new Checkpoints(store, 'x').read((what) => said.push(what))).toEqual(at(1));
    expect(said).toEqual(['the checkpoint of sft, step 2']);
  });

  it('keep the one before when the disk gives back something else than was written', async () => {
    const disk = memoryStore();
    let lying = false;
    const store: Store = {
      ...disk,
      write: async (id, change) => {
        await disk.write(id, change);
        if (lying && change.put?.['checkpoint 1']) await flip(disk, 1, 5);
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

  it.each([
    [
      'is gone',
      class extends Blob {
        override slice(): Blob {
          return this;
        }
        override async arrayBuffer(): Promise<ArrayBuffer> {
          throw new DOMException('gone', 'NotFoundError');
        }
      },
      'the checkpoint of sft, step 1',
    ],
    ['is shorter', Blob, 'the checkpoint of sft, step 1'],
  ])('whose file %s are told', async (_, Broken, told) => {
    const store = memoryStore();
    await new Checkpoints(store, 'x').write(at(1));
    const whole = (await store.get<Blob>('x', 'checkpoint 0 arenas'))!;
    const size = Broken === Blob ? whole.size - 4 : whole.size;
    const broken: Store = {
      ...store,
      get: async <Value>(id: string, part: string) =>
        part === 'checkpoint 0 arenas'
          ? (new Broken([new Uint8Array(size)]) as Value)
          : store.get<Value>(id, part),
    };
    const said: string[] = [];
    const read = await new Checkpoints(broken, 'x').read((what) => said.push(what));
    expect(read).toBeUndefined();
    expect(said).toEqual([told]);
  });

  it('of the form before blobs, an arena a part, are read still', async () => {
    const store = memoryStore();
    const { training, step, state, arenas } = at(4);
    const sums = {
      weights: await checksum(arenas['weights']!),
      m: await checksum(arenas['m']!),
    };
    const header = { generation: 7, training, step, state, sums };
    const put: Record<string, unknown> = {
      'checkpoint 1': { ...header, sum: await checksum(JSON.stringify(header)) },
      'checkpoint 1 weights': arenas['weights'],
      'checkpoint 1 m': arenas['m'],
    };
    await store.write('x', { put });
    const checkpoints = new Checkpoints(store, 'x');
    expect(await checkpoints.read(silent)).toEqual(at(4));
    await checkpoints.write(at(5));
    expect(await new Checkpoints(store, 'x').read(silent)).toEqual(at(5));
    expect((await store.parts('x')).sort()).toEqual(['checkpoint 0', 'checkpoint 0 arenas']);
  });

  it('are summed in pieces: the sum of the sums of each 256 KiB', async () => {
    const floats = Float32Array.from({ length: 65_536 + 3 }, (_, at) => at);
    const [first, second] = await Promise.all([
      checksum(floats.subarray(0, 65_536)),
      checksum(floats.subarray(65_536)),
    ]);
    const both = Uint8Array.from(Buffer.from(first + second, 'hex'));
    expect(await checksumOfPieces(floats)).toBe(await checksum(both));
  });
});
