/**
 * Optional features are used only after a check at start-up: a kernel that needs the feature must
 * give what the plain kernel gives on this very device. A feature that fails, or that does not even
 * compile, is left alone.
 */
import { Gpu, type View } from '../gpu/device';
import { FEATURES, type Feature, isUsedUnasked } from '../gpu/features';
import { readFloats } from '../gpu/readback';
import { Tape } from '../gpu/tape';
import { decodeLinearHalf, toHalf } from './decode_linear';
import { matmulNNVec4 } from './linear';
import { matmulNNImage } from './linear_images';
import { matmulNNQuad } from './linear_quads';

/** Several tiles, none of them full. */
const SIZE = { M: 43, N: 76, K: 52 };
/** Of the largest element: both sum the same terms, so rounding is all that may differ. */
const MOST_DIFFERENCE = 1e-5;

/**
 * Opens the default adapter, with every feature trusted that passes its check and changes no result.
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

/** From now on those of the verified features are used that are wanted, or that change no result. */
export function trustFeatures(gpu: Gpu, wanted?: Iterable<Feature>): void {
  const all = wanted ?? FEATURES.filter(isUsedUnasked);
  const names = [...all].filter((name) => gpu.verified.has(name));
  gpu.trusted.clear();
  for (const name of names) gpu.trusted.add(name);
}

/** Reproducible numbers in [−1, 1), all of them exact in half precision. */
const numbers = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1024 - 1);

/** Records out = a·b, a [M, K], b [K, N]. */
type Product = (tape: Tape, inputs: { readonly a: View; readonly b: View }, out: View) => void;

const plain: Product = (tape, inputs, out) =>
  tape.dispatch(matmulNNVec4, SIZE, { ...inputs, out }, { WG_M: 1 });

/** The same by kernels that need a feature. */
const CHECKED: Record<Feature, Product> = {
  subgroups: (tape, inputs, out) =>
    tape.dispatch(matmulNNQuad, SIZE, { ...inputs, out }, { TILE_M: 16 }),
  images: (tape, inputs, out) =>
    tape.dispatch(matmulNNImage, SIZE, { ...inputs, out }, { TILE_M: 16 }),
  'shader-f16': (tape, { a, b }, out) => {
    const { M: B, N, K } = SIZE;
    // A new buffer is zeros: every row belongs to some sequence.
    const rows = tape.temp('rows', B);
    const w = tape.temp('halves', (K * N) / 2);
    tape.dispatch(toHalf, { n: K * N }, { x: b, out: w });
    tape.dispatch(decodeLinearHalf, { B, N, K }, { rows, x: a, w, out }, { TILE_M: 16 });
  },
};

async function agrees(gpu: Gpu, feature: Feature): Promise<boolean> {
  const { M, N, K } = SIZE;
  const inputs = {
    a: gpu.upload('check a', numbers(M * K)),
    b: gpu.upload('check b', numbers(K * N)),
  };
  const result = (product: Product) =>
    resultOf(gpu, (tape, out) => product(tape, inputs, out), M * N);
  try {
    const wanted = await result(plain);
    const met = await result(CHECKED[feature]);
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

/** What recorded kernels make of nothing but their inputs. */
async function resultOf(
  gpu: Gpu,
  record: (tape: Tape, out: View) => void,
  floats: number,
): Promise<Float32Array> {
  const out = gpu.alloc('check out', 4 * floats);
  const tape = new Tape(gpu, 'check');
  try {
    record(tape, out);
    await tape.finish();
    tape.run();
    return await readFloats(gpu, out, floats);
  } finally {
    tape.free();
    gpu.free(out);
  }
}
