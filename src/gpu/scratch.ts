/**
 * Buffers and images that tapes lend each other: tapes that run one after the other need their
 * temporaries at different times, so the same memory serves all of them. What a temporary holds is
 * gone once another tape of the same scratch has run.
 */
import type { Gpu, View } from './device';
import { covers, type ImageSize, imageBytes } from './images';

/**
 * One of `owned` for each size, in the order of the sizes, the smallest that is large enough; one that
 * is missing is made. The largest choose first.
 */
function lendEach<Size, Owned extends Size>(
  sizes: readonly Size[],
  owned: Owned[],
  bytes: (size: Size) => number,
  covers: (one: Size, size: Size) => boolean,
  make: (size: Size) => Owned,
): Owned[] {
  const free = new Set(owned);
  const lent: Owned[] = [];
  const largestFirst = [...sizes.keys()].sort((a, b) => bytes(sizes[b]!) - bytes(sizes[a]!));
  for (const at of largestFirst) {
    const size = sizes[at]!;
    let best: Owned | undefined;
    for (const one of free) {
      if (covers(one, size) && (!best || bytes(one) < bytes(best))) best = one;
    }
    if (best) free.delete(best);
    else {
      best = make(size);
      owned.push(best);
    }
    lent[at] = best;
  }
  return lent;
}

export class Scratch {
  private readonly views: View[] = [];
  private readonly textures: GPUTexture[] = [];

  constructor(
    private readonly gpu: Gpu,
    private readonly label: string,
  ) {}

  /** A buffer of at least so many bytes for each size, in the order of the sizes. */
  lend(sizes: readonly number[]): View[] {
    return lendEach<Pick<View, 'size'>, View>(
      sizes.map((size) => ({ size })),
      this.views,
      ({ size }) => size,
      (view, { size }) => view.size >= size,
      ({ size }) => this.gpu.alloc(this.label, size),
    );
  }

  /** A texture at least as large for each size, in the order of the sizes. */
  lendImages(sizes: readonly ImageSize[]): GPUTexture[] {
    const make = (size: ImageSize) => this.gpu.image(this.label, size);
    return lendEach<ImageSize, GPUTexture>(sizes, this.textures, imageBytes, covers, make);
  }

  /** Frees buffers and images; the tapes that were lent them are useless then. */
  free(): void {
    this.gpu.free(...this.views);
    this.views.length = 0;
    this.gpu.freeImages(...this.textures);
    this.textures.length = 0;
  }
}
