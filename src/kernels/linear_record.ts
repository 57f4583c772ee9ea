/** Records a product on a tape as a variant of it wants: the tuner and the model both call this. */
import type { Kernel } from '../gpu/kernel';
import type { Slot } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import type { matmulNN, matmulNT, matmulTN } from './linear';
import type { MatmulForm, MatmulSize, MatmulVariant } from './linear_choice';
import { matmulSlices } from './linear_tiled';

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
  Omit<Tables[F]['constants'], 'TILE_M' | 'WG_M' | 'WG_N'>
>;

/** Appends the product to the tape: one dispatch, or two where K is cut into slices. */
export function recordMatmul<F extends MatmulForm>(
  tape: Tape,
  { kernel, constants, slices }: MatmulVariant,
  { M, N, K }: MatmulSize,
  slots: MatmulSlots<F>,
  epilogue: MatmulEpilogue<F> = {},
): void {
  if (slices === undefined || slices === 1) {
    tape.dispatch(kernel, { M, N, K, S: 1 }, slots, { ...constants, ...epilogue });
    return;
  }
  const { a, b, out, dbias } = slots as MatmulSlots<'tn'>;
  const BIAS = dbias ? 1 : 0;
  const partial = tape.temp('slices', slices * M * N);
  const partialBias = dbias && tape.temp('bias slices', slices * N);
  tape.dispatch(
    kernel,
    { M, N, K, S: slices },
    { a, b, out: partial, ...(partialBias ? { dbias: partialBias } : {}) } as typeof slots,
    { ...constants, BIAS },
  );
  tape.dispatch(
    matmulSlices,
    { M, N, S: slices },
    {
      partial,
      out: out!,
      ...(dbias && partialBias ? { partial_bias: partialBias, dbias } : {}),
    },
    { ...epilogue, BIAS },
  );
}
