/** Token and position embedding, and the sort of tokens that lets a kernel gather its gradient. */
import type { Values } from './types';

/** out[B,T,C] = wte[id] + wpe[t], for ids [B,T], wte [V,C] and wpe [≥T,C]. */
export function embeddingForward(
  ids: Values,
  wte: Values,
  wpe: Values,
  { B, T, C }: { B: number; T: number; C: number },
): Float64Array {
  const out = new Float64Array(B * T * C);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const id = ids[b * T + t]!;
      for (let c = 0; c < C; c++) out[(b * T + t) * C + c] = wte[id * C + c]! + wpe[t * C + c]!;
    }
  }
  return out;
}

/**
 * dwte [V,C] and dwpe [positions,C] from dout [B,T,C]; rows never looked up are 0.
 * `positions` is the height of wpe and defaults to T.
 */
export function embeddingBackward(
  ids: Values,
  dout: Values,
  { B, T, C, V, positions = T }: { B: number; T: number; C: number; V: number; positions?: number },
): { dwte: Float64Array; dwpe: Float64Array } {
  const dwte = new Float64Array(V * C);
  const dwpe = new Float64Array(positions * C);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const id = ids[b * T + t]!;
      for (let c = 0; c < C; c++) {
        dwte[id * C + c]! += dout[(b * T + t) * C + c]!;
        dwpe[t * C + c]! += dout[(b * T + t) * C + c]!;
      }
    }
  }
  return { dwte, dwpe };
}

/**
 * Rows grouped by the token that they hold, in ascending row order within a token (a stable counting
 * sort): token v's rows are order[start[v] … start[v+1]−1]. start is [V+1], order [N].
 */
export function tokenSort(ids: Values, V: number): { start: Uint32Array; order: Uint32Array } {
  const start = new Uint32Array(V + 1);
  const order = new Uint32Array(ids.length);
  let next = 0;
  for (let v = 0; v < V; v++) {
    start[v] = next;
    for (let row = 0; row < ids.length; row++) if (ids[row] === v) order[next++] = row;
  }
  start[V] = next;
  return { start, order };
}
