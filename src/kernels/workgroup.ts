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

/** One thread an element: even a software adapter likes many threads, since each workgroup costs. */
const ELEMENTWISE = new Set(['dropout_mask', 'find_nonfinite', 'gather_response', 'kl_reward']);

/** Reductions by a single workgroup, or by a few: a GPU wants them wide. */
const WIDE = new Set([
  'grad_norm_partial',
  'pairwise_loss',
  'ppo_policy_loss',
  'ppo_value_loss',
  'weighted_sum',
  'whiten',
]);

/** The `WG` of a kernel on this adapter, a power of two. */
export function workgroupSize(kernel: string, { software }: { software: boolean }): number {
  if (software) return ELEMENTWISE.has(kernel) ? 256 : 8;
  return WIDE.has(kernel) ? 256 : 64;
}

/** llvmpipe ends all loops of a thread without a word once they have gone round so often together. */
const MOST_ITERATIONS = 65_535;

/** The same for rows over which a thread that had one to itself would go round so often. */
export function rowWorkgroupSize(
  kernel: string,
  iterations: number,
  device: { software: boolean },
): number {
  const size = workgroupSize(kernel, device);
  return iterations > MOST_ITERATIONS ? Math.max(size, SHARED) : size;
}
