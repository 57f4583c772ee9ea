/**
 * The browser's WebGPU with faults on demand: devices that can be got at, adapters that are missing,
 * memory that runs out, work that never ends. Everything else is the real thing.
 */

/** Work of a device that never ends from some submit on; `begun` is called then. */
function hangAfter(device: GPUDevice, submits: number, begun: () => void): void {
  const { queue } = device;
  const never = () => new Promise<never>(() => {});
  const [submit, done] = [queue.submit.bind(queue), queue.onSubmittedWorkDone.bind(queue)];
  const create = device.createBuffer.bind(device);
  let left = submits;
  queue.submit = (commands) => {
    left--;
    if (left === -1) begun();
    return submit(commands);
  };
  queue.onSubmittedWorkDone = () => (left < 0 ? never() : done());
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const map = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (mode) => (left < 0 ? never() : map(mode));
    return buffer;
  };
}

/** An allocation with this label finds no memory, as the device would say it. */
function withoutMemoryFor(device: GPUDevice, label: string): void {
  const create = device.createBuffer.bind(device);
  const pop = device.popErrorScope.bind(device);
  let isMissing = false;
  device.createBuffer = (descriptor) => {
    isMissing = descriptor.label === label;
    return create(descriptor);
  };
  device.popErrorScope = async () => {
    const found = isMissing ? new GPUOutOfMemoryError('not enough memory left') : null;
    isMissing = false;
    return (await pop()) ?? found;
  };
}

export class FaultyGpu {
  /** Devices so far, the last is the one in use. */
  readonly devices: GPUDevice[] = [];
  /** Adapters that are still to be missing. */
  missing = 0;
  /** Requests that found none. */
  refused = 0;
  /** The next devices hang after so many submits each. */
  readonly hangs: number[] = [];
  /** Devices that have begun to hang. */
  hung = 0;
  /** The next device has no memory for a buffer of this label. */
  full: string | undefined;

  get device(): GPUDevice {
    return this.devices.at(-1)!;
  }

  /** What is given to the lab in place of `navigator.gpu`. */
  readonly from = {
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      if (this.missing > 0) {
        this.missing--;
        this.refused++;
        return null;
      }
      const adapter = (await navigator.gpu.requestAdapter(options))!;
      const request = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await request(descriptor);
        const submits = this.hangs.shift();
        if (submits !== undefined) hangAfter(device, submits, () => this.hung++);
        if (this.full !== undefined) withoutMemoryFor(device, this.full);
        this.full = undefined;
        this.devices.push(device);
        return device;
      };
      return adapter;
    },
  } as unknown as GPU;
}
