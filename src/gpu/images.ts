/**
 * Images: matrices that a kernel reads as a texture of four numbers a texel. A tape copies what a
 * kernel reads as an image out of its buffer just before the dispatch, so that nobody else has to
 * know of it; images whose lives do not overlap share a texture.
 */
import type { View } from './device';
import { type Life, shareHomes } from './lives';
import { isSame, isTemporary, meet, type Slot } from './slots';

/** Texels across and down: a matrix of `height` rows and 4·`width` columns. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Texels that a texture is wider than its images: rows that lie a power of two apart would fight for
 * a few places of a cache.
 */
const APART = 4;
/** Texels a side of the largest image on the smallest device. */
const MOST_TEXELS = 8192 - APART;
/** A copy of several rows wants rows of a multiple of so many bytes. */
const ROW_BYTES = 256;
const TEXEL_BYTES = 16;
/** The largest image worth its memory: those of a step together stay a small part of it. */
const WORTH = { rows: 4096, bytes: 16 * 1024 * 1024 };

export const imageBytes = ({ width, height }: ImageSize) => width * height * TEXEL_BYTES;

/** Whether a texture is large enough for an image. */
export const covers = (texture: ImageSize, image: ImageSize) =>
  texture.width >= image.width && texture.height >= image.height;

/**
 * Whether a matrix is worth an image: it fits the smallest device's textures, takes little memory,
 * and is copied at once.
 */
export const isWorthImage = (rows: number, columns: number) =>
  columns <= 4 * MOST_TEXELS &&
  rows <= WORTH.rows &&
  (4 * columns) % ROW_BYTES === 0 &&
  4 * columns * rows <= WORTH.bytes;

/** The image of a matrix. @throws where it does not fit the smallest device's textures */
export function sizeOfImage(what: string, [rows, columns]: readonly number[]): ImageSize {
  const size = { width: columns! / 4, height: rows! };
  if (!Number.isInteger(size.width) || Math.max(size.width, size.height) > MOST_TEXELS) {
    throw new Error(
      `${what} is read as an image: it needs columns in fours, at most ${MOST_TEXELS} fours and rows, not ${rows}×${columns}`,
    );
  }
  return size;
}

/** One image of a tape, from its copy to the last dispatch that reads it. */
export class Image implements ImageSize, Life {
  texture: GPUTexture | undefined;
  last: number;
  constructor(
    readonly width: number,
    readonly height: number,
    public first: number,
  ) {
    this.last = first;
  }

  /** Shares its texture with no other image of the tape. */
  stay(): void {
    this.first = 0;
    this.last = Number.POSITIVE_INFINITY;
  }

  /**
   * What copies a matrix into the image; made once, so that a step makes nothing. Rows that a copy
   * does not take together are copied one by one.
   */
  filler({ buffer, offset }: View): (encoder: GPUCommandEncoder) => void {
    const { width, height } = this;
    const texture = this.texture!;
    const bytesPerRow = width * TEXEL_BYTES;
    const together = bytesPerRow % ROW_BYTES === 0;
    const rows = together ? height : 1;
    const copies = Array.from({ length: height / rows }, (_, row) => ({
      from: { buffer, offset: offset + row * bytesPerRow, ...(together ? { bytesPerRow } : {}) },
      to: { texture, origin: [0, row] },
    }));
    const size = [width, rows];
    return (encoder) => {
      for (const { from, to } of copies) encoder.copyBufferToTexture(from, to, size);
    };
  }
}

/** An image and what it was copied from. */
export interface Shown {
  readonly image: Image;
  readonly slot: Slot;
}

/** The images of a tape, and while it is recorded, what they show. */
export class Images {
  private readonly all: Image[] = [];
  private shown: Shown[] = [];

  /**
   * The image that shows a slot as it is now. What lies in a buffer of its own (weights) is shown
   * until it is written; a temporary by the last dispatch alone, or its images would outlive it.
   */
  showing(slot: Slot, { width, height }: ImageSize): Image | undefined {
    return this.shown.find(
      ({ image, slot: one }) =>
        isSame(one, slot) && image.width === width && image.height === height,
    )?.image;
  }

  add({ width, height }: ImageSize, at: number): Image {
    const image = new Image(width, height, at);
    this.all.push(image);
    return image;
  }

  /** Notes what operation `at` reads as images and what it writes. */
  after(at: number, read: readonly Shown[], written: readonly Slot[]): void {
    for (const { image } of read) image.last = at;
    const isRead = ({ image }: Shown) => read.some((one) => one.image === image);
    const kept = this.shown.filter((one) => !isTemporary(one.slot) && !isRead(one));
    this.shown = [...kept, ...read].filter(({ slot }) => !written.some((one) => meet(one, slot)));
  }

  /**
   * Gives every image a texture at least as large; what lies beside or below it is never read for a
   * result.
   * @param lend textures of these sizes, in their order
   */
  place(lend: (sizes: readonly ImageSize[]) => GPUTexture[]): void {
    const homes = shareHomes(this.all, imageBytes, covers);
    const sizes = homes.map(([largest]) => ({
      width: largest!.width + APART,
      height: largest!.height,
    }));
    const textures = lend(sizes);
    for (const [at, guests] of homes.entries()) {
      for (const image of guests) image.texture = textures[at]!;
    }
  }
}
