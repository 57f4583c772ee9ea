/** Records a product on a tape as a variant of it wants: the tuner and the model both call this. */
import type { Kernel } from '../gpu/kernel';
import type { Slot, Tape } from '../gpu/tape';
import type { matmulNN, matmulNT, matmulTN } from './linear';
import type { MatmulForm, MatmulSize, MatmulVariant } from './linear_choice';

interface Tables {
  nn: typeof matmulNN;
  nt: typeof matmulNT;
  tn: typeof matmulTN;
}
type Bindings<K> = K extends Kernel<infer B, string, string> ? B : never;

/** Buffers of a product by the names in its table; optional ones may be left out. */
export type MatmulSlots<F extends MatmulForm> = Partial<Record<Bindings<Tables[F]>, Slot>>;

/** Constants of the epilogue that are not 0. */
export type MatmulEpilogue<F extends MatmulForm> = Partial<
  Omit<Tables[F]['constants'], keyof MatmulVariant['constants']>
>;

/** Appends the product to the tape. */
export function recordMatmul<F extends MatmulForm>(
  tape: Tape,
  variant: MatmulVariant,
  { M, N, K }: MatmulSize,
  slots: MatmulSlots<F>,
  epilogue: MatmulEpilogue<F> = {},
): void {
  const kernel: Kernel = variant.kernel as unknown as Kernel;
  tape.dispatch(kernel, { M, N, K }, slots, { ...variant.constants, ...epilogue });
}
