/** The tape of a reward-model update: K completions of each prompt in, updated weights out. */
import type { Gpu, View } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import { Tape } from '../gpu/tape';
import { pairwiseLoss } from '../kernels/rlhf';
import { ADAMW, AdamW } from '../nn/adamw';
import { BatchBuffer, type Part, partsOf } from '../nn/batch';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordScores, recordScoresBackward } from '../nn/heads';
import { firstNonfinite, type Nonfinite, optimizerArenas } from '../nn/nonfinite';
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
  private readonly inputs: Record<'ids' | 'length' | 'group' | 'rank' | 'weight', BatchBuffer>;
  private readonly stats: View;
  private readonly metrics: View;
  private readonly picked: BatchBuffer;
  private readonly tape: Tape;
  private readonly ring: MetricsRing<number>;
  private readonly throttle: Throttle;

  /** @param parts rows that go through the model together; each holds whole prompts */
  constructor(
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
      length: new BatchBuffer(gpu, 'lengths', parts, 1),
      group: new BatchBuffer(gpu, 'groups', parts, 1),
      rank: new BatchBuffer(gpu, 'ranks', parts, 1),
      weight: new BatchBuffer(gpu, 'pair weights', parts, 1),
    };
    this.stats = gpu.alloc('pair stats', 16);
    this.metrics = gpu.alloc('metrics', 32);
    this.picked = new BatchBuffer(gpu, 'scores', parts, 1);
    this.tape = new Tape(gpu, 'reward');
    this.record();
    this.ring = new MetricsRing(gpu, this.metrics, 8, receive);
    this.throttle = new Throttle(gpu);
  }

  /** Each part's loss and gradients, added up, and the update. */
  private record(): void {
    const { gpu, tape, weights, grads, inputs, picked, stats } = this;
    const T = weights.layout.config.n_positions;
    const batchRows = this.S * T;
    for (const [a, { count: S }] of this.parts.entries()) {
      const trunk = recordTrunk(gpu, tape, weights, inputs.ids.views[a]!, S, T, { batchRows });
      const scores = recordScores(gpu, tape, weights, trunk);
      const dscores = tape.temp('dscores', S * T);
      tape.dispatch(
        pairwiseLoss,
        { S, T },
        {
          scores,
          length: inputs.length.views[a]!,
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

  finish = () => this.tape.finish();

  async step(update: number, lr: number, batch: RewardBatch): Promise<void> {
    const { gpu, metrics } = this;
    this.load(batch);
    this.optimizer.set(update, lr);
    const encoder = gpu.device.createCommandEncoder({ label: 'reward step' });
    this.tape.encode(encoder);
    const { norm } = this.optimizer;
    encoder.copyBufferToBuffer(norm.buffer, norm.offset, metrics.buffer, metrics.offset + 16, 16);
    this.ring.record(encoder, update);
    gpu.submit(encoder.finish());
    this.ring.submitted();
    await this.throttle.next();
  }

  private load(batch: RewardBatch): void {
    const { gpu, inputs } = this;
    inputs.ids.write(gpu, batch.ids);
    inputs.length.write(gpu, batch.lengths);
    inputs.group.write(gpu, batch.group);
    inputs.rank.write(gpu, batch.rank);
    inputs.weight.write(gpu, batch.weight);
  }

  /**
   * Whether the weights as they are have finite gradients on a batch; nothing that is kept changes.
   * Call with the queue drained.
   */
  async tries(batch: RewardBatch): Promise<boolean> {
    this.load(batch);
    return this.optimizer.tries(this.tape);
  }

  /** The first value that is not finite when an update that was refused runs again. */
  async diagnose(batch: RewardBatch): Promise<Nonfinite | undefined> {
    this.load(batch);
    const { gpu, tape, weights, grads, optimizer } = this;
    return firstNonfinite(gpu, tape, optimizerArenas('', { weights, grads, optimizer }));
  }

  /** What the tape consists of, for the Kernels lens. */
  get recorded(): Tape {
    return this.tape;
  }

  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  /** The score of each row's completion, [S]; 0 where there is none. */
  scores = () => this.picked.floats(this.gpu);

  free(): void {
    this.tape.free();
    this.ring.free();
    this.optimizer.free();
    for (const buffer of [this.picked, ...Object.values(this.inputs)]) buffer.free(this.gpu);
    this.gpu.free(this.grads.arena, this.stats, this.metrics);
  }
}
