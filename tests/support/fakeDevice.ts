/** A WebGPU in plain JavaScript that computes nothing: what it answers, and when, is the test's. */
import { Gpu } from '../../src/gpu/device';

/** The constants and error classes of a browser, for Node. */
Object.assign(globalThis, {
  GPUBufferUsage: { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 },
  GPUShaderStage: { COMPUTE: 4 },
  GPUMapMode: { READ: 1 },
  GPUOutOfMemoryError: class {
    constructor(readonly message: string) {}
  },
});

interface Filled {
  readonly bytes: Uint8Array;
}

export class FakeDevice {
  readonly limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  readonly features = new Set<GPUFeatureName>();
  isDestroyed = false;
  lose!: (info: { reason: string; message: string }) => void;
  readonly lost = new Promise((resolve) => {
    this.lose = resolve;
  });
  /** Ends of submitted work, the oldest first; nothing ends by itself. */
  readonly ends: (() => void)[] = [];
  /** Labels that find no memory. */
  readonly full = new Set<string>();
  /** Labels that the browser refuses at once. */
  readonly refused = new Set<string>();
  private readonly scopes: (GPUError | null)[] = [];
  private uncaptured: ((event: { error: GPUError }) => void) | undefined;

  /** Whether work ends as soon as it is submitted. */
  isPrompt = false;
  /** Called with the number of submits after each. */
  onSubmit: (submits: number) => void = () => {};
  private submits = 0;

  readonly queue = {
    submit: () => this.onSubmit(++this.submits),
    writeBuffer: (
      { bytes }: Filled,
      at: number,
      data: ArrayBuffer,
      from = 0,
      size = data.byteLength - from,
    ) => bytes.set(new Uint8Array(data, from, size), at),
    onSubmittedWorkDone: () => {
      if (this.isDestroyed) return Promise.reject(new Error('device lost'));
      if (this.isPrompt) return Promise.resolve();
      return new Promise<void>((done) => this.ends.push(done));
    },
  };

  addEventListener(_type: string, listener: (event: { error: GPUError }) => void): void {
    this.uncaptured = listener;
  }

  /** An error that nothing caught. */
  err(error: GPUError): void {
    this.uncaptured!({ error });
  }

  pushErrorScope(): void {
    this.scopes.push(null);
  }

  async popErrorScope(): Promise<GPUError | null> {
    return this.scopes.pop()!;
  }

  createBuffer({ label, size }: GPUBufferDescriptor) {
    if (this.refused.has(label!)) throw new RangeError('no room');
    if (this.full.has(label!)) this.scopes[this.scopes.length - 1] = new GPUOutOfMemoryError('no');
    const bytes = new Uint8Array(size);
    const buffer = {
      ...{ size, bytes, destroy: () => {}, unmap: () => {} },
      getMappedRange: () => bytes.slice().buffer,
      mapAsync: () => this.queue.onSubmittedWorkDone(),
    };
    return buffer;
  }

  createShaderModule = () => ({});
  createBindGroupLayout = () => ({});
  createPipelineLayout = () => ({});
  createBindGroup = () => ({});
  createComputePipelineAsync = async () => ({});

  /** Copies are made, at once; dispatches compute nothing. */
  createCommandEncoder() {
    return {
      beginComputePass: () => ({
        setPipeline: () => {},
        setBindGroup: () => {},
        dispatchWorkgroups: () => {},
        end: () => {},
      }),
      copyBufferToBuffer: (from: Filled, at: number, to: Filled, into: number, size: number) =>
        to.bytes.set(from.bytes.subarray(at, at + size), into),
      finish: () => ({}),
    };
  }

  destroy(): void {
    this.isDestroyed = true;
    this.lose({ reason: 'destroyed', message: 'destroyed' });
  }
}

/** A browser's WebGPU whose devices are fakes. */
export class FakeWebGpu {
  /** Devices so far; the last is the one in use. */
  readonly devices: FakeDevice[] = [];
  /** Adapters that are still to be missing, and requests that found none. */
  missing = 0;
  refused = 0;
  isSoftware = false;
  /** Done to each new device; which of them it is, from 0, comes with it. */
  onDevice: (device: FakeDevice, index: number) => void = () => {};

  get device(): FakeDevice {
    return this.devices.at(-1)!;
  }

  readonly entry = {
    requestAdapter: async () => {
      if (this.missing > 0) {
        this.missing--;
        this.refused++;
        return null;
      }
      return {
        limits: new Proxy({}, { get: () => Number.MAX_SAFE_INTEGER }),
        features: new Set(),
        info: { vendor: 'fake', isFallbackAdapter: this.isSoftware },
        requestDevice: async () => {
          const device = new FakeDevice();
          this.onDevice(device, this.devices.length);
          this.devices.push(device);
          return device;
        },
      };
    },
  } as unknown as GPU;
}

/** A Gpu on a fake device, a software one if said so. */
export async function fakeGpu(isSoftware = false): Promise<{ gpu: Gpu; device: FakeDevice }> {
  const web = new FakeWebGpu();
  web.isSoftware = isSoftware;
  const gpu = await Gpu.open(web.entry);
  return { gpu, device: web.device };
}
