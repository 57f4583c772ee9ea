/**
 * Metrics without waiting: after each step a few floats are copied into a row of a staging buffer;
 * a full buffer is mapped in the background and its rows handed over. The training loop never
 * awaits a row.
 */
import type { Gpu, View } from './device';
import { hasten } from './readback';

interface Staging<Tag> {
  readonly buffer: GPUBuffer;
  tags: Tag[];
}

export class MetricsRing<Tag> {
  private current: Staging<Tag> | undefined;
  private readonly idle: Staging<Tag>[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private failure: unknown;

  /**
   * @param source what is copied after each step
   * @param rows steps a staging buffer holds
   * @param receive called with each row in the order of the steps
   */
  constructor(
    private readonly gpu: Gpu,
    private readonly source: View,
    private readonly rows: number,
    private readonly receive: (tag: Tag, row: Float32Array) => void,
  ) {}

  /** Appends the copy of this step's metrics to its encoder. */
  record(encoder: GPUCommandEncoder, tag: Tag): void {
    this.current ??= this.idle.pop() ?? this.make();
    const { buffer, tags } = this.current;
    const { source } = this;
    encoder.copyBufferToBuffer(
      source.buffer,
      source.offset,
      buffer,
      tags.length * source.size,
      source.size,
    );
    tags.push(tag);
  }

  /** Call after the submit; starts reading a buffer that has become full. */
  submitted(): void {
    if (this.failure) throw this.failure;
    if (this.current && this.current.tags.length >= this.rows) this.startReading();
  }

  /** Hands over every row recorded so far. */
  async flush(): Promise<void> {
    if (this.current && this.current.tags.length > 0) this.startReading();
    await Promise.all(this.inFlight);
    if (this.failure) throw this.failure;
  }

  /** Releases the staging buffers; flush first. */
  free(): void {
    for (const { buffer } of this.idle) buffer.destroy();
    this.current?.buffer.destroy();
    this.idle.length = 0;
    this.current = undefined;
  }

  private make(): Staging<Tag> {
    const buffer = this.gpu.staging('metrics', this.rows * this.source.size);
    return { buffer, tags: [] };
  }

  private startReading(): void {
    const staging = this.current!;
    this.current = undefined;
    this.gpu.counters.readbacks++;
    const reading = this.handOver(staging)
      .catch((cause) => {
        this.failure = cause;
      })
      .finally(() => this.inFlight.delete(reading));
    this.inFlight.add(reading);
  }

  private async handOver(staging: Staging<Tag>): Promise<void> {
    await hasten(this.gpu, staging.buffer.mapAsync(GPUMapMode.READ));
    const floats = new Float32Array(staging.buffer.getMappedRange().slice(0));
    staging.buffer.unmap();
    const width = this.source.size / 4;
    const { tags } = staging;
    staging.tags = [];
    this.idle.push(staging);
    tags.forEach((tag, row) => {
      this.receive(tag, floats.subarray(row * width, (row + 1) * width));
    });
  }
}
