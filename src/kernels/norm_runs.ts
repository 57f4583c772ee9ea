/** How LayerNorm's fused backward pass is divided: rows into runs, channels among threads. */
import { groups, type Values } from '../gpu/kernel';
import { lanes } from './workgroup';

/** Rows that a run adds up by itself. */
const RUN_ROWS = 8;
/** Enough runs to keep a GPU busy; more would only be more to add up. */
const MOST_RUNS = 1024;

/** Params of both kernels for N rows of C channels. */
export function runsOf(N: number, C: number): Values<'N' | 'C' | 'P' | 'ROWS'> {
  const P = Math.min(MOST_RUNS, groups(N, RUN_ROWS));
  return { N, C, P, ROWS: N + 2 * P };
}

/** Groups of four channels that a thread of `layernormBackwardFused` holds. */
export const slotsOf = (C: number, WG: number) => groups(C, 4 * lanes(WG));
