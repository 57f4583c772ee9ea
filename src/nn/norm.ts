/** LayerNorm over the channels of each row, recorded forward and backward. */
import type { Gpu } from '../gpu/device';
import { part, type Slot, type Temp } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import {
  layernormBackwardFused,
  layernormBackwardParams,
  layernormBackwardSums,
} from '../kernels/norm';
import { runsOf, slotsOf } from '../kernels/norm_runs';
import { norms, workgroup } from './choice';
import type { Weights } from './weights';

/** What the backward pass needs of a forward pass. */
export interface Norm {
  readonly x: Slot;
  readonly out: Temp;
  /** Mean and rstd of each row, [N, 2]. */
  readonly stats: Temp;
}

/** What else goes into the gradient of a norm's input. */
export interface NormEpilogue {
  /** The gradient that comes past the norm, added. */
  readonly residual?: Slot;
  /** The multipliers of the residual dropout below, for a second gradient behind it. */
  readonly mask?: Slot | undefined;
}

/** out [N, C] of x [N, C]. */
export function recordNorm(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  name: string,
  x: Slot,
  N: number,
): Norm {
  const C = weights.layout.config.n_embd;
  const norm = {
    x,
    out: tape.temp(`${name}.out`, N * C),
    stats: tape.temp(`${name}.stats`, 2 * N),
  };
  const { forward } = norms(gpu, C);
  tape.dispatch(
    forward,
    { N, C },
    {
      x,
      weight: weights.tensor(`${name}.weight`),
      bias: weights.tensor(`${name}.bias`),
      out: norm.out,
      stats: norm.stats,
    },
    workgroup(gpu, forward),
  );
  return norm;
}

/**
 * From dy [N, C]: gain's and bias's gradients into `grads`, dx [N, C], and dx behind the dropout of
 * the block below, the same where there is none.
 */
export function recordNormBackward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  grads: Weights,
  name: string,
  { x, stats }: Norm,
  dy: Slot,
  N: number,
  { residual, mask, accumulate }: NormEpilogue & { accumulate: boolean },
): { dx: Slot; dropped: Slot } {
  const C = weights.layout.config.n_embd;
  const ACCUMULATE = accumulate ? 1 : 0;
  const { backward, fused } = norms(gpu, C);
  const runs = runsOf(N, C);
  const rows = tape.temp(`${name}.dx`, (fused ? runs.ROWS : N) * C);
  const dx = part(rows, 0, N * C * 4);
  const dropped = mask ? tape.temp(`${name}.dropped`, N * C) : dx;
  const slots = {
    dy,
    x,
    weight: weights.tensor(`${name}.weight`),
    stats,
    dx: rows,
    ...(residual ? { residual } : {}),
    ...(mask ? { mask, dropped } : {}),
  };
  const options = { RESIDUAL: residual ? 1 : 0, DROPOUT: mask ? 1 : 0 };
  const sums = {
    dweight: grads.tensor(`${name}.weight`),
    dbias: grads.tensor(`${name}.bias`),
  };
  if (fused) {
    const { WG } = workgroup(gpu, layernormBackwardFused);
    const constants = { WG, SLOTS: slotsOf(C, WG), ...options };
    tape.dispatch(layernormBackwardFused, runs, slots, constants);
    const added = { ...workgroup(gpu, layernormBackwardSums), ACCUMULATE };
    tape.dispatch(layernormBackwardSums, runs, { dx: rows, ...sums }, added);
  } else {
    tape.dispatch(backward, { N, C }, slots, { ...workgroup(gpu, backward), ...options });
    const added = { ...workgroup(gpu, layernormBackwardParams), ACCUMULATE };
    tape.dispatch(layernormBackwardParams, { N, C }, { dy, x, stats, ...sums }, added);
  }
  return { dx, dropped };
}
