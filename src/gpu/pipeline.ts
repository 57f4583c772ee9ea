/** Compiles a kernel with its constants; every compiler message ends up in the error. */
import type { Binding, Kernel, Values } from './kernel';
import { unroll } from './unroll';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/**
 * The source with its `const NAME: u32 = …;` declarations set and its marked loops written out, and the
 * rest of the constants as pipeline overrides.
 * @throws when the shader declares a constant in neither way
 */
export function specialise(
  kernel: Kernel,
  constants: Values,
): { code: string; overrides: Record<string, number> } {
  let code = kernel.code;
  const overrides: Record<string, number> = {};
  for (const [name, value] of Object.entries(constants)) {
    const declared = new RegExp(`^const ${name}: u32 = \\d+u;`, 'm');
    if (declared.test(code)) code = code.replace(declared, `const ${name}: u32 = ${value}u;`);
    else if (new RegExp(`^override ${name}\\b`, 'm').test(code)) overrides[name] = value;
    else throw new Error(`shaders/${kernel.name}.wgsl declares no constant ${name}`);
  }
  return { code: unroll(code), overrides };
}

const layoutOf = ({ image, access }: Binding): Partial<GPUBindGroupLayoutEntry> =>
  image
    ? { storageTexture: { access: 'read-only', format: 'rgba32float' } }
    : { buffer: { type: access === 'in' ? 'read-only-storage' : 'storage' } };

/** @throws with all compilation messages when the WGSL or the pipeline is refused */
export async function compilePipeline(
  device: GPUDevice,
  kernel: Kernel,
  constants: Values,
): Promise<Pipeline> {
  const { code, overrides } = specialise(kernel, constants);
  // A refused module fails the pipeline below with all its messages; said once is enough.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: kernel.name, code });
  device.popErrorScope().catch(() => {});
  const layout = device.createBindGroupLayout({
    label: kernel.name,
    entries: [
      { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } },
      ...Object.values(kernel.bindings).map((binding, index) => ({
        binding: index + 1,
        visibility: GPUShaderStage.COMPUTE,
        ...layoutOf(binding),
      })),
    ],
  });
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: kernel.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: overrides },
    });
    return { pipeline, layout };
  } catch (cause) {
    const { messages } = await module.getCompilationInfo();
    const details = messages.map((m) => `  line ${m.lineNum}: ${m.message}`).join('\n');
    throw new Error(`shaders/${kernel.name}.wgsl does not compile: ${String(cause)}\n${details}`);
  }
}
