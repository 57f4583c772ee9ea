/**
 * A Gpu that computes nothing: whatever is recorded on it allocates no memory and is counted as if
 * it did. The memory of a run is known this way before the run, from the very code that will take it,
 * and the shapes of a model without its memory.
 */
import { type AdapterName, Gpu, type View } from './device';
import type { Feature } from './features';
import type { ImageSize } from './images';
import type { Pipeline } from './pipeline';

/** The limits of the smallest device; recording asks for no others. */
const LIMITS = { maxStorageBufferBindingSize: 128 * 1024 * 1024 };

/** What stands in for a device; recording and `finish` use nothing else of it. */
const device = (): GPUDevice =>
  ({
    limits: LIMITS,
    lost: new Promise(() => {}),
    addEventListener: () => {},
  }) as unknown as GPUDevice;

export class PlanningGpu extends Gpu {
  /** The largest buffer that was asked for. */
  largest = { label: '', size: 0 };

  constructor({ adapter, variants = new Map(), trusted = ['subgroups'] }: Place) {
    super(device(), adapter);
    for (const [key, name] of variants) this.variants.set(key, name);
    for (const feature of trusted) this.trusted.add(feature);
  }

  override pipeline(): Promise<Pipeline> {
    return Promise.resolve({} as Pipeline);
  }

  protected override createBuffer(label: string, size: number): GPUBuffer {
    if (size > this.largest.size) this.largest = { label, size };
    return { size, destroy: () => {} } as GPUBuffer;
  }

  protected override createTexture(_label: string, size: ImageSize): GPUTexture {
    return { ...size, createView: () => ({}), destroy: () => {} } as unknown as GPUTexture;
  }

  override uniforms(): GPUBuffer {
    return this.createBuffer('', 0);
  }

  override bindGroup(): GPUBindGroup {
    return {} as GPUBindGroup;
  }

  override write(_view: View): void {}
}

/** What recording asks of a Gpu before it asks for memory. */
export interface Place {
  /** Which kernels run, and so what they need, depends on it. */
  readonly adapter: AdapterName;
  /** Measured choices on that adapter. */
  readonly variants?: ReadonlyMap<string, string>;
  /** Features that kernels may use; left out, subgroups. Images and halves take memory. */
  readonly trusted?: Iterable<Feature>;
}

/** A stand-in for a Gpu, or for one that is not there yet. */
export const planningGpu = (place: Place): PlanningGpu => new PlanningGpu(place);
