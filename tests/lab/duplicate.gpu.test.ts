/** Copies of a real experiment: what they keep is what training again would have made. */
import { expect, it } from 'vitest';
import type { Snapshot } from '../../src/lab/api';
import type { Lab } from '../../src/lab/lab';
import { memoryStore, type Store } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

const everything = { outputs: true, demonstrations: true, rankings: true };
const reward = (store: Store, id: string) => store.get<Float32Array>(id, 'model reward');

/** A copy with another learning rate of the reward model, trained. */
async function withRate(lab: Lab, { id, config }: Snapshot, rate: number): Promise<Snapshot> {
  const settings = { ...config.settings, 'reward.lr': rate };
  const name = `rate ${rate}`;
  const copy = await lab.duplicate({ id, config: { ...config, settings }, name, keep: everything });
  expect(copy.stages).toMatchObject({ base: 'done', sft: 'done', reward: 'ready' });
  await lab.run(['reward']);
  return (await lab.snapshot())!;
}

it('a copy of a copy with the first settings again ends in the bits of the first', async () => {
  const { lab, store } = testLab();
  await lab.create(smallConfig());
  await lab.run(['base', 'sft', 'reward']);
  const first = (await lab.snapshot())!;
  const rate = first.config.settings['reward.lr'];
  const second = await withRate(lab, first, rate / 2);
  const third = await withRate(lab, second, rate);
  expect(await reward(store, second.id)).not.toEqual(await reward(store, first.id));
  expect(await reward(store, third.id)).toEqual(await reward(store, first.id));
  expect(third.report!.reward).toEqual(first.report!.reward);
  const { summary, made } = await lab.account(third.id);
  expect(summary.parent).toMatchObject({ id: second.id, models: ['base', 'sft', 'sft_for_rl'] });
  expect(made.base).toBe((await lab.account(first.id)).made.base);
  expect((await lab.experiments()).map(({ id }) => id).sort()).toEqual(
    [first.id, second.id, third.id].sort(),
  );
}, 240_000);

it('a tab that looks on makes a copy of its own, and leaves the original alone', async () => {
  const store = memoryStore();
  const first = testLab(store);
  const { id, config } = await first.lab.create(smallConfig());
  await first.lab.run(['base']);
  const second = testLab(store, { beside: true });
  expect((await second.lab.select(id)).access).toBe('read');
  await expect(second.lab.setNotes(id, 'mine')).rejects.toThrow(/Another tab is at work/);
  const before = await store.get(id, 'record');
  const copy = await second.lab.duplicate({ id, config, name: 'a copy', keep: everything });
  expect(copy).toMatchObject({ access: 'write', stages: { base: 'done', sft: 'ready' } });
  expect(await store.get(copy.id, 'model base')).toEqual(await store.get(id, 'model base'));
  expect(await store.get(id, 'record')).toEqual(before);
  await first.lab.setNotes(id, 'still mine');
  await second.lab.setNotes(copy.id, 'a copy’s');
  const notes = (await first.lab.experiments()).map((one) => one.notes).sort();
  expect(notes).toEqual(['a copy’s', 'still mine']);
  await expect(second.lab.setNotes(id, 'no')).rejects.toThrow(
    /open in another tab; close it there/,
  );
}, 240_000);

it('a deleted experiment comes back as it was, from the tab that had it open', async () => {
  const { lab, store } = testLab();
  const { id } = await lab.create(smallConfig());
  await lab.step();
  const before = (await store.parts(id)).sort();
  await lab.remove(id);
  expect(await lab.snapshot()).toBeNull();
  expect(await lab.experiments()).toEqual([]);
  expect((await lab.removed()).map((one) => one.id)).toEqual([id]);
  await lab.restore(id);
  expect((await lab.select(id)).stages.base).toBe('paused');
  expect((await store.parts(id)).sort()).toEqual(before);
  const folder = lab.modelFolder(id, 'base');
  await expect(folder).rejects.toThrow('The base model is not stored; its stage must run first.');
}, 240_000);
