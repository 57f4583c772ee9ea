/** A device that fails in a stage: the run goes on to the same bits, or stops and says why. */
import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../src/lab/api';
import { memoryStore, type Store } from '../../src/store/store';
import { FaultyGpu } from '../support/faultyGpu';
import { smallConfig, testLab } from '../support/lab';

/** Long enough that a fault finds the training at work. */
const CONFIG = smallConfig(7, { 'base.tokens': 512 * 24 });
const PAUSES_MS = [100, 200, 300];

function faultyLab() {
  const gpu = new FaultyGpu();
  return { gpu, ...testLab(memoryStore(), { gpu: { from: gpu.from, pausesMs: PAUSES_MS } }) };
}

async function bitsOf(store: Store, id: string): Promise<number[]> {
  const floats = await store.get<Float32Array<ArrayBuffer>>(id, 'model base');
  return Array.from(new Uint32Array(floats!.buffer));
}

let wanted: Promise<number[]> | undefined;

/** The base model of a run without a fault. */
function straight(): Promise<number[]> {
  wanted ??= (async () => {
    const { lab, store } = testLab();
    const { id } = await lab.create(CONFIG);
    await lab.run(['base']);
    return bitsOf(store, id);
  })();
  return wanted;
}

const step = (events: readonly LabEvent[]) =>
  events.reduce((last, event) => (event.type === 'progress' ? event.progress.done : last), 0);
const said = (events: readonly LabEvent[], level: 'warn' | 'error') =>
  events.flatMap((event) => (event.type === 'log' && event.level === level ? event.message : []));

/** Starts the base training with a checkpoint at each step, and resolves when some are done. */
async function startedRun(lab: ReturnType<typeof testLab>['lab'], events: readonly LabEvent[]) {
  const { id } = await lab.create(CONFIG);
  const running = lab.run(['base'], { checkpointMs: 0 });
  running.catch(() => {});
  await expect.poll(() => step(events), { timeout: 150_000, interval: 5 }).toBeGreaterThan(2);
  return { id, running };
}

describe('a device that is lost in the middle of a step', () => {
  it('is opened again, and the training ends in the same bits', async () => {
    const { gpu, lab, store, events } = faultyLab();
    const { id, running } = await startedRun(lab, events);
    gpu.device.destroy();
    await running;
    expect(said(events, 'warn')).toEqual([
      'The GPU device was lost; the run goes on from its last checkpoint.',
    ]);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('is waited for while the browser has no adapter', async () => {
    const { gpu, lab, store, events } = faultyLab();
    const { id, running } = await startedRun(lab, events);
    gpu.missing = 2;
    gpu.device.destroy();
    await running;
    expect(gpu.refused).toBe(2);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('ends the stage when no adapter comes back, and the stage goes on once there is one', async () => {
    const { gpu, lab, store, events } = faultyLab();
    const { id, running } = await startedRun(lab, events);
    gpu.missing = Number.POSITIVE_INFINITY;
    gpu.device.destroy();
    await expect(running).rejects.toThrow(
      /did not come back in 4 tries .* offers no adapter.*Restart the browser/,
    );
    expect(gpu.refused).toBe(4);
    expect((await lab.snapshot())!.stages.base).toBe('failed');
    expect(await lab.open()).toMatchObject({ ok: false, problem: 'no-adapter' });
    gpu.missing = 0;
    await lab.resume();
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('is not waited for once somebody asks for a pause', async () => {
    const { gpu, lab, store, events } = faultyLab();
    const { id, running } = await startedRun(lab, events);
    gpu.missing = Number.POSITIVE_INFINITY;
    gpu.device.destroy();
    await expect.poll(() => gpu.refused, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    await lab.pause();
    await running;
    expect((await lab.snapshot())!.stages.base).toBe('paused');
    gpu.missing = 0;
    await lab.resume();
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);
});

describe('an error that nothing caught', () => {
  /** A buffer that is for nothing. */
  const err = (device: GPUDevice) => device.createBuffer({ size: 16, usage: 0 });

  it('stops the stage with its message; resuming ends in the same bits', async () => {
    const { gpu, lab, store, events } = faultyLab();
    const { id, running } = await startedRun(lab, events);
    err(gpu.device);
    await expect(running).rejects.toThrow(/^The GPU reported an error: .* last checkpoint/);
    expect((await lab.snapshot())!.stages.base).toBe('failed');
    expect(said(events, 'error')).toHaveLength(1);
    await lab.resume();
    expect(gpu.devices).toHaveLength(2);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('is told outside a stage, and the next use has a device of its own', async () => {
    const { gpu, lab, store, events } = faultyLab();
    await lab.open();
    err(gpu.device);
    await expect.poll(() => said(events, 'error'), { timeout: 60_000 }).toHaveLength(1);
    const { id } = await lab.create(CONFIG);
    await lab.run(['base']);
    expect(gpu.devices).toHaveLength(2);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);
});

describe('memory that runs out while a stage is made', () => {
  it('ends the stage before its first step and says what to do; trying again works', async () => {
    const { gpu, lab, store, events } = faultyLab();
    gpu.full = 'gradients';
    const { id } = await lab.create(CONFIG);
    await expect(lab.run(['base'])).rejects.toThrow(
      /no memory left for “gradients” \(\d.* MiB\) beside .* smaller batch or model/,
    );
    expect(step(events)).toBe(0);
    expect((await lab.snapshot())!.stages.base).toBe('failed');
    await lab.resume();
    expect(gpu.devices).toHaveLength(2);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('says the same where the browser throws at once', async () => {
    const { gpu, lab } = faultyLab();
    await lab.open();
    await lab.create(CONFIG);
    const create = gpu.device.createBuffer.bind(gpu.device);
    gpu.device.createBuffer = (descriptor) => {
      if (descriptor.label === 'gradients') throw new RangeError('createBuffer failed');
      return create(descriptor);
    };
    await expect(lab.run(['base'])).rejects.toThrow(/no memory left for “gradients”/);
    await lab.resume();
    expect((await lab.snapshot())!.stages.base).toBe('done');
  }, 300_000);
});

describe('work that does not end', () => {
  /** The next hang is noticed at the watchdog's next look, not after minutes. */
  async function noticeHang({ gpu, lab }: ReturnType<typeof faultyLab>): Promise<void> {
    const before = gpu.hung;
    await expect.poll(() => gpu.hung, { timeout: 150_000 }).toBe(before + 1);
    (await lab['gpu'].now()).watchdog.patienceMs = 0;
  }

  it('costs the device; the training goes on to the same bits', async () => {
    const faulty = faultyLab();
    const { gpu, lab, store, events } = faulty;
    gpu.hangs.push(40);
    const { id } = await lab.create(CONFIG);
    const running = lab.run(['base'], { checkpointMs: 0 });
    await noticeHang(faulty);
    await running;
    expect(gpu.devices).toHaveLength(2);
    expect(said(events, 'warn')).toEqual([
      expect.stringMatching(
        /has not finished its work for \d+ s.* goes on from its last checkpoint/,
      ),
    ]);
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);

  it('stops the stage when the same step hangs again, and the stage can be resumed', async () => {
    const faulty = faultyLab();
    const { gpu, lab, store } = faulty;
    gpu.hangs.push(12, 12);
    const { id } = await lab.create(CONFIG);
    const outcome = expect(lab.run(['base'])).rejects.toThrow(/the second time at the same step/);
    await noticeHang(faulty);
    await noticeHang(faulty);
    await outcome;
    expect((await lab.snapshot())!.stages.base).toBe('failed');
    await lab.resume();
    expect(await bitsOf(store, id)).toEqual(await straight());
  }, 300_000);
});
