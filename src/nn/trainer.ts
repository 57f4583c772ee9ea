/**
 * Supervised training of a language model: one tape from token ids to updated weights.
 * Base and SFT differ only in what they feed it.
 */
import type { Gpu, View } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import { Tape } from '../gpu/tape';
import { weightedSumKernel } from '../kernels/loss';
import { AdamW, type AdamWOptions } from './adamw';
import { workgroup } from './choice';
import { Dropout } from './dropout';
import { recordTrunk } from './gpt';
import { recordLmBackward, recordLmHead } from './heads';
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
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  private readonly ids: View;
  private readonly targets: View;
  private readonly weight: View;
  private readonly metrics: View;
  private readonly tape: Tape;
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
    const N = B * T;
    const { n_layer, n_embd: C } = weights.layout.config;
    this.grads = Weights.zeros(gpu, weights.layout, 'gradients');
    this.optimizer = new AdamW(gpu, weights, this.grads, options.adamw, 'AdamW');
    this.ids = gpu.alloc('ids', N * 4);
    this.targets = gpu.alloc('targets', N * 4);
    this.weight = gpu.alloc('loss weight', N * 4);
    this.weights01 = new Float32Array(N);
    this.metrics = gpu.alloc('metrics', 32);
    const p = options.dropout;
    this.dropout = p > 0 ? new Dropout(gpu, n_layer, N, C, p) : undefined;
    this.tape = new Tape(gpu, 'train');
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
    trainer.record();
    await trainer.tape.finish();
    return trainer;
  }

  private record(): void {
    const { gpu, tape, weights, grads, options, metrics, dropout } = this;
    const { B, T } = options;
    const N = B * T;
    dropout?.record(tape);
    const trunk = recordTrunk(gpu, tape, weights, this.ids, B, T, {
      masks: dropout?.masks,
    });
    const head = recordLmHead(gpu, tape, weights, trunk, this.targets);
    tape.dispatch(
      weightedSumKernel,
      { N, slot: 0, S: 4, scale: -1 },
      { a: head.logprob, b: this.weight, out: metrics },
      workgroup(gpu, weightedSumKernel),
    );
    recordLmBackward(gpu, tape, weights, grads, head, this.weight);
    this.optimizer.record(tape);
  }

  /** What the tape consists of, for the profiler and the Kernels lens. */
  get recorded(): Tape {
    return this.tape;
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
  queue(step: number, lr: number, { inputIds, targets }: LmBatch): void {
    const { gpu, weights01 } = this;
    let count = 0;
    for (const target of targets) if (target !== -100) count++;
    for (let i = 0; i < targets.length; i++) weights01[i] = targets[i] === -100 ? 0 : 1 / count;
    gpu.write(this.ids, inputIds);
    gpu.write(this.targets, targets);
    gpu.write(this.weight, weights01);
    this.dropout?.set(this.options.seed, step);
    this.optimizer.set(step, lr);
    const encoder = gpu.device.createCommandEncoder({ label: 'train step' });
    this.tape.encode(encoder);
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

  /** Resolves when every queued step has run and its metrics have been received. */
  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  free(): void {
    const { gpu } = this;
    this.tape.free();
    this.optimizer.free();
    this.dropout?.free();
    this.ring.free();
    gpu.free(this.grads.arena, this.ids, this.targets, this.weight, this.metrics);
  }
}
