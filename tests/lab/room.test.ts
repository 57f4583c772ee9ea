/** When the disk gets full, checkpoints of other experiments go in a visible order; nothing else. */
import { describe, expect, it } from 'vitest';
import { makeRoom } from '../../src/lab/room';
import { Checkpoints } from '../../src/store/checkpoints';
import { memoryStore } from '../../src/store/store';

const CHECKPOINT = { training: 'base', step: 3, arenas: { w: new Float32Array(10) }, state: {} };

async function threeExperiments() {
  const store = memoryStore();
  for (const [id, used] of [
    ['mine', 1],
    ['old', 2],
    ['older', 1.5],
  ] as const) {
    await store.write(id, {
      put: { record: { id, name: `The ${id}`, created: 1, used }, personal: [1], 'model base': 2 },
    });
    await new Checkpoints(store, id).write(CHECKPOINT);
  }
  const checkpoints = async () =>
    Promise.all(
      ['mine', 'old', 'older'].map(async (id) => (await new Checkpoints(store, id).parts()).length),
    );
  return { store, checkpoints };
}

describe('room for a checkpoint', () => {
  it('is there: nothing goes', async () => {
    const { store, checkpoints } = await threeExperiments();
    const estimate = async () => ({ usage: 0, quota: 1000 });
    await makeRoom(store, 'mine', 500, () => {}, { estimate });
    expect(await checkpoints()).toEqual([2, 2, 2]);
  });

  it('is made by the one that was opened longest ago, and that is told', async () => {
    const { store, checkpoints } = await threeExperiments();
    const said: string[] = [];
    const estimate = async () => ({ usage: said.length === 0 ? 900 : 0, quota: 1000 });
    await makeRoom(store, 'mine', 500, (message) => said.push(message), { estimate });
    expect(await checkpoints()).toEqual([2, 2, 0]);
    expect(said).toEqual([
      expect.stringMatching(/automatic checkpoint of “The older” was removed .*begins again/),
    ]);
  });

  it('is made by what was deleted before any checkpoint goes, and that is told', async () => {
    const { store, checkpoints } = await threeExperiments();
    await store.write('old', {
      put: { record: { id: 'old', name: 'The old', created: 1, used: 2, removed: 5 } },
    });
    const said: string[] = [];
    const estimate = async () => ({ usage: said.length === 0 ? 900 : 0, quota: 1000 });
    await makeRoom(store, 'mine', 500, (message) => said.push(message), { estimate });
    expect(said).toEqual(['To make room, the deleted experiment “The old” was erased.']);
    expect(await store.ids()).toEqual(['mine', 'older']);
    expect(await checkpoints()).toEqual([2, 0, 2]);
  });

  it('is refused with a way on when all of them do not suffice; labels and models stay', async () => {
    const { store, checkpoints } = await threeExperiments();
    const estimate = async () => ({ usage: 900, quota: 1000 });
    const made = makeRoom(store, 'mine', 500, () => {}, { estimate });
    await expect(made).rejects.toThrow(
      /does not hold the checkpoint .*save the experiment to a file/,
    );
    expect(await checkpoints()).toEqual([2, 0, 0]);
    expect(await store.get('older', 'personal')).toEqual([1]);
    expect(await store.get('older', 'model base')).toBe(2);
  });

  it('leaves alone what another tab has open', async () => {
    const { store, checkpoints } = await threeExperiments();
    const estimate = async () => ({ usage: 900, quota: 1000 });
    const free = async (id: string, work: () => Promise<void>) => {
      if (id !== 'older') await work();
    };
    await makeRoom(store, 'mine', 500, () => {}, { estimate, free }).catch(() => {});
    expect(await checkpoints()).toEqual([2, 0, 2]);
  });
});
