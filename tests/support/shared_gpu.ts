/**
 * One real device behind many: what a lab opens, loses and closes is a device of its own to it, and
 * what it computes is computed by the browser's GPU, but what one has compiled, all have. A software
 * adapter compiles for seconds what a small model then runs in milliseconds. Tests of lost, hung or
 * otherwise broken devices open their own.
 */

interface Opened {
  readonly device: GPUDevice;
  readonly shared: Shared;
}

let opened: Promise<Opened> | undefined;

/** Stands in for `navigator.gpu`. The device is the one that was asked for first. */
export const sharedGpu = {
  async requestAdapter(options?: GPURequestAdapterOptions) {
    const adapter = (await navigator.gpu.requestAdapter(options))!;
    return standIn(adapter, {
      requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
        opened ??= adapter
          .requestDevice(descriptor)
          .then((device) => ({ device, shared: new Shared(device) }));
        return deviceOf(await opened);
      },
    });
  },
} as unknown as GPU;

/** What is compiled once. Layouts are shared because a pipeline is made for one. */
class Shared {
  private readonly made = new Map<string, unknown>();
  /** What each shared object was made from. */
  private readonly keys = new WeakMap<object, string>();

  constructor(private readonly device: GPUDevice) {}

  private once<T extends object>(key: string, make: () => T): T {
    const known = this.made.get(key) as T | undefined;
    if (known) return known;
    const value = make();
    this.made.set(key, value);
    this.keys.set(value, key);
    return value;
  }

  private keyOf(thing: object): string {
    const key = this.keys.get(thing);
    if (key === undefined) throw new Error('a pipeline of something that was made elsewhere');
    return key;
  }

  createShaderModule = (descriptor: GPUShaderModuleDescriptor) =>
    this.once(`module ${descriptor.code}`, () => this.device.createShaderModule(descriptor));

  createBindGroupLayout = (descriptor: GPUBindGroupLayoutDescriptor) =>
    this.once(`group ${JSON.stringify(descriptor)}`, () =>
      this.device.createBindGroupLayout(descriptor),
    );

  createPipelineLayout = (descriptor: GPUPipelineLayoutDescriptor) => {
    const groups = [...descriptor.bindGroupLayouts].map((group) => this.keyOf(group!));
    return this.once(`layout ${groups.join()}`, () => this.device.createPipelineLayout(descriptor));
  };

  createComputePipelineAsync = (descriptor: GPUComputePipelineDescriptor) => {
    const { module, entryPoint, constants } = descriptor.compute;
    const parts = [module, descriptor.layout as GPUPipelineLayout].map((one) => this.keyOf(one));
    return this.once(`pipeline ${entryPoint} ${JSON.stringify(constants)} ${parts.join()}`, () =>
      this.device.createComputePipelineAsync(descriptor),
    );
  };
}

/** A device that ends by itself: `destroy` is the end of it, and of nothing else. */
function deviceOf({ device, shared }: Opened): GPUDevice {
  let end = (_info: GPUDeviceLostInfo) => {};
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
    end = resolve;
  });
  void device.lost.then(end);
  const { createShaderModule, createBindGroupLayout } = shared;
  const { createPipelineLayout, createComputePipelineAsync } = shared;
  return standIn(device, {
    createShaderModule,
    createBindGroupLayout,
    createPipelineLayout,
    createComputePipelineAsync,
    lost,
    destroy: () => end({ reason: 'destroyed', message: '' } as GPUDeviceLostInfo),
  });
}

/** An object of the browser's with some members of our own. */
const standIn = <T extends object>(real: T, own: object): T =>
  new Proxy(real, {
    get(target, key) {
      if (key in own) return Reflect.get(own, key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
