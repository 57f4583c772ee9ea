/**
 * Buffers and textures, and whether they got their memory: a device makes one at once and says
 * later that there was none for it. Each allocation is watched by an error scope that opens and
 * closes in one go, so that it cannot catch what another task does meanwhile; the answers are
 * awaited together.
 */
import { type GpuFault, outOfMemory, type Wanted } from './faults';

export class Memory {
  /** Allocations that are not known yet to have got their memory. */
  private readonly unproven = new Set<Promise<GpuFault | undefined>>();

  constructor(
    private readonly device: GPUDevice,
    /** Bytes in use. */
    private readonly held: () => number,
  ) {}

  /** A buffer that the caller destroys. @throws {GpuFault} where there is no room even to ask */
  raw(descriptor: GPUBufferDescriptor & Wanted): GPUBuffer {
    try {
      return this.device.createBuffer(descriptor);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw outOfMemory(descriptor, this.held());
    }
  }

  /** The same, and its memory is part of the next `proven`. */
  allocate(descriptor: GPUBufferDescriptor & Wanted): GPUBuffer {
    return this.watched(descriptor, () => this.raw(descriptor));
  }

  /** A texture that the caller destroys; its memory is part of the next `proven`. */
  texture(descriptor: GPUTextureDescriptor, wanted: Wanted): GPUTexture {
    return this.watched(wanted, () => this.device.createTexture(descriptor));
  }

  private watched<Made>(descriptor: Wanted, make: () => Made): Made {
    const held = this.held();
    this.device.pushErrorScope('out-of-memory');
    try {
      return make();
    } finally {
      const proof = this.device.popErrorScope().then(
        (error) => (error ? outOfMemory(descriptor, held) : undefined),
        () => undefined,
      );
      this.unproven.add(proof);
      // What failed stays, until it was told.
      void proof.then((fault) => fault ?? this.unproven.delete(proof));
    }
  }

  get isProven(): boolean {
    return this.unproven.size === 0;
  }

  /** The first allocation so far that found no memory. */
  async missing(): Promise<GpuFault | undefined> {
    return (await Promise.all(this.unproven)).find((fault) => fault !== undefined);
  }

  /** Resolves when all so far have their memory. @throws {GpuFault} naming one that has none */
  async proven(): Promise<void> {
    const asked = [...this.unproven];
    const fault = await this.missing();
    for (const one of asked) this.unproven.delete(one);
    if (fault) throw fault;
  }
}
