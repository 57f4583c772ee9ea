/** The masks of residual dropout of a whole model, drawn anew each step by one dispatch a part. */
import { type Gpu, slice, type View } from '../gpu/device';
import { readFloats } from '../gpu/readback';
import { Tape } from '../gpu/tape';
import { dropoutMask } from '../kernels/dropout';
import type { Part } from './batch';
import { workgroup } from './choice';

/** Floats in 256 bytes, where a view may start. */
const ALIGN = 64;
/** Places that drop in a block: behind attention and behind the MLP. */
const PLACES = 2;

/** Marks the uses of Philox's key that are dropout's. */
const STREAM = 0x5f7d0;

/** Multipliers of a block, [N, C] each, 0 or 1/(1−p). */
export interface BlockMasks<Of> {
  readonly attn: Of;
  readonly mlp: Of;
}

export class Dropout {
  private readonly buffers: { readonly view: View; readonly first: number; readonly S: number }[];
  private readonly seed: View;
  /** Masks in a buffer. */
  private readonly most: number;

  /**
   * @param parts rows B·T of the batch that are drawn together; the buffers hold one part at a time
   * @param C channels; a part's first element must be the first of four
   */
  constructor(
    private readonly gpu: Gpu,
    private readonly layers: number,
    private readonly parts: readonly Part[],
    private readonly C: number,
    private readonly p: number,
  ) {
    if (parts.some(({ from }) => (from * C) % 4 !== 0)) {
      throw new Error(`dropout in parts needs rows and channels in fours, not ${C} channels`);
    }
    this.seed = gpu.alloc('dropout seed', 16);
    const rows = Math.max(...parts.map(({ count }) => count));
    const bytes = this.floats(rows) * 4;
    this.most = Math.max(1, Math.floor(gpu.device.limits.maxStorageBufferBindingSize / bytes));
    const places = PLACES * layers;
    this.buffers = [];
    for (let first = 0; first < places; first += this.most) {
      const S = Math.min(this.most, places - first);
      this.buffers.push({ view: gpu.alloc('dropout masks', S * bytes), first, S });
    }
  }

  /** Floats from one mask of so many rows to the next. */
  private floats(rows: number): number {
    return Math.ceil((rows * this.C) / ALIGN) * ALIGN;
  }

  /**
   * Records the drawing of a part's masks, the same numbers whatever the parts.
   * @returns those of each block, until the next part is drawn
   */
  record(tape: Tape, { from, count }: Part): BlockMasks<View>[] {
    const N = this.floats(count);
    for (const { view, first, S } of this.buffers) {
      tape.dispatch(
        dropoutMask,
        { first, S, N, skip: (from * this.C) / 4, p: this.p },
        { step: this.seed, mask: view },
        workgroup(this.gpu, dropoutMask),
      );
    }
    const place = (index: number) => {
      const { view } = this.buffers[Math.floor(index / this.most)]!;
      return slice(view, (index % this.most) * N * 4, count * this.C * 4);
    };
    return Array.from({ length: this.layers }, (_, layer) => ({
      attn: place(PLACES * layer),
      mlp: place(PLACES * layer + 1),
    }));
  }

  /** The masks of the step that was set last, of the whole batch: drawn once more, and read. */
  async read(): Promise<BlockMasks<Float32Array>[]> {
    const rows = this.parts.reduce((sum, { count }) => sum + count, 0);
    const whole = Array.from({ length: this.layers }, () => ({
      attn: new Float32Array(rows * this.C),
      mlp: new Float32Array(rows * this.C),
    }));
    for (const part of this.parts) {
      const tape = new Tape(this.gpu, 'dropout once more');
      const masks = this.record(tape, part);
      await tape.finish();
      tape.run();
      for (const [layer, views] of masks.entries()) {
        for (const site of ['attn', 'mlp'] as const) {
          const drawn = await readFloats(this.gpu, views[site], part.count * this.C);
          whole[layer]![site].set(drawn, part.from * this.C);
        }
      }
      tape.free();
    }
    return whole;
  }

  /** Queues the seed of a step; call before the submit. */
  set(seed: number, step: number): void {
    this.gpu.write(this.seed, new Uint32Array([seed, STREAM, step, 0]));
  }

  free(): void {
    this.gpu.free(this.seed, ...this.buffers.map(({ view }) => view));
  }
}
