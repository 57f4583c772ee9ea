/** Which attention kernels run, by head size and adapter. */

import {
  attentionBackwardDkv,
  attentionBackwardDkvX4,
  attentionBackwardDq,
  attentionBackwardDqX4,
  attentionForward,
  attentionForwardX4,
} from './attention';
import { attentionDecode, attentionDecodeX4 } from './sampling';

/** Largest head size that four rows of it, and of their sums, fit in a thread's registers. */
const MOST_X4 = 32;

const ONE = {
  forward: attentionForward,
  backwardDq: attentionBackwardDq,
  backwardDkv: attentionBackwardDkv,
  decode: attentionDecode,
};
const FOUR = {
  forward: attentionForwardX4,
  backwardDq: attentionBackwardDqX4,
  backwardDkv: attentionBackwardDkvX4,
  decode: attentionDecodeX4,
};

/**
 * The kernels for heads of D channels, and their constants. On a software adapter a load costs as
 * much as a dozen products, so a thread takes four rows and uses each load four times, and loops
 * over arrays are slow; a GPU is better off with four times the threads.
 */
export function chooseAttention(D: number, { software }: { readonly software: boolean }) {
  const kernels = software && D <= MOST_X4 ? FOUR : ONE;
  return { ...kernels, constants: { D4: D / 4, WG: software ? 8 : 64 } };
}
