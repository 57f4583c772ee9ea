/**
 * Supervised training of a language model: one tape from token ids to updated weights.
 * Base and SFT differ only in what they feed it.
 */
import type { Gpu, View } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import type { Tape } from '../gpu/tape';
import { weightedSumKernel } from '../kernels/loss';
import { AdamW, type AdamWOptions } from './adamw';
import { BatchBuffer, type Part, partsOf } from './batch';
import { workgroup } from './choice';
import { type BlockMasks, Dropout } from './dropout';
import { recordTrunk } from './gpt';
import { recordLmBackward, recordLmHead } from './heads';
import { firstNonfinite, type Nonfinite, optimizerArenas } from './nonfinite';
import {
  lay,
  layPositions,
  lengthsOf,
  type PackedRows,
  packRows,
  rowCounts,
  tokensIn,
  unlay,
} from './packed_rows';
import { type SizedTape, SizedTapes } from './sized_tapes';
import { Weights } from './weights';

/** One batch: token ids and targets, [B·T] each. */
export interface LmBatch {
  readonly inputIds: Int32Array;
  /** What each position must predict; −100 is ignored. */
  readonly targets: Int32Array;
}

export interface LmStep {
  readonly step: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly finite: boolean;
}

export interface LmTrainerOptions {
  readonly B: number;
  readonly T: number;
  /** Parts that the batch goes through the model in, one after another; 1 by default. */
  readonly accumulate?: number;
  /** Leave what stands behind a row's last target out of the model; not with parts. */
  readonly packed?: boolean;
  /** Residual dropout's probability; 0 leaves it out of the tape. */
  readonly dropout: number;
  readonly seed: number;
  readonly adamw: AdamWOptions;
  /** Steps whose metrics are read back together. */
  readonly metricsEvery?: number;
}

export class LmTrainer {
  readonly grads: Weights;
  readonly optimizer: AdamW;
  private readonly dropout: Dropout | undefined;
  private readonly parts: readonly Part[];
  private readonly ids: BatchBuffer;
  private readonly targets: BatchBuffer;
  private readonly weight: BatchBuffer;
  private readonly positions: BatchBuffer | undefined;
  private readonly metrics: View;
  /** By rows that go through the model; one where they are not packed. */
  private readonly tapes: SizedTapes;
  /** Where the batch that was loaded last lies. */
  private packed: PackedRows | undefined;
  /** What `pack` fills, [B·T] each. */
  private readonly laid: Record<'inputIds' | 'targets' | 'positions', Int32Array<ArrayBuffer>>;
  private readonly throttle: Throttle;
  private readonly ring: MetricsRing<number>;
  private readonly weights01: Float32Array<ArrayBuffer>;

  private constructor(
    private readonly gpu: Gpu,
    readonly weights: Weights,
    readonly options: LmTrainerOptions,
    receive: (step: LmStep) => void,
  ) {
    const { B, T } = options;
    const { n_layer, n_embd: C } = weights.layout.config;
    this.parts = partsOf(B, options.accumulate ?? 1);
    this.grads = Weights.zeros(gpu, weights.layout, 'gradients');
    this.optimizer = new AdamW(gpu, weights, this.grads, options.adamw, 'AdamW');
    this.ids = new BatchBuffer(gpu, 'ids', this.parts, T);
    this.targets = new BatchBuffer(gpu, 'targets', this.parts, T);
    this.weight = new BatchBuffer(gpu, 'loss weight', this.parts, T);
    const isPacked = options.packed === true && this.parts.length === 1;
    this.positions = isPacked ? new BatchBuffer(gpu, 'positions', this.parts, T) : undefined;
    this.weights01 = new Float32Array(B * T);
    const ints = () => new Int32Array(this.positions ? B * T : 0);
    this.laid = { inputIds: ints(), targets: ints(), positions: ints() };
    this.metrics = gpu.alloc('metrics', 32);
    const p = options.dropout;
    const rows = this.parts.map(({ from, count }) => ({ from: from * T, count: count * T }));
    this.dropout = p > 0 ? new Dropout(gpu, n_layer, rows, C, p) : undefined;
    this.tapes = new SizedTapes(gpu, 'train');
    this.throttle = new Throttle(gpu);
    this.ring = new MetricsRing(gpu, this.metrics, options.metricsEvery ?? 16, (step, row) => {
      receive({ step, loss: row[0]!, gradNorm: row[4]!, finite: row[6] === 0 });
    });
  }

  /** Records and compiles everything. `receive` gets each step's metrics, a little later. */
  static async make(
    gpu: Gpu,
    weights: Weights,
    options: LmTrainerOptions,
    receive: (step: LmStep) => void,
  ): Promise<LmTrainer> {
    const trainer = new LmTrainer(gpu, weights, options, receive);
    await trainer.record();
    return trainer;
  }

  private async record(): Promise<void> {
    const { B } = this.options;
    await this.tapes.record(this.positions ? rowCounts(B) : [B], (tape, rows) => {
      const parts = this.positions ? [{ from: 0, count: rows }] : this.parts;
      for (const [a, part] of parts.entries()) this.recordPart(tape, a, part);
      this.optimizer.record(tape);
    });
  }

  /** One part's loss and gradients, added to those of the parts before it. */
  private recordPart(tape: Tape, a: number, { from, count }: Part): void {
    const { gpu, weights, grads, options, metrics, dropout } = this;
    const { B, T } = options;
    const [ids, targets, weight] = [this.ids, this.targets, this.weight].map(
      ({ views }) => views[a]!,
    ) as [View, View, View];
    const N = count * T;
    const masks = dropout?.record(tape, { from: from * T, count: N });
    const positions = this.positions?.views[a];
    const places = { masks, batchRows: B * T, positions };
    const trunk = recordTrunk(gpu, tape, weights, ids, count, T, places);
    const head = recordLmHead(gpu, tape, weights, trunk, targets);
    tape.dispatch(
      weightedSumKernel,
      { N, slot: 0, S: 4, scale: -1 },
      { a: head.logprob, b: weight, out: metrics },
      { ...workgroup(gpu, weightedSumKernel), ACCUMULATE: a > 0 ? 1 : 0 },
    );
    recordLmBackward(gpu, tape, weights, grads, head, weight, a > 0);
  }

  /** What a whole batch's tape consists of, for the profiler and the Kernels lens. */
  get recorded(): Tape {
    return this.tapes.largest.tape;
  }

  /**
   * Queues update number `step` (from 1) and returns when the next may be queued; the weights of
   * the step follow the batch (a mean over the targets that count).
   */
  async step(step: number, lr: number, batch: LmBatch): Promise<void> {
    this.queue(step, lr, batch);
    await this.throttle.next();
  }

  /** The same without waiting for the queue to shorten. */
  queue(step: number, lr: number, batch: LmBatch): void {
    const { gpu } = this;
    const tape = this.load(step, batch);
    this.optimizer.set(step, lr);
    const encoder = gpu.device.createCommandEncoder({ label: 'train step' });
    tape.encode(encoder);
    const { norm } = this.optimizer;
    encoder.copyBufferToBuffer(
      norm.buffer,
      norm.offset,
      this.metrics.buffer,
      this.metrics.offset + 16,
      16,
    );
    this.ring.record(encoder, step);
    gpu.submit(encoder.finish());
    this.ring.submitted();
  }

  /** Queues what a step reads, apart from its learning rate. @returns the tape that fits it */
  private load(step: number, batch: LmBatch): Tape {
    const { gpu, weights01 } = this;
    const { inputIds, targets } = this.positions ? this.pack(this.positions, batch) : batch;
    let count = 0;
    for (const target of targets) if (target !== -100) count++;
    for (let i = 0; i < targets.length; i++) weights01[i] = targets[i] === -100 ? 0 : 1 / count;
    this.ids.write(gpu, inputIds);
    this.targets.write(gpu, targets);
    this.weight.write(gpu, weights01);
    this.dropout?.set(this.options.seed, step);
    return this.sized.tape;
  }

  /** The batch without what stands behind each row's last target, in the first of its rows. */
  private pack(places: BatchBuffer, { inputIds, targets }: LmBatch): LmBatch {
    const { laid, options } = this;
    const packed = packRows(lengthsOf(targets, options.T), options.T);
    // Nothing of the batch before stays, so that a step is the same after a resume.
    lay(packed, inputIds, laid.inputIds.fill(0));
    lay(packed, targets, laid.targets.fill(-100));
    layPositions(packed, laid.positions);
    places.write(this.gpu, laid.positions);
    this.packed = packed;
    return laid;
  }

  /**
   * Whether the weights as they are have finite gradients on the batch of a step; nothing that is
   * kept changes. Call with the queue drained.
   */
  async tries(step: number, batch: LmBatch): Promise<boolean> {
    return this.optimizer.tries(this.load(step, batch));
  }

  /** The first value that is not finite when a step that was refused runs again. */
  async diagnose(step: number, batch: LmBatch): Promise<Nonfinite | undefined> {
    const tape = this.load(step, batch);
    const { gpu, weights, grads, optimizer } = this;
    return firstNonfinite(gpu, tape, optimizerArenas('', { weights, grads, optimizer }));
  }

  /** Tokens of the last batch that went through the model. */
  get tokens(): number {
    return this.packed ? tokensIn(this.packed) : this.options.B * this.options.T;
  }

  /** Rows of the last batch that went through the model. */
  get rows(): number {
    return this.sized.rows;
  }

  private get sized(): SizedTape<void> {
    return this.tapes.holding(this.packed?.rows ?? this.options.B);
  }

  /**
   * The multipliers of dropout in the last step, [B·T, C] for each place, as if the rows had not been
   * packed: 1 where nothing went through the model. None without dropout.
   */
  async masks(): Promise<BlockMasks<Float32Array>[]> {
    const drawn = (await this.dropout?.read()) ?? [];
    const { packed } = this;
    if (!packed) return drawn;
    const whole = (mask: Float32Array) => unlay(packed, mask, this.weights.layout.config.n_embd, 1);
    return drawn.map(({ attn, mlp }) => ({ attn: whole(attn), mlp: whole(mlp) }));
  }

  /** Resolves when every queued step has run and its metrics have been received. */
  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  free(): void {
    const { gpu } = this;
    this.tapes.free();
    this.optimizer.free();
    this.dropout?.free();
    this.ring.free();
    for (const buffer of [this.ids, this.targets, this.weight]) buffer.free(gpu);
    this.positions?.free(gpu);
    gpu.free(this.grads.arena, this.metrics);
  }
}
