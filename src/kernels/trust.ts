/**
 * Optional features are used only after a check at start-up: a kernel that needs the feature must
 * give what the plain kernel gives on this very device. A feature that fails, or that does not even
 * compile, is left alone.
 */
import { Gpu, type View } from '../gpu/device';
import { FEATURES, type Feature } from '../gpu/features';
import type { Kernel, Values } from '../gpu/kernel';
import { readFloats } from '../gpu/readback';
import { Tape } from '../gpu/tape';
import { matmulNNVec4 } from './linear';
import { matmulNNImage } from './linear_images';
import { matmulNNQuad } from './linear_quads';

/** Several tiles, none of them full. */
const SIZE = { M: 43, N: 76, K: 52 };
/** Of the largest element: both sum the same terms, so rounding is all that may differ. */
const MOST_DIFFERENCE = 1e-5;

/**
 * Opens the default adapter, with every feature trusted that passes its check.
 * @param from the browser's entry to WebGPU, or what stands in for it
 */
export async function openGpu(from?: GPU): Promise<Gpu> {
  const gpu = await Gpu.open(from);
  try {
    await verifyFeatures(gpu);
    trustFeatures(gpu);
    return gpu;
  } catch (cause) {
    gpu.close();
    throw cause;
  }
}

/** Checks each optional feature that the device has. */
export async function verifyFeatures(gpu: Gpu): Promise<void> {
  gpu.verified.clear();
  for (const feature of FEATURES) {
    if (gpu.offers(feature) && (await agrees(gpu, feature))) gpu.verified.add(feature);
  }
}

/** From now on the verified features are used, or those of them that are wanted. */
export function trustFeatures(gpu: Gpu, wanted: Iterable<Feature> = gpu.verified): void {
  const names = [...wanted].filter((name) => gpu.verified.has(name));
  gpu.trusted.clear();
  for (const name of names) gpu.trusted.add(name);
}

/** Reproducible numbers in [−1, 1). */
const numbers = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1001.5 - 1);

/** The product that needs a feature, and its tile. */
const CHECKED: Record<Feature, { kernel: Kernel; constants: Values }> = {
  subgroups: { kernel: matmulNNQuad as unknown as Kernel, constants: { TILE_M: 16 } },
  images: { kernel: matmulNNImage as unknown as Kernel, constants: { TILE_M: 16 } },
};

async function agrees(gpu: Gpu, feature: Feature): Promise<boolean> {
  const { M, N, K } = SIZE;
  const inputs = {
    a: gpu.upload('check a', numbers(M * K)),
    b: gpu.upload('check b', numbers(K * N)),
  };
  try {
    const { kernel, constants } = CHECKED[feature];
    const wanted = await product(gpu, matmulNNVec4 as unknown as Kernel, inputs, { WG_M: 1 });
    const met = await product(gpu, kernel, inputs, constants);
    const most = MOST_DIFFERENCE * wanted.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
    return wanted.every((x, at) => Math.abs(x - met[at]!) <= most);
  } catch (cause) {
    if (await gpu.wasLost()) throw cause;
    // A compiler that offers the feature and refuses the shader: another reason not to use it.
    return false;
  } finally {
    gpu.free(inputs.a, inputs.b);
  }
}

async function product(
  gpu: Gpu,
  kernel: Kernel,
  inputs: { a: View; b: View },
  constants: Values,
): Promise<Float32Array> {
  const { M, N } = SIZE;
  const out = gpu.alloc('check out', 4 * M * N);
  const tape = new Tape(gpu, kernel.name);
  try {
    tape.dispatch(kernel, SIZE, { ...inputs, out }, constants);
    await tape.finish();
    tape.run();
    return await readFloats(gpu, out, M * N);
  } finally {
    tape.free();
    gpu.free(out);
  }
}
