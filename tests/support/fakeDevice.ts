/** A WebGPU in plain JavaScript that computes nothing: what it answers, and when, is the test's. */
import { Gpu } from '../../src/gpu/device';

/** The constants and error classes of a browser, for Node. */
Object.assign(globalThis, {
  GPUBufferUsage: { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 },
  GPUOutOfMemoryError: class {
    constructor(readonly message: string) {}
  },
});

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

  readonly queue = {
    submit: () => {},
    writeBuffer: () => {},
    onSubmittedWorkDone: () => new Promise<void>((done) => this.ends.push(done)),
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
    return { size, destroy: () => {} };
  }

  destroy(): void {
    this.isDestroyed = true;
    this.lose({ reason: 'destroyed', message: 'destroyed' });
  }
}

/** A Gpu on a fake device, a software one if said so. */
export async function fakeGpu(isSoftware = false): Promise<{ gpu: Gpu; device: FakeDevice }> {
  const device = new FakeDevice();
  const most = Number.MAX_SAFE_INTEGER;
  const adapter = {
    limits: new Proxy({}, { get: () => most }),
    features: new Set(),
    info: { vendor: 'fake', isFallbackAdapter: isSoftware },
    requestDevice: async () => device,
  };
  const gpu = await Gpu.open({ requestAdapter: async () => adapter } as unknown as GPU);
  return { gpu, device };
}
