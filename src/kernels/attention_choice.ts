/** Which attention kernels run, by head size and adapter. */

import { isWorthImage } from '../gpu/images';
import {
  attentionBackwardDkv,
  attentionBackwardDkvImage,
  attentionBackwardDkvQuad,
  attentionBackwardDkvX4,
  attentionBackwardDq,
  attentionBackwardDqImage,
  attentionBackwardDqQuad,
  attentionBackwardDqX4,
  attentionForward,
  attentionForwardImage,
  attentionForwardQuad,
  attentionForwardX4,
} from './attention';
import type { MatmulDevice } from './linear_choice';
import { attentionDecode, attentionDecodeX4 } from './sampling';

/** Largest head size (GPT-2's) whose channels are written out, four rows of them a thread. */
const MOST_X4 = 64;

/** Threads that share loads. More in a workgroup would all run to the last query of them. */
const QUAD = 4;

const ONE = {
  forward: attentionForward,
  backwardDq: attentionBackwardDq,
  backwardDkv: attentionBackwardDkv,
};
const FOUR = {
  forward: attentionForwardX4,
  backwardDq: attentionBackwardDqX4,
  backwardDkv: attentionBackwardDkvX4,
};
const QUADS = {
  forward: attentionForwardQuad,
  backwardDq: attentionBackwardDqQuad,
  backwardDkv: attentionBackwardDkvQuad,
};
const IMAGES = {
  forward: attentionForwardImage,
  backwardDq: attentionBackwardDqImage,
  backwardDkv: attentionBackwardDkvImage,
};

const constantsOf = (D: number, software: boolean) => ({ D4: D / 4, WG: software ? 8 : 64 });

/**
 * The kernels for N = B·T rows of H heads of D channels, and their constants. On a software adapter
 * a load costs as much as a dozen products, so a thread takes four rows and uses each load four
 * times, loops over arrays are slow, and loads are shared by quads of threads where there are subgroups,
 * or are those of an image where that is cheaper and worth it; a GPU is better off with four times the
 * threads.
 */
export function chooseAttention(
  { N, H, D }: { readonly N: number; readonly H: number; readonly D: number },
  { software, subgroups = false, images = false }: MatmulDevice,
) {
  const constants = constantsOf(D, software);
  if (!software || D > MOST_X4) return { ...ONE, constants };
  if (subgroups) return { ...QUADS, constants: { ...constants, WG: QUAD } };
  const byImages = images && isWorthImage(N, 3 * H * D) && isWorthImage(N, H * D);
  return { ...(byImages ? IMAGES : FOUR), constants };
}

/** The kernel of a decoded token's attention, and its constants. */
export function chooseDecodeAttention(D: number, { software }: MatmulDevice) {
  const decode = software && D <= MOST_X4 ? attentionDecodeX4 : attentionDecode;
  return { decode, constants: constantsOf(D, software) };
}
