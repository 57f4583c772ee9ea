/** What runs a decoded token: the kernel of a linear layer and its tile, and the threads of a draw. */
import { groups } from '../gpu/kernel';
import { decodeLinear, decodeLinearQuad } from './decode_linear';
import type { MatmulDevice } from './linear_choice';

/** Workgroups that keep the cores of a software adapter evenly busy. */
const ENOUGH_WORKGROUPS = 4;

/**
 * For a layer of B rows and N columns: on a software adapter quads where they are trusted, and as
 * many rows a thread as leave a workgroup for every core; on a GPU the most threads.
 */
export function chooseDecodeLinear(
  { B, N }: { B: number; N: number },
  { software, subgroups = false }: MatmulDevice,
) {
  const kernel = subgroups && software ? decodeLinearQuad : decodeLinear;
  const WG_N = software ? 8 : 32;
  const workgroups = groups(N, 8 * WG_N) * groups(B, 16);
  const TILE_M = software && B > 8 && workgroups >= ENOUGH_WORKGROUPS ? 16 : 8;
  return { kernel, constants: { TILE_M, WG_N } };
}

/** How often one thread goes round its loops to draw from V logits: each cut is 32 passes. */
export const sampleIterations = (V: number, topK: number, topP: number) =>
  V * (3 + (topK > 0 && topK < V ? 32 : 0) + (topP < 1 ? 33 : 0));
