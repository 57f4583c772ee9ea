/**
 * A tape: a fixed list of dispatches, recorded once and replayed every step.
 *
 * While recording, temporaries are only names with a size. `finish` sees the whole list, so it
 * knows the first and the last dispatch that touches each temporary and lets those whose lives do
 * not overlap share a buffer; then it makes all pipelines, uniforms and bind groups. A replay
 * allocates nothing. What changes from step to step lives in buffers that the owner writes before
 * the submit, never in the recording.
 *
 * What a kernel reads as an image is copied into one just before its dispatch.
 */
import type { Gpu, View } from './device';
import { type Image, type ImageSize, Images, type Shown, sizeOfImage } from './images';
import {
  type Binding,
  bytesOfBinding,
  type Grid,
  type Kernel,
  shapeOf,
  type Values,
} from './kernel';
import { shareHomes } from './lives';
import type { Scratch } from './scratch';
import { isTemporary, meet, real, type Slot, Temp, TempPart } from './slots';

interface DispatchOp {
  kind: 'dispatch';
  kernel: Kernel;
  params: Values;
  constants: Values;
  slots: (Slot | undefined)[];
  /** In the place of their slots, where the kernel reads images. */
  images: (Image | undefined)[];
  grid: Grid;
}
interface CopyOp {
  kind: 'copy';
  from: Slot;
  to: Slot;
  bytes: number;
}
interface ImageOp {
  kind: 'image';
  from: Slot;
  to: Image;
  /** Shows the same throughout, so that the first of several replays in a row copies for all. */
  once: boolean;
}
type Op = DispatchOp | CopyOp | ImageOp;

type Ready =
  | {
      kind: 'dispatch';
      name: string;
      pipeline: GPUComputePipeline;
      group: GPUBindGroup;
      grid: Grid;
    }
  | { kind: 'copy'; once: boolean; encode(encoder: GPUCommandEncoder): void };

/** Names and sizes of one dispatch, for the profiler and the Kernels lens. */
export interface DispatchInfo {
  readonly kernel: Kernel;
  readonly params: Values;
  readonly constants: Values;
  readonly grid: Grid;
  /** What is bound, in the order of the kernel's bindings; optional ones may be left out. */
  readonly slots: readonly (Slot | undefined)[];
}

const UNIFORM_STRIDE = 256;

export class Tape {
  private readonly ops: Op[] = [];
  private readonly temps: Temp[] = [];
  private readonly images = new Images();
  private readonly written: Slot[] = [];
  private ready: Ready[] | undefined;
  private readonly owned: View[] = [];
  private readonly textures: GPUTexture[] = [];

  /**
   * @param scratch where temporaries live, shared with other tapes; without it, buffers of its own
   * @param repeats whether it is replayed several times in a row: images of what it never writes
   * (weights) are then copied once for all of them, and have a texture of their own meanwhile
   */
  constructor(
    private readonly gpu: Gpu,
    readonly label: string,
    private readonly scratch?: Scratch,
    private readonly repeats = false,
  ) {}

  /** A temporary of `elements` four-byte values, alive from its first to its last use. */
  temp(label: string, elements: number): Temp {
    const temp = new Temp(`${this.label}/${label}`, elements * 4);
    this.temps.push(temp);
    return temp;
  }

  /** Records one kernel. Optional bindings may be left out. */
  dispatch<B extends string, P extends string, C extends string>(
    kernel: Kernel<B, P, C>,
    params: Values<P>,
    slots: Partial<Record<B, Slot>>,
    constants: Partial<Values<C>> = {},
  ): void {
    const all = { ...kernel.constants, ...constants } as Values<C>;
    const bindings = Object.entries(kernel.bindings) as [B, Binding][];
    const bound = bindings.map(([name, binding]) => {
      const slot: Slot | undefined = slots[name];
      if (!slot && !binding.optional) {
        throw new Error(`${kernel.name}: binding '${name}' is missing`);
      }
      const needed = bytesOfBinding(binding, params);
      if (slot && slot.size < needed) {
        throw new Error(
          `${kernel.name}: '${name}' [${binding.shape}] needs ${needed} bytes, bound ${slot.size}`,
        );
      }
      return slot;
    });
    const read: Shown[] = [];
    const images = bindings.map(([name, { image, shape }], at) => {
      const slot = bound[at];
      if (!image || !slot) return undefined;
      const size = sizeOfImage(`${kernel.name}: '${name}'`, shapeOf(shape, params));
      read.push({ image: this.imageOf(slot, size), slot });
      return read.at(-1)!.image;
    });
    const written: Slot[] = [];
    for (const [at, [, { access, image }]] of bindings.entries()) {
      const slot = bound[at];
      if (slot && !image) this.touch(slot);
      if (slot && access !== 'in') written.push(slot);
    }
    this.images.after(this.ops.length, read, written);
    this.written.push(...written);
    this.ops.push({
      kind: 'dispatch',
      kernel: kernel as unknown as Kernel,
      params,
      constants: all,
      slots: bound,
      images,
      grid: kernel.grid(params, all),
    });
  }

  /** The image of a slot: one that shows it already, or a new one, whose copy is recorded. */
  private imageOf(slot: Slot, size: ImageSize): Image {
    const known = this.images.showing(slot, size);
    if (known) return known;
    const image = this.images.add(size, this.ops.length);
    this.touch(slot);
    this.ops.push({ kind: 'image', from: slot, to: image, once: false });
    return image;
  }

  /** Records a copy of `bytes` from the start of one slot to the start of another. */
  copy(from: Slot, to: Slot, bytes: number): void {
    this.touch(from);
    this.touch(to);
    this.images.after(this.ops.length, [], [to]);
    this.written.push(to);
    this.ops.push({ kind: 'copy', from, to, bytes });
  }

  private touch(slot: Slot): void {
    const temp = slot instanceof TempPart ? slot.temp : slot;
    if (!(temp instanceof Temp)) return;
    temp.first = Math.min(temp.first, this.ops.length);
    temp.last = Math.max(temp.last, this.ops.length);
  }

  /**
   * Keeps a temporary's contents to the end of the tape, so that they can be read after it (with a
   * scratch: until another of its tapes runs).
   */
  keep(...temps: Temp[]): void {
    for (const temp of temps) temp.last = Number.POSITIVE_INFINITY;
  }

  /**
   * Places temporaries, compiles pipelines, makes bind groups. Call once, before `encode`.
   * @throws {GpuFault} when the GPU's memory does not hold what was allocated so far
   */
  async finish(): Promise<this> {
    this.placeTemps();
    if (this.repeats) this.keepImages();
    this.images.place((sizes) => this.texturesOf(sizes));
    const pipelines = await Promise.all(
      this.ops.map((op) =>
        op.kind === 'dispatch' ? this.gpu.pipeline(op.kernel, op.constants) : undefined,
      ),
    );
    const uniforms = this.writeUniforms();
    const readDummy = this.own(this.gpu.alloc(`${this.label}/unbound inputs`, 256));
    await this.gpu.allocated();
    const writeDummies: View[] = [];
    this.ready = this.ops.map((op, index): Ready => {
      if (op.kind !== 'dispatch') {
        return { kind: 'copy', once: op.kind === 'image' && op.once, encode: copier(op) };
      }
      const { pipeline, layout } = pipelines[index]!;
      let writes = 0;
      const bindings = Object.values(op.kernel.bindings);
      const resources = op.slots.map((slot, at) => {
        const image = op.images[at];
        if (image) return image.texture!.createView();
        if (slot) return range(real(slot));
        if (bindings[at]!.access === 'in') return range(readDummy);
        writeDummies[writes] ??= this.own(this.gpu.alloc(`${this.label}/unbound outputs`, 256));
        return range(writeDummies[writes++]!);
      });
      const group = this.gpu.bindGroup({
        label: op.kernel.name,
        layout,
        entries: [
          { binding: 0, resource: { buffer: uniforms, offset: index * UNIFORM_STRIDE, size: 128 } },
          ...resources.map((resource, at) => ({ binding: at + 1, resource })),
        ],
      });
      return { kind: 'dispatch', name: op.kernel.name, pipeline, group, grid: op.grid };
    });
    return this;
  }

  /** Images of what no operation writes stay from the first replay on. */
  private keepImages(): void {
    for (const op of this.ops) {
      if (op.kind !== 'image' || isTemporary(op.from)) continue;
      op.once = !this.written.some((slot) => meet(slot, op.from));
      if (op.once) op.to.stay();
    }
  }

  private own(view: View): View {
    this.owned.push(view);
    return view;
  }

  private texturesOf(sizes: readonly ImageSize[]): GPUTexture[] {
    if (this.scratch) return this.scratch.lendImages(sizes);
    const made = sizes.map((size) => this.gpu.image(`${this.label}/images`, size));
    this.textures.push(...made);
    return made;
  }

  private placeTemps(): void {
    const used = this.temps.filter((temp) => temp.last >= 0);
    const homes = shareHomes(used, ({ size }) => size);
    const views = this.scratch
      ? this.scratch.lend(homes.map(([largest]) => largest!.size))
      : homes.map(([largest]) => this.own(this.gpu.alloc(largest!.label, largest!.size)));
    for (const [index, guests] of homes.entries()) {
      for (const temp of guests) temp.view = { ...views[index]!, size: pad16(temp.size) };
    }
  }

  private writeUniforms(): GPUBuffer {
    const bytes = new ArrayBuffer(Math.max(1, this.ops.length) * UNIFORM_STRIDE);
    const data = new DataView(bytes);
    this.ops.forEach((op, index) => {
      if (op.kind !== 'dispatch') return;
      let at = index * UNIFORM_STRIDE;
      for (const [name, type] of Object.entries(op.kernel.params)) {
        const value = op.params[name];
        if (value === undefined) throw new Error(`${op.kernel.name}: param '${name}' is missing`);
        if (type === 'f32') data.setFloat32(at, value, true);
        else if (type === 'i32') data.setInt32(at, value, true);
        else data.setUint32(at, value, true);
        at += 4;
      }
    });
    this.uniforms = this.gpu.uniforms(`${this.label}/params`, bytes);
    return this.uniforms;
  }
  private uniforms: GPUBuffer | undefined;

  /** Appends the whole tape to an encoder, `times` over. */
  encode(encoder: GPUCommandEncoder, times = 1): void {
    if (!this.ready) throw new Error(`tape '${this.label}' is not finished`);
    let pass: GPUComputePassEncoder | undefined;
    for (let round = 0; round < times; round++) {
      for (const op of this.ready) {
        if (op.kind === 'copy') {
          if (op.once && round > 0) continue;
          pass?.end();
          pass = undefined;
          op.encode(encoder);
          continue;
        }
        pass ??= encoder.beginComputePass({ label: this.label });
        pass.setPipeline(op.pipeline);
        pass.setBindGroup(0, op.group);
        pass.dispatchWorkgroups(op.grid[0], op.grid[1], op.grid[2]);
        this.gpu.counters.dispatches++;
      }
    }
    pass?.end();
  }

  /**
   * Appends one operation alone, a dispatch `times` over in a pass of its own; used by the profiler
   * only.
   */
  encodeOne(
    encoder: GPUCommandEncoder,
    index: number,
    times = 1,
    timestampWrites?: GPUComputePassTimestampWrites,
  ): void {
    const op = this.ready?.[index];
    if (!op) throw new Error(`tape '${this.label}' has no operation ${index}, or is not finished`);
    if (op.kind === 'copy') {
      op.encode(encoder);
      return;
    }
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    pass.setPipeline(op.pipeline);
    pass.setBindGroup(0, op.group);
    for (let time = 0; time < times; time++) pass.dispatchWorkgroups(...op.grid);
    pass.end();
  }

  /** What each operation is; copies are undefined. */
  describe(): (DispatchInfo | undefined)[] {
    return this.ops.map((op) => (op.kind === 'dispatch' ? op : undefined));
  }

  /** Submits the tape once (or `times` over) on its own. */
  run(times = 1): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: this.label });
    this.encode(encoder, times);
    this.gpu.submit(encoder.finish());
  }

  /** Frees temporaries and uniforms. */
  free(): void {
    this.gpu.free(...this.owned);
    this.owned.length = 0;
    this.gpu.freeImages(...this.textures);
    this.textures.length = 0;
    this.uniforms?.destroy();
    this.uniforms = undefined;
    this.ready = undefined;
  }
}

/** What appends a copy to an encoder. */
function copier(op: CopyOp | ImageOp): (encoder: GPUCommandEncoder) => void {
  const from = real(op.from);
  if (op.kind === 'image') return op.to.filler(from);
  const { bytes } = op;
  const to = real(op.to);
  return (encoder) =>
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
}

const range = ({ buffer, offset, size }: View): GPUBufferBinding => ({ buffer, offset, size });

const pad16 = (bytes: number) => Math.max(16, Math.ceil(bytes / 16) * 16);
