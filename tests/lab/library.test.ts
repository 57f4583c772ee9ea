/** The stored experiments as a whole: deleting and restoring, notes, accounts and sizes. */
import { describe, expect, it } from 'vitest';
import { KEPT_MS, Library } from '../../src/lab/library';
import { sized } from '../../src/store/sizes';
import { oldParts, oldStore } from '../support/oldStore';

async function library() {
  const { store, id } = await oldStore();
  const said: string[] = [];
  return { library: new Library(store, (message) => said.push(message)), store, id, said };
}

describe('a deleted experiment', () => {
  it('is not in the list, and is restored whole', async () => {
    const { library: shelf, store, id } = await library();
    const before = await store.parts(id);
    await shelf.remove(id);
    expect(await shelf.summaries()).toEqual([]);
    const [gone] = await shelf.removed();
    expect(gone).toMatchObject({ id, name: 'nano, seed 7' });
    expect(gone!.until - gone!.removed).toBe(KEPT_MS);
    await shelf.restore(id);
    expect((await shelf.summaries()).map((one) => one.id)).toEqual([id]);
    expect(await shelf.removed()).toEqual([]);
    expect(await store.parts(id)).toEqual(before);
    expect(await store.get(id, 'model base')).toEqual(oldParts()['model base']);
  });

  it('goes for good once it was kept long enough, and not before', async () => {
    const { library: shelf, store, id } = await library();
    await shelf.remove(id);
    await shelf.sweep(Date.now() + KEPT_MS - 60_000);
    expect(await store.ids()).toEqual([id]);
    await shelf.sweep(Date.now() + KEPT_MS);
    expect(await store.ids()).toEqual([]);
  });

  it('can be erased at once, which an experiment that is not deleted cannot', async () => {
    const { library: shelf, store, id } = await library();
    await expect(shelf.erase(id)).rejects.toThrow('Only a deleted experiment is erased');
    await shelf.remove(id);
    await shelf.erase(id);
    expect(await store.parts(id)).toEqual([]);
  });
});

describe('the account of an experiment', () => {
  it('tells its settings, figures, models, looks and checkpoint without opening it', async () => {
    const { library: shelf, store, id } = await library();
    const { Experiment } = await import('../../src/lab/experiment');
    await Experiment.load(store, id);
    const account = await shelf.account(id);
    const { metrics } = oldParts() as { metrics: { base: { step: number }[] } };
    expect(account.last.base).toEqual(metrics.base.at(-1));
    expect(account.looks.sft!.every((row) => 'val_loss' in row)).toBe(true);
    expect(account.models).toEqual(['base', 'sft', 'sft_for_rl']);
    expect(account.checkpoint).toMatchObject({ training: 'reward' });
    expect(account.holdings).toMatchObject({
      outputs: ['base', 'sft', 'sft_for_rl', 'rankings'],
      edited: false,
      ranked: 1,
    });
    expect(account.report.base!.val_loss).toBeGreaterThan(0);
  });

  it('of one that is not there is refused in one sentence', async () => {
    const { library: shelf } = await library();
    await expect(shelf.account('nobody')).rejects.toThrow('There is no experiment nobody.');
  });
});

describe('sizes', () => {
  it('are about the bytes of what is stored, kept beside it as it is written', async () => {
    const { store, id } = await oldStore();
    const keeping = sized(store);
    const shelf = new Library(keeping, () => {});
    const before = (await shelf.sizes())[id]!;
    await keeping.write(id, { put: { 'model reward': new Float32Array(1000) } });
    expect((await shelf.sizes())[id]).toBe(before + 4000);
    await keeping.write(id, { remove: ['model reward'] });
    expect((await shelf.sizes())[id]).toBe(before);
    await keeping.write(id, { put: { 'model base': new Float32Array(10) } });
    const { length } = oldParts()['model base'] as Float32Array;
    expect((await shelf.sizes())[id]).toBe(before - 4 * length + 40);
  });
});
