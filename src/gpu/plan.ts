/**
 * A Gpu that computes nothing: whatever is recorded on it allocates no memory and is counted as if
 * it did. The memory of a run is known this way before the run, from the very code that will take it,
 * and the shapes of a model without its memory.
 */
import { type AdapterName, Gpu, type View } from './device';
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

class PlanningGpu extends Gpu {
  constructor(adapter: AdapterName, variants: ReadonlyMap<string, string>) {
    super(device(), adapter);
    for (const [key, name] of variants) this.variants.set(key, name);
  }

  override pipeline(): Promise<Pipeline> {
    return Promise.resolve({} as Pipeline);
  }

  protected override createBuffer(_label: string, size: number): GPUBuffer {
    return { size, destroy: () => {} } as GPUBuffer;
  }

  override uniforms(): GPUBuffer {
    return this.createBuffer('', 0);
  }

  override bindGroup(): GPUBindGroup {
    return {} as GPUBindGroup;
  }

  override write(_view: View): void {}
}

/**
 * @param adapter the one to plan for: which kernels run, and so what they need, depends on it
 * @param variants measured choices on that adapter
 */
export const planningGpu = (
  adapter: AdapterName,
  variants: ReadonlyMap<string, string> = new Map(),
): Gpu => new PlanningGpu(adapter, variants);
