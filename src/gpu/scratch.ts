/**
 * Buffers and images that tapes lend each other: tapes that run one after the other need their
 * temporaries at different times, so the same memory serves all of them. What a temporary holds is
 * gone once another tape of the same scratch has run.
 */
import type { Gpu, View } from './device';
import { covers, type ImageSize, imageBytes } from './images';

/** Places in a list of sizes. */
const largestFirst = (sizes: readonly number[]) =>
  [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);

export class Scratch {
  private readonly views: View[] = [];
  private readonly textures: GPUTexture[] = [];

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
    for (const at of largestFirst(sizes)) {
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

  /** One texture for each size, in the order of the sizes, at least as large. */
  lendImages(sizes: readonly ImageSize[]): GPUTexture[] {
    const free = new Set(this.textures);
    const lent: GPUTexture[] = [];
    for (const at of largestFirst(sizes.map(imageBytes))) {
      const size = sizes[at]!;
      let best: GPUTexture | undefined;
      for (const texture of free) {
        const closer = !best || imageBytes(texture) < imageBytes(best);
        if (closer && covers(texture, size)) best = texture;
      }
      if (best) free.delete(best);
      else {
        best = this.gpu.image(this.label, size);
        this.textures.push(best);
      }
      lent[at] = best;
    }
    return lent;
  }

  /** Frees buffers and images; the tapes that were lent them are useless then. */
  free(): void {
    this.gpu.free(...this.views);
    this.views.length = 0;
    this.gpu.freeImages(...this.textures);
    this.textures.length = 0;
  }
}
