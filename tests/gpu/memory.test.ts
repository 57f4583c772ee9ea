/** A device that has no memory left, or that refuses a command, says so before its numbers are used. */
import { describe, expect, it } from 'vitest';
import { GpuFault } from '../../src/gpu/faults';
import { hasten } from '../../src/gpu/readback';
import { fakeGpu } from '../support/fakeDevice';

const validationError = { message: '[Buffer "x"] is invalid.\n - while queueing' } as GPUError;

describe('an allocation', () => {
  it('that finds memory is proven once', async () => {
    const { gpu } = await fakeGpu();
    gpu.alloc('weights', 1024);
    await gpu.allocated();
    await gpu.allocated();
    expect(gpu.failure).toBeUndefined();
  });

  it('that finds none is named with its size, and the device can still be used', async () => {
    const { gpu, device } = await fakeGpu();
    device.full.add('kv cache 3');
    gpu.alloc('weights', 1024 * 1024);
    const view = gpu.alloc('kv cache 3', 64 * 1024 * 1024);
    gpu.alloc('tokens', 1024);
    const fault = await gpu.allocated().catch((cause) => cause);
    expect(fault).toBeInstanceOf(GpuFault);
    expect(fault.message).toBe(
      'The GPU has no memory left for “kv cache 3” (64 MiB) beside the 1.0 MiB in use. Choose a smaller batch or model, or more gradient accumulation, or close other tabs that use the GPU; then resume.',
    );
    gpu.free(view);
    await gpu.allocated();
    expect(gpu.failure).toBeUndefined();
  });

  it('that the browser refuses at once says the same and is not counted', async () => {
    const { gpu, device } = await fakeGpu();
    device.refused.add('gradients');
    expect(() => gpu.alloc('gradients', 1024)).toThrow(/no memory left for “gradients”/);
    expect(gpu.counters.bytes).toBe(0);
    await gpu.allocated();
  });

  it('is the cause of what its missing memory makes invalid', async () => {
    const { gpu, device } = await fakeGpu();
    const told: string[] = [];
    gpu.onError = (message) => told.push(message);
    device.full.add('weights');
    gpu.alloc('weights', 1024);
    device.err(validationError);
    await expect(hasten(gpu, new Promise(() => {}))).rejects.toThrow(
      /no memory left for “weights”/,
    );
    expect(told).toEqual([expect.stringMatching(/no memory left for “weights”/)]);
  });
});

describe('an error that nothing caught', () => {
  it('is told, and ends every wait of now and of later', async () => {
    const { gpu, device } = await fakeGpu();
    const told: string[] = [];
    gpu.onError = (message) => told.push(message);
    const wait = expect(hasten(gpu, new Promise(() => {}))).rejects.toThrow(/is invalid/);
    device.err(validationError);
    await wait;
    expect(told).toEqual([
      'The GPU reported an error: [Buffer "x"] is invalid. Nothing computed after it is used; resume to go on from the last checkpoint, and if it happens again, reload the page.',
    ]);
    await expect(hasten(gpu, Promise.resolve(1))).rejects.toThrow(/is invalid/);
    expect(gpu.isLost).toBe(false);
  });

  it('of memory asks for less', async () => {
    const { gpu, device } = await fakeGpu();
    gpu.onError = () => {};
    device.err(new GPUOutOfMemoryError('out'));
    await expect(gpu.waits.on(Promise.resolve())).rejects.toThrow(/no memory left for a buffer/);
  });
});

it('a wait for a device that is lost ends with it', async () => {
  const { gpu, device } = await fakeGpu();
  const wait = expect(hasten(gpu, new Promise(() => {}))).rejects.toThrow(/lost: crashed/);
  device.lose({ reason: 'unknown', message: 'crashed' });
  await wait;
  expect(await gpu.wasLost()).toBe(true);
});
