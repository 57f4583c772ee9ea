/**
 * A training's arenas read back for its checkpoints, again and again, through one staging buffer
 * and into two sets of arrays that are kept and take turns: fresh memory costs many times the copy
 * into it. The buffer is as large as one arena, so arenas are read one after the other. What becomes of a checkpoint is not decided here.
 */
import type { Gpu } from '../gpu/device';
import { hasten } from '../gpu/readback';
import type { Weights } from './weights';

/** Whole arenas by role: weights, m, v, … */
export type ArenaFloats = Readonly<Record<string, Float32Array>>;

export class Snapshots {
  private readonly sets: Record<string, Float32Array>[] = [{}, {}];
  private staging: GPUBuffer | undefined;

  constructor(
    private readonly gpu: Gpu,
    private readonly arenas: Readonly<Record<string, Weights>>,
  ) {}

  /**
   * Every arena as it is once what is queued has run.
   * @returns arrays that stay as they are until the call after the next one
   */
  async take(): Promise<ArenaFloats> {
    const set = this.sets.shift()!;
    this.sets.push(set);
    for (const [role, weights] of Object.entries(this.arenas)) {
      set[role] ??= new Float32Array(weights.layout.floats);
      await this.read(weights, set[role]);
    }
    return { ...set };
  }

  /** Puts back what `take` has given. */
  restore(floats: ArenaFloats): void {
    for (const [role, { arena }] of Object.entries(this.arenas)) {
      this.gpu.write(arena, floats[role]!);
    }
  }

  /** Releases the staging buffer; what was given stays. */
  free(): void {
    this.staging?.destroy();
  }

  private async read({ arena }: Weights, into: Float32Array): Promise<void> {
    const staging = this.stagingBuffer();
    const encoder = this.gpu.device.createCommandEncoder({ label: 'checkpoint' });
    encoder.copyBufferToBuffer(arena.buffer, arena.offset, staging, 0, arena.size);
    this.gpu.submit(encoder.finish());
    this.gpu.counters.readbacks++;
    await hasten(this.gpu, staging.mapAsync(GPUMapMode.READ, 0, arena.size));
    into.set(new Float32Array(staging.getMappedRange(0, arena.size), 0, into.length));
    staging.unmap();
  }

  /** As large as the largest arena. */
  private stagingBuffer(): GPUBuffer {
    const sizes = Object.values(this.arenas).map(({ arena }) => arena.size);
    this.staging ??= this.gpu.staging('checkpoint', Math.max(...sizes));
    return this.staging;
  }
}
