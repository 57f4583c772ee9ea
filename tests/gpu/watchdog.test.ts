/** Work that does not end is noticed, on a clock that the test moves and a queue that it empties. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasten } from '../../src/gpu/readback';
import { HANG_MS, SOFTWARE_HANG_MS } from '../../src/gpu/watchdog';
import { fakeGpu } from '../support/fakeDevice';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets the timers of so much time run. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const TICK = 1000;

describe('work that was submitted', () => {
  it('may take its time', async () => {
    const { gpu, device } = await fakeGpu();
    gpu.submit();
    await pass(HANG_MS);
    expect(gpu.failure).toBeUndefined();
    device.ends.shift()!();
    await pass(100 * HANG_MS);
    expect(gpu.failure).toBeUndefined();
  });

  it('costs the device when it does not end, and so does every wait for it', async () => {
    const { gpu, device } = await fakeGpu();
    gpu.submit();
    const wait = expect(hasten(gpu, gpu.done)).rejects.toThrow(/not finished its work for 31 s/);
    await pass(HANG_MS + TICK);
    await wait;
    expect(gpu.isLost).toBe(true);
    expect(device.isDestroyed).toBe(true);
    await expect(hasten(gpu, Promise.resolve())).rejects.toThrow(/not finished its work/);
  });

  it('is told from a long queue: each end begins the time anew', async () => {
    const { gpu, device } = await fakeGpu();
    for (let submit = 0; submit < 5; submit++) gpu.submit();
    for (let end = 0; end < 5; end++) {
      await pass(HANG_MS - TICK);
      device.ends.shift()!();
    }
    await pass(TICK);
    expect(gpu.failure).toBeUndefined();
  });

  it('may take longer where it was seen to take long before', async () => {
    const { gpu, device } = await fakeGpu();
    gpu.submit();
    await pass(20 * TICK);
    device.ends.shift()!();
    await pass(TICK);
    gpu.submit();
    await pass(HANG_MS + 20 * TICK);
    expect(gpu.failure).toBeUndefined();
    await pass(TICK);
    expect(gpu.failure).toBeDefined();
  });

  it('may take ten times as long on a software adapter', async () => {
    const { gpu } = await fakeGpu(true);
    gpu.submit();
    await pass(SOFTWARE_HANG_MS);
    expect(gpu.failure).toBeUndefined();
    await pass(TICK);
    expect(gpu.failure).toBeDefined();
  });
});

it('time in which no timer ran does not count: a laptop that slept, a tab that was frozen', async () => {
  const { gpu, device } = await fakeGpu();
  gpu.submit();
  await pass(HANG_MS - 2 * TICK);
  vi.setSystemTime(Date.now() + 8 * 3600 * 1000);
  await pass(2 * TICK);
  expect(gpu.failure).toBeUndefined();
  device.ends.shift()!();
  await pass(TICK);
  expect(vi.getTimerCount()).toBe(0);
});

it('nothing is watched once the device is closed', async () => {
  const { gpu } = await fakeGpu();
  gpu.submit();
  gpu.close();
  expect(vi.getTimerCount()).toBe(0);
});
