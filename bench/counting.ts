/** Counts what another library asks of the GPU in this thread, by wrapping WebGPU's own methods. */

export interface GpuUse {
  dispatches: number;
  submits: number;
  readbacks: number;
  bindGroups: number;
  /** Of live buffers. */
  bytes: number;
  peakBytes: number;
}

/** Totals from the call on. Call once, before the library opens its device. */
export function countGpuUse(): GpuUse {
  const use = { dispatches: 0, submits: 0, readbacks: 0, bindGroups: 0, bytes: 0, peakBytes: 0 };
  const before = <T extends object, K extends keyof T>(
    type: { prototype: T },
    name: K,
    note: (target: T) => void,
  ) => {
    const original = type.prototype[name] as (...args: unknown[]) => unknown;
    type.prototype[name] = function (this: T, ...args: unknown[]) {
      note(this);
      return original.apply(this, args);
    } as T[K];
  };
  before(GPUComputePassEncoder, 'dispatchWorkgroups', () => {
    use.dispatches++;
  });
  before(GPUQueue, 'submit', () => {
    use.submits++;
  });
  before(GPUBuffer, 'mapAsync', () => {
    use.readbacks++;
  });
  before(GPUDevice, 'createBindGroup', () => {
    use.bindGroups++;
  });
  const live = new WeakSet<GPUBuffer>();
  before(GPUBuffer, 'destroy', (buffer) => {
    if (live.delete(buffer)) use.bytes -= buffer.size;
  });
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = create.call(this, descriptor);
    live.add(buffer);
    use.bytes += buffer.size;
    use.peakBytes = Math.max(use.peakBytes, use.bytes);
    return buffer;
  };
  return use;
}

/** What has been asked for since a copy of the totals was made; bytes are the peak. */
export const useSince = (use: GpuUse, before: GpuUse) => ({
  dispatches: use.dispatches - before.dispatches,
  submits: use.submits - before.submits,
  readbacks: use.readbacks - before.readbacks,
  bindGroups: use.bindGroups - before.bindGroups,
  bytes: use.peakBytes,
});
