/** One arena of floats on the GPU: a model's parameters, or its gradients, or a moment of Adam. */
import { type Gpu, slice, type View } from '../gpu/device';
import { readFloats } from '../gpu/readback';
import type { Layout, Tensor } from './layout';

export class Weights {
  private readonly byName: Map<string, Tensor>;

  constructor(
    readonly layout: Layout,
    readonly arena: View,
  ) {
    this.byName = new Map(layout.tensors.map((tensor) => [tensor.name, tensor]));
  }

  /** A zeroed arena. The caller frees it with `gpu.free(weights.arena)`. */
  static zeros(gpu: Gpu, layout: Layout, label: string): Weights {
    return new Weights(layout, gpu.alloc(label, layout.floats * 4));
  }

  static from(gpu: Gpu, layout: Layout, label: string, floats: Float32Array<ArrayBuffer>): Weights {
    const weights = Weights.zeros(gpu, layout, label);
    gpu.write(weights.arena, floats);
    return weights;
  }

  private known(name: string): Tensor {
    const tensor = this.byName.get(name);
    if (!tensor) throw new Error(`the model has no tensor ${name}`);
    return tensor;
  }

  /** The range of one tensor. @throws for a name that the layout does not have */
  tensor(name: string): View {
    const { offset, size } = this.known(name);
    return slice(this.arena, offset * 4, size * 4);
  }

  /**
   * The first rows of a matrix. Past its last one they are whatever follows it in the arena.
   * @throws for a name that the layout does not have
   */
  rowsOf(name: string, rows: number): View {
    const { offset, shape } = this.known(name);
    return slice(this.arena, offset * 4, rows * shape.at(-1)! * 4);
  }

  /** The whole arena, read back. */
  floats(gpu: Gpu): Promise<Float32Array> {
    return readFloats(gpu, this.arena, this.layout.floats);
  }
}
