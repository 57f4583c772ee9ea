/** When a lost device is worth another, and how long a missing adapter is waited for. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { GpuFault, hung } from '../../src/gpu/faults';
import { MOST_AHEAD } from '../../src/gpu/readback';
import type { Progress } from '../../src/lab/api';
import { Losses, PAUSES_MS, reopen } from '../../src/lab/recovery';
import type { Checkpoint } from '../../src/rlhf/context';

const at = (done: number, phase = 'training SFT'): Progress => ({
  ...{ stage: 'sft', phase, done, total: 1000 },
  ...{ secondsLeft: null, tokensPerSecond: null },
});
const checkpoint = (step: number): Checkpoint => ({
  ...{ training: 'sft', step, arenas: {}, state: {} },
});
const lost = new GpuFault('lost', 'The GPU device was lost.');

describe('losses of the device', () => {
  it('are borne as long as the run gets on', () => {
    const losses = new Losses();
    for (let step = 0; step < 50; step++) {
      losses.note(lost, { progress: at(step), checkpoint: checkpoint(step) });
    }
  });

  it('end the run when none of several attempts came to a checkpoint', () => {
    const losses = new Losses();
    const where = { progress: at(3), checkpoint: checkpoint(1) };
    for (let time = 0; time < 3; time++) losses.note(lost, where);
    expect(() => losses.note(lost, where)).toThrow(/lost 4 times without a new checkpoint/);
  });
});

describe('a step that hangs', () => {
  it('is tried once more and no third time, however much was queued behind it', () => {
    const losses = new Losses();
    const where = (done: number, step: number) => ({
      progress: at(done),
      checkpoint: checkpoint(step),
    });
    expect(losses.note(hung(31), where(100, 90))).toBe(
      'The GPU has not finished its work for 31 s, so its device was closed; the run goes on from its last checkpoint.',
    );
    expect(() => losses.note(hung(31), where(100 + MOST_AHEAD, 95))).toThrow(
      /smaller batch or model; then resume. It was the second time at the same step\.$/,
    );
  });

  it('is another one once the run is well past it, or in another phase', () => {
    const losses = new Losses();
    losses.note(hung(31), { progress: at(100), checkpoint: checkpoint(90) });
    losses.note(hung(31), { progress: at(101 + MOST_AHEAD), checkpoint: checkpoint(120) });
    losses.note(hung(31), { progress: at(1, 'training SFT for RL'), checkpoint: undefined });
  });
});

describe('an adapter that is missing', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const none = async () => {
    throw new Error('WebGPU is here, but it offers no adapter.');
  };

  it('is asked for again after growing pauses, and then given up', async () => {
    const asked: number[] = [];
    const begun = Date.now();
    const given = reopen(
      () => {
        asked.push(Date.now() - begun);
        return none();
      },
      () => false,
    );
    const outcome = expect(given).rejects.toThrow(
      'The GPU was lost and did not come back in 7 tries (WebGPU is here, but it offers no adapter). Restart the browser, or wake or reconnect the graphics card; then resume: the run goes on from its last checkpoint.',
    );
    await vi.runAllTimersAsync();
    await outcome;
    const pauses = asked.slice(1).map((time, i) => time - asked[i]!);
    expect(pauses).toEqual(PAUSES_MS);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  });

  it('is taken as soon as it is there', async () => {
    const gpu = {} as Gpu;
    let tries = 0;
    const got = reopen(
      () => (++tries < 3 ? none() : Promise.resolve(gpu)),
      () => false,
    );
    await vi.runAllTimersAsync();
    expect(await got).toBe(gpu);
  });

  it('is not waited for when somebody wants a pause', async () => {
    let isStopped = false;
    const outcome = expect(reopen(none, () => isStopped)).rejects.toMatchObject({ name: 'Paused' });
    await vi.advanceTimersByTimeAsync(PAUSES_MS[0]! / 2);
    isStopped = true;
    await vi.advanceTimersByTimeAsync(PAUSES_MS[0]! / 2);
    await outcome;
  });
});
