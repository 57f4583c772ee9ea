/**
 * What kernels may use beyond the smallest device. Each is used only after a check at start-up
 * (src/kernels/trust.ts), and somebody may switch it off.
 */

/**
 * - `subgroups`: threads show each other what they have loaded.
 * - `images`: matrices are read as read-only storage textures. llvmpipe loads four numbers of an
 *   image in a fifth of the time that it takes for a buffer's, which it fetches thread by thread and
 *   number by number. SwiftShader does not, and a GPU has caches for both.
 * - `shader-f16`: while text is sampled, weights are read in half precision: half the bytes of a token
 *   on a GPU, for log-probabilities that part from f32's in the third digit.
 */
export const FEATURES = ['subgroups', 'images', 'shader-f16'] as const;
export type Feature = (typeof FEATURES)[number];

/** Features that change results, so that nothing uses them until somebody asks. */
const ASKED_FOR: readonly Feature[] = ['shader-f16'];

/** Whether a feature is used without anybody asking. */
export const isUsedUnasked = (feature: Feature) => !ASKED_FOR.includes(feature);

/** What WGSL calls storage textures that are read. */
export const IMAGES_IN_WGSL = 'readonly_and_readwrite_storage_textures';

/** Whether the browser's WGSL knows a language feature. */
const knows = (name: string) => globalThis.navigator?.gpu?.wgslLanguageFeatures?.has(name) ?? false;

/** Whether a device can be asked to use a feature. Images: on a software adapter without subgroups. */
export function offers(device: GPUDevice, isFallback: boolean, feature: Feature): boolean {
  if (feature !== 'images') return device.features.has(feature);
  return isFallback && !device.features.has('subgroups') && knows(IMAGES_IN_WGSL);
}

/** Whether an adapter compiles what a kernel needs: features of the device or of WGSL. */
export const compiles = (features: readonly string[], adapter: GPUAdapter) =>
  features.every((name) => adapter.features.has(name as GPUFeatureName) || knows(name));
