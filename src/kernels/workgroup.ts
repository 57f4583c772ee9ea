/**
 * Workgroup sizes by kernel and adapter, and how many threads of a workgroup share one result.
 *
 * A software adapter (SwiftShader, llvmpipe) runs the threads of a workgroup as SIMD lanes of one
 * core and pays dearly for barriers, so it gets small workgroups in which every thread has a result
 * of its own. A GPU gets larger ones whose threads share a row and reduce it by a tree.
 */

/** Smallest workgroup whose threads share a result. */
const SHARED = 32;

/** Threads that share one row in a workgroup of WG; `LANES` in the shaders. */
export const lanes = (WG: number) => (WG >= SHARED ? 32 : 1);

/** Threads that share one channel's sum over rows; `LANES` in the shaders of column sums. */
export const channelLanes = (WG: number) => (WG >= SHARED ? 16 : 1);

/** The `WG` of a kernel on this adapter. */
export function workgroupSize(_kernel: string, { software }: { software: boolean }): number {
  return software ? 8 : 64;
}
