/** Two tabs on one experiment: one writes, the other sees it live, and taking over is asked for. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LabEvent } from '../../src/lab/api';
import { Tabs, whileUnused } from '../../src/lab/tabs';
import { memoryStore } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 60_000 });

describe('the tabs of an experiment', () => {
  const joined: Tabs[] = [];
  afterEach(() => {
    for (const tabs of joined.splice(0)) tabs.leave();
  });
  const join = async (id: string, letsGo = true) => {
    const told = { yielded: 0, stolen: 0, free: 0, events: [] as LabEvent[] };
    const tabs = await Tabs.join(id, {
      yield: async () => {
        told.yielded++;
        if (!letsGo) await new Promise(() => {});
      },
      stolen: () => told.stolen++,
      free: () => told.free++,
      events: (events) => told.events.push(...events),
      snapshot: () => null,
    });
    joined.push(tabs);
    return { tabs, told };
  };

  it('are one writer and many who look on and hear what happens', async () => {
    const first = await join('one');
    const second = await join('one');
    const third = await join('one');
    expect([first, second, third].map(({ tabs }) => tabs.isWriter)).toEqual([true, false, false]);
    const event: LabEvent = { type: 'log', level: 'info', message: 'hello', time: 1 };
    first.tabs.broadcast([event]);
    second.tabs.broadcast([{ ...event, message: 'not to be heard' }]);
    await eventually(() => third.told.events).toEqual([event]);
    expect(second.told.events).toEqual([event]);
  });

  it('change places when one asks: the writer stores, then lets go', async () => {
    const first = await join('two');
    const second = await join('two');
    await second.tabs.takeOver();
    expect(first.told).toMatchObject({ yielded: 1, stolen: 0 });
    expect([first.tabs.isWriter, second.tabs.isWriter]).toEqual([false, true]);
    await first.tabs.takeOver();
    expect([first.tabs.isWriter, second.tabs.isWriter]).toEqual([true, false]);
  });

  it('take the place of a writer that does not let go, and that one is told', async () => {
    const first = await join('stuck', false);
    const second = await join('stuck');
    await second.tabs.takeOver(100);
    await eventually(() => first.told.stolen).toBe(1);
    expect([first.tabs.isWriter, second.tabs.isWriter]).toEqual([false, true]);
  });

  it('say so to those who look on when the writer is closed', async () => {
    const first = await join('three');
    const second = await join('three');
    expect(second.told.free).toBe(0);
    first.tabs.leave();
    await eventually(() => second.told.free).toBe(1);
    expect(second.tabs.isWriter).toBe(false);
  });

  it('keep others from what they have open', async () => {
    const ran: string[] = [];
    const run = (id: string) => whileUnused(id, async () => void ran.push(id));
    const { tabs } = await join('four');
    expect(await run('four')).toBe(false);
    tabs.leave();
    expect(await run('five')).toBe(true);
    await eventually(() => run('four')).toBe(true);
    expect(ran[0]).toBe('five');
  });
});

describe('an experiment in two tabs', () => {
  it('runs in one, is seen in the other, and goes on there when taken over', async () => {
    const store = memoryStore();
    const first = testLab(store);
    const { id, access } = await first.lab.create(smallConfig());
    expect(access).toBe('write');
    await first.lab.step();

    const second = testLab(store, { beside: true });
    expect((await second.lab.select(id)).access).toBe('read');
    await expect(second.lab.run(['base'])).rejects.toThrow(/Another tab is at work.*take it over/);
    await expect(second.lab.set('base.lr', 0.001)).rejects.toThrow(/Another tab/);
    await expect(second.lab.remove(id)).rejects.toThrow(/Another tab/);

    await first.lab.step();
    const rowsOf = (events: LabEvent[]) => events.filter(({ type }) => type === 'metrics').length;
    await eventually(() => rowsOf(second.events)).toBeGreaterThan(0);
    const [mine, theirs] = [await first.lab.snapshot(), await second.lab.snapshot()];
    expect(theirs).toEqual({ ...mine, access: 'read' });

    const running = first.lab.resume();
    const taken = await second.lab.takeOver();
    await running;
    expect(taken.access).toBe('write');
    expect((await first.lab.snapshot())!.access).toBe('read');
    expect(taken.stages.base).toMatch(/paused|done/);
    await expect(first.lab.resume()).rejects.toThrow(/Another tab/);
    if (taken.stages.base === 'paused') await second.lab.resume();
    expect((await second.lab.snapshot())!.stages.base).toBe('done');
    await eventually(async () => (await first.lab.snapshot())!.stages.base).toBe('done');
  }, 120_000);

  it('is opened once by a tab that chooses it while it is being made there', async () => {
    const { lab } = testLab();
    const made = lab.create(smallConfig());
    await expect.poll(() => lab.experiments(), { timeout: 60_000, interval: 1 }).toHaveLength(1);
    const { id } = (await lab.experiments())[0]!;
    const [one, again] = await Promise.all([made, lab.select(id)]);
    expect([one.access, again.access]).toEqual(['write', 'write']);
    await lab.setNotes(id, 'mine');
  }, 120_000);
});
