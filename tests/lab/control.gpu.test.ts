/** Ending a stage early, progress that outlives a tab, and a time that was measured. */
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

describe('a stage that is ended early', () => {
  it('is done with the weights it had, and the stages after it are not begun', async () => {
    const { lab, events } = testLab();
    await lab.create(smallConfig(7, { 'base.tokens': 512 * 400 }));
    await lab.step();
    await lab.stop();
    const { stages, models, report, metrics } = (await lab.snapshot())!;
    expect(stages).toMatchObject({ base: 'done', sft: 'ready' });
    expect(models).toEqual(['base']);
    expect(report!.base!.val_loss).toBeGreaterThan(0);
    expect(metrics.base!.at(-1)!.step).toBeLessThan(5);
    const said = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(said.some((message) => /^Ended early: .*, step 2 of 400\./.test(message))).toBe(true);
  }, 120_000);

  it('ends one that runs, and a whole run with it', async () => {
    const { lab, events } = testLab();
    await lab.create(smallConfig(7, { 'base.tokens': 512 * 4000 }));
    const running = lab.run(['base', 'sft', 'reward']);
    // Long enough for a cold and busy machine to compile.
    await expect
      .poll(() => events.some(({ type }) => type === 'progress'), { timeout: 60_000 })
      .toBe(true);
    await lab.stop();
    await running;
    expect((await lab.snapshot())!.stages).toMatchObject({ base: 'done', sft: 'ready' });
  }, 120_000);

  it('is paused where half of it is nothing', async () => {
    const { lab } = testLab();
    await lab.create(smallConfig(7, { 'sft.epochs': 1, 'sft_for_rl.epochs': 1 }));
    await lab.run(['base', 'sft']);
    const running = lab.run(['reward']);
    await lab.stop();
    await running;
    expect((await lab.snapshot())!.stages.reward).toBe('paused');
  }, 120_000);
});

it('a paused stage shows how far it came after a reload', async () => {
  const store = memoryStore();
  const first = testLab(store);
  const { id } = await first.lab.create(smallConfig());
  await first.lab.step();
  const { progress } = (await first.lab.snapshot())!;
  expect(progress).toMatchObject({ stage: 'base', done: 1, total: 6 });
  const second = testLab(store);
  expect((await second.lab.select(id)).progress).toEqual(progress);
}, 60_000);

it('a run of more work is estimated to take longer, on this adapter', async () => {
  const { lab } = testLab();
  const short = await lab.estimate(smallConfig());
  const long = await lab.estimate(smallConfig(7, { 'base.tokens': 512 * 6000 }));
  expect(short.seconds).toBeGreaterThan(0);
  expect(long.seconds!).toBeGreaterThan(short.seconds!);
}, 60_000);

it('demonstrations come back in their place, and the corpus tells its kinds', async () => {
  const { lab } = testLab();
  await lab.create(smallConfig());
  const { items, total } = await lab.demonstrations(0, 5);
  const removed = await lab.removeDemonstration(2);
  await lab.insertDemonstration(removed, 2);
  expect(await lab.demonstrations(0, 5)).toEqual({ items, total });
  const { documents, shares } = await lab.corpus(0, 50);
  expect(new Set(documents.map(({ kind }) => kind)).size).toBe(4);
  // Documents end where the share is reached: within a document's length of the wanted one.
  expect(Math.abs(shares.stories - 0.3)).toBeLessThan(0.01);
  expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
}, 60_000);
