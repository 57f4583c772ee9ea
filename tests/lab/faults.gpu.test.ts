/** A real device that fails in the middle of a training, which ends in the same bits all the same. */
import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../src/lab/api';
import { memoryStore, type Store } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

/** Long enough that a fault finds the training at work. */
const CONFIG = smallConfig(7, { 'base.tokens': 512 * 24 });

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

const said = (events: readonly LabEvent[], level: 'warn' | 'error') =>
  events.flatMap((event) => (event.type === 'log' && event.level === level ? event.message : []));

/** A base training with a checkpoint at each step; resolves when two steps are done. */
async function startedRun() {
  const { lab, store, events } = testLab(memoryStore(), { ownDevice: true });
  const { id } = await lab.create(CONFIG);
  const running = lab.run(['base'], { checkpointMs: 0 });
  running.catch(() => {});
  const steps = () => events.filter(({ type }) => type === 'progress').length;
  await expect.poll(steps, { timeout: 150_000, interval: 5 }).toBeGreaterThan(1);
  expect((await lab.snapshot())!.progress!.done).toBeLessThan(24);
  return { lab, events, running, gpu: await lab['gpu'].now(), bits: () => bitsOf(store, id) };
}

/** From now on nothing that was submitted ends, and no buffer is mapped. */
function hang(device: GPUDevice): void {
  const never = () => new Promise<never>(() => {});
  device.queue.onSubmittedWorkDone = never;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => Object.assign(create(descriptor), { mapAsync: never });
}

describe('in the middle of a step', () => {
  it('a device that is lost is opened again', async () => {
    const { events, running, gpu, bits } = await startedRun();
    gpu.device.destroy();
    await running;
    expect(said(events, 'warn')).toEqual([
      'The GPU device was lost; the run goes on from its last checkpoint.',
    ]);
    expect(await bits()).toEqual(await straight());
  }, 300_000);

  it('an error that nothing caught stops the stage, which can be resumed', async () => {
    const { lab, events, running, gpu, bits } = await startedRun();
    // A buffer that is for nothing.
    gpu.device.createBuffer({ size: 16, usage: 0 });
    await expect(running).rejects.toThrow(/^The GPU reported an error: .* last checkpoint/);
    expect(said(events, 'error')).toHaveLength(1);
    await lab.resume();
    expect(await bits()).toEqual(await straight());
  }, 300_000);

  it('work that does not end costs the device, and the training goes on', async () => {
    const { events, running, gpu, bits } = await startedRun();
    hang(gpu.device);
    gpu.watchdog.patienceMs = 0;
    await running;
    expect(gpu.isLost).toBe(true);
    expect(said(events, 'warn')[0]).toMatch(/not finished its work for \d+ s/);
    expect(await bits()).toEqual(await straight());
  }, 300_000);
});
