/** The tape of a reward-model update: K completions of each prompt in, updated weights out. */
import type { Gpu, View } from '../gpu/device';
import { readFloats, Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import { Tape } from '../gpu/tape';
import { pairwiseLoss } from '../kernels/rlhf';
import { ADAMW, AdamW } from '../nn/adamw';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordScores, recordScoresBackward } from '../nn/heads';
import { Weights } from '../nn/weights';

/** The batch of an update, S rows of T tokens; rows beyond the last completion have group −1. */
export interface RewardBatch {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
  readonly group: Int32Array<ArrayBuffer>;
  readonly rank: Int32Array<ArrayBuffer>;
  readonly weight: Float32Array<ArrayBuffer>;
  readonly rows: number;
}

export class RewardTrainer {
  readonly optimizer: AdamW;
  readonly grads: Weights;
  private readonly inputs: Record<'ids' | 'length' | 'group' | 'rank' | 'weight', View>;
  private readonly stats: View;
  private readonly metrics: View;
  private readonly picked: View;
  private readonly tape: Tape;
  private readonly ring: MetricsRing<number>;
  private readonly throttle: Throttle;

  constructor(
    private readonly gpu: Gpu,
    readonly weights: Weights,
    readonly S: number,
    receive: (update: number, row: Float32Array) => void,
  ) {
    const T = weights.layout.config.n_positions;
    this.grads = Weights.zeros(gpu, weights.layout, 'reward gradients');
    this.optimizer = new AdamW(gpu, weights, this.grads, ADAMW, 'reward AdamW');
    this.inputs = {
      ids: gpu.alloc('ids', S * T * 4),
      length: gpu.alloc('lengths', S * 4),
      group: gpu.alloc('groups', S * 4),
      rank: gpu.alloc('ranks', S * 4),
      weight: gpu.alloc('pair weights', S * 4),
    };
    this.stats = gpu.alloc('pair stats', 16);
    this.metrics = gpu.alloc('metrics', 32);
    this.picked = gpu.alloc('scores', S * 4);
    this.tape = new Tape(gpu, 'reward');
    const trunk = recordTrunk(gpu, this.tape, weights, this.inputs.ids, S, T);
    const scores = recordScores(gpu, this.tape, weights, trunk);
    const dscores = this.tape.temp('dscores', S * T);
    const { length, group, rank, weight } = this.inputs;
    this.tape.dispatch(
      pairwiseLoss,
      { S, T },
      { scores, length, group, rank, weight, dscores, picked: this.picked, stats: this.stats },
      workgroup(gpu, pairwiseLoss),
    );
    recordScoresBackward(gpu, this.tape, weights, this.grads, trunk, dscores);
    this.optimizer.record(this.tape);
    this.tape.copy(this.stats, this.metrics, 16);
    this.ring = new MetricsRing(gpu, this.metrics, 8, receive);
    this.throttle = new Throttle(gpu);
  }

  finish = () => this.tape.finish();

  async step(update: number, lr: number, batch: RewardBatch): Promise<void> {
    const { gpu, inputs, metrics } = this;
    gpu.write(inputs.ids, batch.ids);
    gpu.write(inputs.length, batch.lengths);
    gpu.write(inputs.group, batch.group);
    gpu.write(inputs.rank, batch.rank);
    gpu.write(inputs.weight, batch.weight);
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

  /** What the tape consists of, for the Kernels lens. */
  get recorded(): Tape {
    return this.tape;
  }

  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  scores = () => readFloats(this.gpu, this.picked, this.S);

  free(): void {
    this.tape.free();
    this.ring.free();
    this.optimizer.free();
    this.gpu.free(
      this.grads.arena,
      this.stats,
      this.metrics,
      this.picked,
      ...Object.values(this.inputs),
    );
  }
}
