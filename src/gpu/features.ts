/**
 * What kernels may use beyond the smallest device. Each is used only after a check at start-up
 * (src/kernels/trust.ts), and somebody may switch it off.
 */

/**
 * - `subgroups`: threads show each other what they have loaded.
 * - `images`: matrices are read as read-only storage textures. llvmpipe loads four numbers of an
 *   image in a fifth of the time that it takes for a buffer's, which it fetches thread by thread and
 *   number by number. SwiftShader does not, and a GPU has caches for both.
 */
export const FEATURES = ['subgroups', 'images'] as const;
export type Feature = (typeof FEATURES)[number];

/** What WGSL calls storage textures that are read. */
export const IMAGES_IN_WGSL = 'readonly_and_readwrite_storage_textures';

/** Whether the browser's WGSL knows a language feature. */
const knows = (name: string) => globalThis.navigator?.gpu?.wgslLanguageFeatures?.has(name) ?? false;

/** Whether a device can be asked to use a feature. Images: on a software adapter without subgroups. */
export function offers(device: GPUDevice, isFallback: boolean, feature: Feature): boolean {
  const subgroups = device.features.has('subgroups');
  return feature === 'subgroups' ? subgroups : isFallback && !subgroups && knows(IMAGES_IN_WGSL);
}

/** Whether an adapter compiles what a kernel needs: features of the device or of WGSL. */
export const compiles = (features: readonly string[], adapter: GPUAdapter) =>
  features.every((name) => adapter.features.has(name as GPUFeatureName) || knows(name));
