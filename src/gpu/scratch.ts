/**
 * Buffers that tapes lend each other: tapes that run one after the other need their temporaries at
 * different times, so the same memory serves all of them. What a temporary holds is gone once
 * another tape of the same scratch has run.
 */
import type { Gpu, View } from './device';

export class Scratch {
  private readonly views: View[] = [];

  constructor(
    private readonly gpu: Gpu,
    private readonly label: string,
  ) {}

  /**
   * One buffer for each size, in the order of the sizes; those that exist already where they are
   * large enough, the smallest that fits first.
   */
  lend(sizes: readonly number[]): View[] {
    const free = new Set(this.views);
    const lent: View[] = [];
    const largestFirst = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
    for (const at of largestFirst) {
      const size = sizes[at]!;
      let best: View | undefined;
      for (const view of free) {
        if (view.size >= size && (!best || view.size < best.size)) best = view;
      }
      if (best) free.delete(best);
      else {
        best = this.gpu.alloc(this.label, size);
        this.views.push(best);
      }
      lent[at] = best;
    }
    return lent;
  }

  /** Frees the buffers; the tapes that were lent them are useless then. */
  free(): void {
    this.gpu.free(...this.views);
    this.views.length = 0;
  }
}
