/**
 * Opens the GPU: adapter, limits, features, compiled pipelines, counters.
 *
 * Designed for the smallest WebGPU device (8 storage buffers a stage, 16 KiB of workgroup memory);
 * more is asked for only where the adapter offers it.
 */

import { GpuFault, hung, outOfMemory, refused } from './faults';
import { type Feature, offers } from './features';
import { type ImageSize, imageBytes } from './images';
import type { Kernel, Values } from './kernel';
import { Memory } from './memory';
import { compilePipeline, type Pipeline } from './pipeline';
import { Waits } from './waits';
import { HANG_MS, SOFTWARE_HANG_MS, Watchdog } from './watchdog';

/** Why there is no GPU to work with; each has its own advice in the page. */
export type GpuProblem = 'no-webgpu' | 'no-adapter' | 'limits' | 'device';

export class GpuUnavailable extends Error {
  override readonly name = 'GpuUnavailable';
  constructor(
    readonly problem: GpuProblem,
    message: string,
  ) {
    super(message);
  }
}

export interface AdapterName {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True for a software adapter such as SwiftShader or llvmpipe. */
  readonly is_fallback: boolean;
}

/** Totals since the device was opened; the benchmark reads differences. */
export interface GpuCounters {
  dispatches: number;
  submits: number;
  readbacks: number;
  bindGroups: number;
  buffers: number;
  /** Bytes of all live buffers and images. */
  bytes: number;
  /** The most `bytes` has been. */
  peakBytes: number;
}

/** A range of a GPU buffer; offset and size in bytes, the offset a multiple of 256. */
export interface View {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

const NEEDED: Partial<Record<keyof GPUSupportedLimits, number>> = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxStorageBufferBindingSize: 128 * 1024 * 1024,
};

/** Limits that are raised to what the adapter has. */
const RAISED = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** Features that are asked for where the adapter has them. */
const WISHED: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];

const BUFFER_USAGE = () =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

export class Gpu {
  readonly counters: GpuCounters = {
    dispatches: 0,
    submits: 0,
    readbacks: 0,
    bindGroups: 0,
    buffers: 0,
    bytes: 0,
    peakBytes: 0,
  };
  /** Settles when the device is lost; `reason` is 'destroyed' after `close`. */
  readonly lost: Promise<GPUDeviceLostInfo>;
  /**
   * Measured choices among the variants of an operation, by the operation's own key (matrix
   * products: `matmulClass` in src/kernels). What is recorded after a change follows it.
   */
  readonly variants = new Map<string, string>();
  /** Optional features that were seen to compute what they should here (`verifyFeatures` in src/kernels). */
  readonly verified = new Set<Feature>();
  /** Those of them that what is recorded may use: as somebody switched them, or as `isUsedUnasked` says. */
  readonly trusted = new Set<Feature>();
  /**
   * Set by the owner; called with each error of the device that nothing caught. Such an error ends
   * every wait for this device.
   */
  onError: (message: string) => void = (message) => {
    throw new Error(message);
  };
  /** Whether the device is gone; everything made on it is useless then. */
  isLost = false;
  /** Everything that waits for this device. */
  readonly waits = new Waits();
  readonly watchdog: Watchdog;
  /** Settles when what was submitted last has run. */
  done: Promise<unknown> = Promise.resolve();
  private readonly memory: Memory;
  private readonly pipelines = new Map<string, Promise<Pipeline>>();
  private readonly live = new Set<GPUBuffer | GPUTexture>();

  protected constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterName,
  ) {
    this.lost = device.lost.then((info) => {
      this.end(new GpuFault('lost', `The GPU device was lost: ${info.message || info.reason}.`));
      return info;
    });
    this.memory = new Memory(device, () => this.counters.bytes);
    const patience = adapter.is_fallback ? SOFTWARE_HANG_MS : HANG_MS;
    this.watchdog = new Watchdog(patience, (seconds) => this.abandon(hung(seconds)));
    device.addEventListener('uncapturederror', ({ error }) => void this.uncaught(error));
  }

  /**
   * Opens the default adapter.
   * @throws {GpuUnavailable} without WebGPU, an adapter, the needed limits, or a device
   */
  static async open(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<Gpu> {
    if (!gpu) {
      throw new GpuUnavailable('no-webgpu', 'This browser has no WebGPU (navigator.gpu).');
    }
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw new GpuUnavailable('no-adapter', 'WebGPU is here, but it offers no adapter.');
    }
    for (const [name, needed] of Object.entries(NEEDED)) {
      const met = adapter.limits[name as keyof GPUSupportedLimits] as number;
      if (met < needed) {
        throw new GpuUnavailable('limits', `The GPU's ${name} is ${met}; ${needed} is needed.`);
      }
    }
    const requiredLimits: Record<string, number> = {};
    for (const name of RAISED) requiredLimits[name] = adapter.limits[name];
    const requiredFeatures = WISHED.filter((feature) => adapter.features.has(feature));
    let device: GPUDevice;
    try {
      device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    } catch (cause) {
      throw new GpuUnavailable('device', `The GPU refused a device: ${String(cause)}`);
    }
    return new Gpu(device, nameOf(adapter.info));
  }

  /** Whether the device can be asked to use an optional feature. */
  offers(feature: Feature): boolean {
    return offers(this.device, this.adapter.is_fallback, feature);
  }

  get hasTimestamps(): boolean {
    return this.device.features.has('timestamp-query');
  }

  /**
   * The pipeline of a kernel with these constants, compiled once.
   * @throws the failure of the device, which refuses in words of its own what it had begun to compile
   */
  pipeline(kernel: Kernel, constants: Values): Promise<Pipeline> {
    const key = `${kernel.name} ${JSON.stringify(constants)}`;
    let pipeline = this.pipelines.get(key);
    if (!pipeline) {
      pipeline = this.waits.on(compilePipeline(this.device, kernel, constants));
      this.pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /** Why this device is of no use any more, if it is not. */
  get failure(): Error | undefined {
    return this.waits.failure;
  }

  private end(fault: GpuFault): void {
    this.isLost = true;
    this.watchdog.stop();
    this.waits.fail(fault);
  }

  private async uncaught(error: GPUError): Promise<void> {
    // A buffer without memory is invalid: what refuses it is not the cause.
    let fault = this.memory.isProven ? undefined : await this.memory.missing();
    const isMemory = error instanceof GPUOutOfMemoryError;
    fault ??= isMemory ? outOfMemory(undefined, this.counters.bytes) : refused(error.message);
    this.waits.fail(fault);
    this.onError(fault.message);
  }

  /** A new zeroed storage buffer of at least `bytes`. The caller frees it. */
  alloc(label: string, bytes: number): View {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const buffer = this.createBuffer(label, size);
    this.live.add(buffer);
    this.counters.buffers++;
    this.hold(size);
    return { buffer, offset: 0, size };
  }

  private hold(bytes: number): void {
    this.counters.bytes += bytes;
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.bytes);
  }

  /** A texture for images of matrices, its contents undefined. The caller frees it. */
  image(label: string, size: ImageSize): GPUTexture {
    const texture = this.createTexture(label, size);
    this.live.add(texture);
    this.hold(imageBytes(size));
    return texture;
  }

  protected createTexture(label: string, { width, height }: ImageSize): GPUTexture {
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;
    return this.memory.texture(
      { label, size: [width, height], format: 'rgba32float', usage },
      { label, size: imageBytes({ width, height }) },
    );
  }

  protected createBuffer(label: string, size: number): GPUBuffer {
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) {
      throw new Error(
        `${label} needs a buffer of ${size} bytes; this GPU allows ${limit}. Choose a smaller model or batch.`,
      );
    }
    return this.memory.allocate({ label, size, usage: BUFFER_USAGE() });
  }

  /** A staging buffer for a readback; the caller destroys it. */
  staging(label: string, size: number): GPUBuffer {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.memory.raw({ label, size, usage });
  }

  /**
   * Resolves when every buffer made so far is known to have its memory. Await it after recording
   * and before the first use.
   * @throws {GpuFault} naming a buffer that has none
   */
  async allocated(): Promise<void> {
    if (!this.memory.isProven) await this.waits.on(this.memory.proven());
  }

  /** A uniform buffer that holds `bytes`; the caller destroys it. */
  uniforms(label: string, bytes: ArrayBuffer): GPUBuffer {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.memory.allocate({ label, size: bytes.byteLength, usage });
    this.device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  }

  /** @throws where more is bound at once than this GPU allows */
  bindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    const most = this.device.limits.maxStorageBufferBindingSize;
    for (const { resource } of descriptor.entries) {
      const size = 'buffer' in resource ? (resource.size ?? 0) : 0;
      if (size > most) {
        throw new Error(
          `${descriptor.label} reads or writes ${size} bytes at once; this GPU allows ${most}. Choose a smaller model or batch.`,
        );
      }
    }
    this.counters.bindGroups++;
    return this.device.createBindGroup(descriptor);
  }

  /** A new buffer that holds `data`. */
  upload(label: string, data: ArrayBufferView): View {
    const view = this.alloc(label, data.byteLength);
    this.write(view, data);
    return view;
  }

  /** Queues a write to the start of a view (or `at` bytes in). */
  write(view: View, data: ArrayBufferView, at = 0): void {
    if (at + data.byteLength > view.size) {
      throw new Error(
        `write of ${data.byteLength} bytes at ${at} into a view of ${view.size} bytes`,
      );
    }
    this.device.queue.writeBuffer(
      view.buffer,
      view.offset + at,
      data.buffer as ArrayBuffer,
      data.byteOffset,
      data.byteLength,
    );
  }

  /** Destroys the buffer behind a view made by `alloc` or `upload`. */
  free(...views: View[]): void {
    for (const { buffer } of views) {
      if (!this.live.delete(buffer)) continue;
      this.counters.buffers--;
      this.counters.bytes -= buffer.size;
      buffer.destroy();
    }
  }

  /** Destroys textures made by `image`. */
  freeImages(...textures: GPUTexture[]): void {
    for (const texture of textures) {
      if (!this.live.delete(texture)) continue;
      this.counters.bytes -= imageBytes(texture);
      texture.destroy();
    }
  }

  /** Whether an error came of losing the device, which may be known only a moment later. */
  async wasLost(): Promise<boolean> {
    if (!this.isLost) await Promise.race([this.lost, new Promise((done) => setTimeout(done, 200))]);
    return this.isLost;
  }

  submit(...commands: GPUCommandBuffer[]): void {
    this.counters.submits++;
    this.device.queue.submit(commands);
    this.done = this.device.queue.onSubmittedWorkDone();
    this.watchdog.watch(this.done);
  }

  /** Destroys every buffer and image, and the device. */
  close(): void {
    this.abandon(new GpuFault('closed', 'The GPU device was closed.'));
  }

  /** The same for a reason; all that waits for the device ends with it. */
  private abandon(fault: GpuFault): void {
    this.onError = () => {};
    this.end(fault);
    for (const resource of this.live) resource.destroy();
    this.live.clear();
    this.device.destroy();
  }
}

function nameOf(info: GPUAdapterInfo): AdapterName {
  const all = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device || all.trim(),
    is_fallback: info.isFallbackAdapter ?? /swiftshader|llvmpipe|lavapipe|software/i.test(all),
  };
}

/** A range that is written or copied, never bound; `from` and `size` in bytes, multiples of 4. */
export const within = ({ buffer, offset }: View, from: number, size: number): View => ({
  buffer,
  offset: offset + from,
  size,
});

/** A part of a view; `from` and `bytes` in bytes, `from` a multiple of 256. */
export function slice(view: View, from: number, bytes: number): View {
  if (from % 256 !== 0) throw new Error(`a view must start at a multiple of 256, not ${from}`);
  if (from + bytes > view.size) {
    throw new Error(`slice ${from}+${bytes} leaves the view of ${view.size} bytes`);
  }
  return { buffer: view.buffer, offset: view.offset + from, size: bytes };
}
