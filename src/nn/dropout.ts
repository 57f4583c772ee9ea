/** The masks of residual dropout of a whole model, drawn anew each step by one dispatch. */
import { type Gpu, slice, type View } from '../gpu/device';
import type { Tape } from '../gpu/tape';
import { dropoutMask } from '../kernels/dropout';
import { workgroup } from './choice';

/** Floats in 256 bytes, where a view may start. */
const ALIGN = 64;
/** Places that drop in a block: behind attention and behind the MLP. */
const PLACES = 2;

/** Marks the uses of Philox's key that are dropout's. */
const STREAM = 0x5f7d0;

export class Dropout {
  /** Multipliers of each block, [N, C] each, 0 or 1/(1−p). */
  readonly masks: readonly { readonly attn: View; readonly mlp: View }[];
  private readonly buffers: { readonly view: View; readonly first: number; readonly S: number }[];
  private readonly seed: View;
  /** From one mask to the next. */
  private readonly floats: number;

  /** @param N rows B·T */
  constructor(
    private readonly gpu: Gpu,
    layers: number,
    N: number,
    C: number,
    private readonly p: number,
  ) {
    this.seed = gpu.alloc('dropout seed', 16);
    this.floats = Math.ceil((N * C) / ALIGN) * ALIGN;
    const bytes = this.floats * 4;
    const most = Math.max(1, Math.floor(gpu.device.limits.maxStorageBufferBindingSize / bytes));
    const places = PLACES * layers;
    this.buffers = [];
    for (let first = 0; first < places; first += most) {
      const S = Math.min(most, places - first);
      this.buffers.push({ view: gpu.alloc('dropout masks', S * bytes), first, S });
    }
    const place = (index: number) => {
      const { view } = this.buffers[Math.floor(index / most)]!;
      return slice(view, (index % most) * bytes, N * C * 4);
    };
    this.masks = Array.from({ length: layers }, (_, layer) => ({
      attn: place(PLACES * layer),
      mlp: place(PLACES * layer + 1),
    }));
  }

  /** Records the drawing of all masks. */
  record(tape: Tape): void {
    for (const { view, first, S } of this.buffers) {
      tape.dispatch(
        dropoutMask,
        { first, S, N: this.floats, p: this.p },
        { step: this.seed, mask: view },
        workgroup(this.gpu, dropoutMask),
      );
    }
  }

  /** Queues the seed of a step; call before the submit. */
  set(seed: number, step: number): void {
    this.gpu.write(this.seed, new Uint32Array([seed, STREAM, step, 0]));
  }

  free(): void {
    this.gpu.free(this.seed, ...this.buffers.map(({ view }) => view));
  }
}
