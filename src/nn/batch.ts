/**
 * A batch that goes through a model in parts, one after another, whose gradients add up (gradient
 * accumulation): activations are needed for one part at a time, and the step is the same.
 */
import { type Gpu, slice, type View } from '../gpu/device';
import { read } from '../gpu/readback';

/** Rows [from, from + count) of a batch. */
export interface Part {
  readonly from: number;
  readonly count: number;
}

/** `rows` in `parts` runs as equal as they can be, the longer ones first; never an empty one. */
export function partsOf(rows: number, parts: number): Part[] {
  const A = Math.max(1, Math.min(parts, rows));
  const start = (a: number) => a * Math.floor(rows / A) + Math.min(a, rows % A);
  return Array.from({ length: A }, (_, a) => ({ from: start(a), count: start(a + 1) - start(a) }));
}

/** Where a view may start. */
const ALIGN = 256;

/** `width` four-byte values for each row of a batch; each part's rows where a view may start. */
export class BatchBuffer {
  /** What is bound for each part. */
  readonly views: readonly View[];
  private readonly whole: View;

  constructor(
    gpu: Gpu,
    label: string,
    private readonly parts: readonly Part[],
    private readonly width: number,
  ) {
    let bytes = 0;
    const starts = parts.map(({ count }) => {
      const start = Math.ceil(bytes / ALIGN) * ALIGN;
      bytes = start + count * width * 4;
      return start;
    });
    this.whole = gpu.alloc(label, bytes);
    // Whole multiples of 16 bytes, as `alloc` makes them.
    const size = (count: number) => Math.max(16, Math.ceil((count * width) / 4) * 16);
    this.views = parts.map(({ count }, a) => slice(this.whole, starts[a]!, size(count)));
  }

  /** Queues the values of all rows. */
  write(gpu: Gpu, values: Int32Array | Float32Array): void {
    for (const [a, { from, count }] of this.parts.entries()) {
      const whole = count * this.width === values.length;
      const first = from * this.width;
      gpu.write(
        this.views[a]!,
        whole ? values : values.subarray(first, first + count * this.width),
      );
    }
  }

  /** Queues the values of each part. */
  writeParts(gpu: Gpu, values: readonly (Int32Array | Float32Array)[]): void {
    for (const [a, part] of values.entries()) gpu.write(this.views[a]!, part);
  }

  /** The values of all rows as floats. */
  async floats(gpu: Gpu): Promise<Float32Array> {
    const rows = this.parts.reduce((sum, { count }) => sum + count, 0);
    const floats = new Float32Array(rows * this.width);
    const bytes = await read(gpu, ...this.views);
    for (const [a, { from, count }] of this.parts.entries()) {
      floats.set(new Float32Array(bytes[a]!, 0, count * this.width), from * this.width);
    }
    return floats;
  }

  free(gpu: Gpu): void {
    gpu.free(this.whole);
  }
}
