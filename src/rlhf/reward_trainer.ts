/**
 * The tape of a reward-model update: K completions of each prompt in, updated weights out. A batch
 * in one part goes through the model packed, without padding and empty rows.
 */
import type { Gpu, View } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import type { Tape } from '../gpu/tape';
import { pairwiseLoss } from '../kernels/rlhf';
import { ADAMW, AdamW } from '../nn/adamw';
import { BatchBuffer, type Part, partsOf } from '../nn/batch';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordScores, recordScoresBackward } from '../nn/heads';
import { firstNonfinite, type Nonfinite, optimizerArenas } from '../nn/nonfinite';
import {
  lay,
  layPositions,
  type PackedRows,
  packRows,
  rowCounts,
  tokensIn,
} from '../nn/packed_rows';
import { type SizedTape, SizedTapes } from '../nn/sized_tapes';
import { Weights } from '../nn/weights';

/** The batch of an update, S rows of T tokens; rows without a completion have group −1. */
export interface RewardBatch {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
  readonly group: Int32Array<ArrayBuffer>;
  readonly rank: Int32Array<ArrayBuffer>;
  readonly weight: Float32Array<ArrayBuffer>;
  /** Rows that hold a completion, in order. */
  readonly filled: readonly number[];
}

/** Rows of each part of a batch of prompts, `K` rows a prompt. */
export const rewardParts = (prompts: number, accumulate: number, K: number): Part[] =>
  partsOf(prompts, accumulate).map(({ from, count }) => ({ from: from * K, count: count * K }));

export class RewardTrainer {
  readonly optimizer: AdamW;
  readonly grads: Weights;
  /** Rows of a batch. */
  readonly S: number;
  private readonly inputs: Record<'ids' | 'last' | 'group' | 'rank' | 'weight', BatchBuffer>;
  /** Undefined where the batch is in parts. */
  private readonly positions: BatchBuffer | undefined;
  private readonly stats: View;
  private readonly metrics: View;
  private readonly picked: BatchBuffer;
  private readonly tapes: SizedTapes;
  /** Where the completions of the last batch lie; undefined where the batch is in parts. */
  private packed: PackedRows | undefined;
  /** What `loadPacked` fills, [S·T] each. */
  private readonly laid: Record<'ids' | 'positions', Int32Array<ArrayBuffer>>;
  private readonly ring: MetricsRing<number>;
  private readonly throttle: Throttle;

  private constructor(
    private readonly gpu: Gpu,
    readonly weights: Weights,
    private readonly parts: readonly Part[],
    receive: (update: number, row: Float32Array) => void,
  ) {
    const T = weights.layout.config.n_positions;
    this.grads = Weights.zeros(gpu, weights.layout, 'reward gradients');
    this.optimizer = new AdamW(gpu, weights, this.grads, ADAMW, 'reward AdamW');
    this.S = parts.reduce((sum, { count }) => sum + count, 0);
    this.inputs = {
      ids: new BatchBuffer(gpu, 'ids', parts, T),
      last: new BatchBuffer(gpu, 'last tokens', parts, 1),
      group: new BatchBuffer(gpu, 'groups', parts, 1),
      rank: new BatchBuffer(gpu, 'ranks', parts, 1),
      weight: new BatchBuffer(gpu, 'pair weights', parts, 1),
    };
    this.positions = parts.length === 1 ? new BatchBuffer(gpu, 'positions', parts, T) : undefined;
    const ints = () => new Int32Array(this.positions ? this.S * T : 0);
    this.laid = { ids: ints(), positions: ints() };
    this.stats = gpu.alloc('pair stats', 16);
    this.metrics = gpu.alloc('metrics', 32);
    this.picked = new BatchBuffer(gpu, 'scores', parts, 1);
    this.tapes = new SizedTapes(gpu, 'reward');
    this.ring = new MetricsRing(gpu, this.metrics, 8, receive);
    this.throttle = new Throttle(gpu);
  }

  /**
   * Records and compiles everything. `receive` gets each update's metrics, a little later.
   * @param parts rows that go through the model together; each holds whole prompts
   */
  static async make(
    gpu: Gpu,
    weights: Weights,
    parts: readonly Part[],
    receive: (update: number, row: Float32Array) => void,
  ): Promise<RewardTrainer> {
    const trainer = new RewardTrainer(gpu, weights, parts, receive);
    const { S, positions, tapes } = trainer;
    await tapes.record(positions ? rowCounts(S) : [S], (tape, rows) => trainer.record(tape, rows));
    return trainer;
  }

  /**
   * Each part's loss and gradients, added up, and the update.
   * @param packed rows that hold the completions where these are packed
   */
  private record(tape: Tape, packed: number): void {
    const { gpu, weights, grads, inputs, picked, stats, T } = this;
    const batchRows = this.S * T;
    for (const [a, { count: S }] of this.parts.entries()) {
      const positions = this.positions?.views[a];
      const rows = positions ? packed : S;
      const ids = inputs.ids.views[a]!;
      const trunk = recordTrunk(gpu, tape, weights, ids, rows, T, { batchRows, positions });
      const scores = recordScores(gpu, tape, weights, trunk);
      const dscores = tape.temp('dscores', rows * T);
      tape.dispatch(
        pairwiseLoss,
        { S, N: rows * T },
        {
          scores,
          last: inputs.last.views[a]!,
          group: inputs.group.views[a]!,
          rank: inputs.rank.views[a]!,
          weight: inputs.weight.views[a]!,
          dscores,
          picked: picked.views[a]!,
          stats,
        },
        { ...workgroup(gpu, pairwiseLoss), ACCUMULATE: a > 0 ? 1 : 0 },
      );
      recordScoresBackward(gpu, tape, weights, grads, trunk, dscores, a > 0);
    }
    this.optimizer.record(tape);
    tape.copy(stats, this.metrics, 16);
  }

  async step(update: number, lr: number, batch: RewardBatch): Promise<void> {
    const { gpu, metrics } = this;
    const tape = this.load(batch);
    this.optimizer.set(update, lr);
    const encoder = gpu.device.createCommandEncoder({ label: 'reward step' });
    tape.encode(encoder);
    const { norm } = this.optimizer;
    encoder.copyBufferToBuffer(norm.buffer, norm.offset, metrics.buffer, metrics.offset + 16, 16);
    this.ring.record(encoder, update);
    gpu.submit(encoder.finish());
    this.ring.submitted();
    await this.throttle.next();
  }

  /** Queues what an update reads. @returns the tape that fits it */
  private load(batch: RewardBatch): Tape {
    const { gpu, inputs, positions } = this;
    inputs.group.write(gpu, batch.group);
    inputs.rank.write(gpu, batch.rank);
    inputs.weight.write(gpu, batch.weight);
    if (positions) return this.loadPacked(batch, positions);
    const { T } = this;
    const last = new Int32Array(this.S);
    for (const { from, count } of this.parts) {
      for (let s = 0; s < count; s++) last[from + s] = s * T + batch.lengths[from + s]! - 1;
    }
    inputs.ids.write(gpu, batch.ids);
    inputs.last.write(gpu, last);
    return this.sized.tape;
  }

  private loadPacked({ ids, lengths, group }: RewardBatch, positions: BatchBuffer): Tape {
    const { gpu, inputs, laid, T } = this;
    const filled = Array.from(lengths, (length, s) => (group[s]! < 0 ? 0 : length));
    const packed = packRows(filled, T);
    // Nothing of the batch before stays, so that an update is the same after a resume.
    lay(packed, ids, laid.ids.fill(0));
    layPositions(packed, laid.positions);
    inputs.ids.write(gpu, laid.ids);
    positions.write(gpu, laid.positions);
    const last = Int32Array.from(packed.starts, (start, s) => Math.max(0, start + filled[s]! - 1));
    inputs.last.write(gpu, last);
    this.packed = packed;
    return this.sized.tape;
  }

  /** Tokens of the last batch that went through the model. */
  get tokens(): number {
    return this.packed ? tokensIn(this.packed) : this.S * this.T;
  }

  /** Rows of the last batch that went through the model. */
  get rows(): number {
    return this.sized.rows;
  }

  private get sized(): SizedTape<void> {
    return this.tapes.holding(this.packed?.rows ?? this.S);
  }

  private get T(): number {
    return this.weights.layout.config.n_positions;
  }

  /**
   * Whether the weights as they are have finite gradients on a batch; nothing that is kept changes.
   * Call with the queue drained.
   */
  async tries(batch: RewardBatch): Promise<boolean> {
    return this.optimizer.tries(this.load(batch));
  }

  /** The first value that is not finite when an update that was refused runs again. */
  async diagnose(batch: RewardBatch): Promise<Nonfinite | undefined> {
    const tape = this.load(batch);
    const { gpu, weights, grads, optimizer } = this;
    return firstNonfinite(gpu, tape, optimizerArenas('', { weights, grads, optimizer }));
  }

  /** What a whole batch's tape consists of, for the Kernels lens. */
  get recorded(): Tape {
    return this.tapes.largest.tape;
  }

  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  /** The score of each row's completion, [S]; 0 where there is none. */
  scores = () => this.picked.floats(this.gpu);

  free(): void {
    this.tapes.free();
    this.positions?.free(this.gpu);
    this.ring.free();
    this.optimizer.free();
    for (const buffer of [this.picked, ...Object.values(this.inputs)]) buffer.free(this.gpu);
    this.gpu.free(this.grads.arena, this.stats, this.metrics);
  }
}
