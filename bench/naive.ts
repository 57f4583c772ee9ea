/**
 * What a kernel is measured against: the textbook product for a matmul, the plain kernel for a
 * variant of it, and for any other the kind of workgroup that this adapter did not choose (threads
 * that share a row, or a thread a row).
 */
import type { Kernel, Values } from '../src/gpu/kernel';
import type { DispatchInfo } from '../src/gpu/tape';
import { KERNELS } from '../src/kernels';
import { matmulNaiveKernel } from '../src/kernels/linear';
import { familyOf } from '../src/kernels/work';

export interface Opponent {
  /** As the report calls it. */
  readonly name: string;
  readonly kernel: Kernel;
  readonly constants: Values;
}

const SHARED_ROW = 64;
const OWN_ROW = 16;

export function opponentOf({
  kernel,
  constants,
}: Pick<DispatchInfo, 'kernel' | 'constants'>): Opponent | undefined {
  const family = familyOf(kernel.name);
  const product = /^matmul_(n|t)(n|t)$/.exec(family);
  if (product) {
    return {
      name: 'matmul_naive',
      kernel: matmulNaiveKernel as unknown as Kernel,
      constants: {
        TRANSPOSE_A: product[1] === 't' ? 1 : 0,
        TRANSPOSE_B: product[2] === 't' ? 1 : 0,
      },
    };
  }
  if (family !== kernel.name) {
    const plain = KERNELS.get(family)!;
    const kept = Object.entries(constants).filter(
      ([name]) => name in plain.constants && name !== 'WG',
    );
    return {
      name: family,
      kernel: plain,
      constants: { ...plain.constants, ...Object.fromEntries(kept) },
    };
  }
  const { WG, SLOTS } = constants;
  // A kernel whose registers are sized for its workgroups has no other kind.
  if (WG === undefined || SLOTS !== undefined) return undefined;
  const other = WG < 32 ? SHARED_ROW : OWN_ROW;
  return { name: `workgroups of ${other}`, kernel, constants: { ...constants, WG: other } };
}
