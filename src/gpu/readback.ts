/**
 * From the GPU to JavaScript: one-off reads, and the bounded queue.
 *
 * Firefox settles `mapAsync` and `onSubmittedWorkDone` on a 100 ms poll that any submit brings
 * forward, so a wait there submits nothing, often (`hasten`).
 */
import type { Gpu, View } from './device';

const isFirefox = /Firefox\//.test(globalThis.navigator?.userAgent ?? '');

/**
 * Waits for a GPU promise; in Firefox, nudges its poll meanwhile.
 * @throws the device's failure, so that nothing that was computed after it is ever read
 */
export async function hasten<T>(gpu: Gpu, promise: Promise<T>): Promise<T> {
  const wait = gpu.waits.on(promise);
  if (!isFirefox) return wait;
  let settled = false;
  const done = wait.finally(() => {
    settled = true;
  });
  const nudge = () => {
    if (settled) return;
    gpu.device.queue.submit([]);
    setTimeout(nudge, 2);
  };
  nudge();
  return done;
}

/** Copies views into one staging buffer and hands each back as its own ArrayBuffer. */
export async function read(gpu: Gpu, ...views: View[]): Promise<ArrayBuffer[]> {
  const size = views.reduce((sum, view) => sum + view.size, 0);
  const staging = gpu.staging('readback', size);
  const encoder = gpu.device.createCommandEncoder({ label: 'readback' });
  let at = 0;
  for (const view of views) {
    encoder.copyBufferToBuffer(view.buffer, view.offset, staging, at, view.size);
    at += view.size;
  }
  gpu.submit(encoder.finish());
  gpu.counters.readbacks++;
  try {
    await hasten(gpu, staging.mapAsync(GPUMapMode.READ));
    const all = staging.getMappedRange();
    at = 0;
    return views.map((view) => {
      const part = all.slice(at, at + view.size);
      at += view.size;
      return part;
    });
  } finally {
    staging.destroy();
  }
}

/** Reads one view as `elements` floats. */
export async function readFloats(gpu: Gpu, view: View, elements: number): Promise<Float32Array> {
  const [bytes] = await read(gpu, view);
  return new Float32Array(bytes!, 0, elements);
}

/** Reads one view as `elements` signed integers. */
export async function readInts(gpu: Gpu, view: View, elements: number): Promise<Int32Array> {
  const [bytes] = await read(gpu, view);
  return new Int32Array(bytes!, 0, elements);
}

/** Steps that may be queued at once, however short they are. */
export const MOST_AHEAD = 32;

/**
 * Keeps the queue short: at most `ahead` steps, and no more than about `milliseconds` of work, are
 * queued, so that a pause takes hold at once and yet the GPU never waits for JavaScript.
 */
export class Throttle {
  private pending: Promise<void>[] = [];
  private stepMs = 20;
  private lastDone = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly milliseconds = 150,
    private readonly most = MOST_AHEAD,
  ) {}

  /** Call after each submitted step; resolves when another may be queued. */
  async next(): Promise<void> {
    const done = this.gpu.done.then(() => {
      const now = performance.now();
      if (this.lastDone > 0) this.stepMs += 0.1 * (now - this.lastDone - this.stepMs);
      this.lastDone = now;
    });
    // Those that nobody comes to wait for, as the training has ended, may fail unheard.
    done.catch(() => {});
    this.pending.push(done);
    const ahead = Math.min(this.most, Math.max(2, Math.ceil(this.milliseconds / this.stepMs)));
    while (this.pending.length > ahead) await hasten(this.gpu, this.pending.shift()!);
  }

  /** Resolves when everything queued has run. */
  async drain(): Promise<void> {
    const last = this.pending.at(-1);
    this.pending = [];
    if (last) await hasten(this.gpu, last);
    this.lastDone = 0;
  }
}
