/**
 * The second half of a PPO iteration on the GPU: one minibatch update of policy and value.
 *
 *   policy: clipped policy loss over M responses, plus γ times the pretraining loss over X corpus
 *           windows, accumulated into one gradient, clipped by its norm, one AdamW step, EMA
 *   value:  clipped value loss, its own gradient, norm and AdamW step
 */
import type { Gpu, View } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import type { Scratch } from '../gpu/scratch';
import { Tape } from '../gpu/tape';
import { weightedSumKernel } from '../kernels/loss';
import { ppoPolicyLoss, ppoValueLoss } from '../kernels/rlhf';
import { ADAMW, AdamW, recordEma } from '../nn/adamw';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordLmBackward, recordLmHead, recordScores, recordScoresBackward } from '../nn/heads';
import type { LmBatch } from '../nn/trainer';
import { Weights } from '../nn/weights';
import type { Models, Rollout, RolloutShape, Sequences } from './ppo_rollout';

/** ε of PPO's Adam (Ziegler et al. 2019, Huang et al. 2024). */
export const PPO_ADAMW = { ...ADAMW, eps: 1e-5 };

export interface UpdateOptions {
  readonly temperature: number;
  readonly cliprange: number;
  readonly cliprangeValue: number;
  readonly vfCoef: number;
  readonly ptxCoef: number;
  readonly emaDecay: number;
}

/** Losses and statistics of one update. */
export interface UpdateStats {
  readonly update: number;
  readonly policyLoss: number;
  readonly approxkl: number;
  readonly clipfrac: number;
  readonly entropy: number;
  readonly ratio: number;
  readonly ratioVar: number;
  readonly valueLoss: number;
  readonly valueClipfrac: number;
  /** γ times the mean loss of the corpus windows. */
  readonly ptxLoss: number;
  readonly policyGradNorm: number;
  readonly valueGradNorm: number;
  readonly finite: boolean;
}

/** Floats of the metrics row, by group: policy 8, value 4, two norms of 4, ptx 4. */
const METRICS_FLOATS = 24;

export class Updater {
  readonly policyGrads: Weights;
  readonly valueGrads: Weights;
  readonly policyAdam: AdamW;
  readonly valueAdam: AdamW;
  private readonly ids: View;
  private readonly targets: View;
  private readonly rows: View;
  private readonly ptxIds: View;
  private readonly ptxTargets: View;
  private readonly ptxWeight: View;
  private readonly metrics: View;
  private readonly tape: Tape;
  private readonly ring: MetricsRing<number>;
  private readonly throttle: Throttle;

  private constructor(
    private readonly gpu: Gpu,
    private readonly models: Models,
    private readonly shape: RolloutShape,
    /** Corpus windows an update; 0 is plain PPO. */
    readonly X: number,
    private readonly ptxT: number,
    receive: (stats: UpdateStats) => void,
    scratch?: Scratch,
  ) {
    const { M, T } = shape;
    const { policy, value } = models;
    this.policyGrads = Weights.zeros(gpu, policy.layout, 'policy gradients');
    this.valueGrads = Weights.zeros(gpu, value.layout, 'value gradients');
    this.policyAdam = new AdamW(gpu, policy, this.policyGrads, PPO_ADAMW, 'policy AdamW');
    this.valueAdam = new AdamW(gpu, value, this.valueGrads, PPO_ADAMW, 'value AdamW');
    this.ids = gpu.alloc('minibatch ids', M * T * 4);
    this.targets = gpu.alloc('minibatch targets', M * T * 4);
    this.rows = gpu.alloc('minibatch rows', M * 4);
    const N = Math.max(1, X * ptxT);
    this.ptxIds = gpu.alloc('ptx ids', N * 4);
    this.ptxTargets = gpu.alloc('ptx targets', N * 4);
    this.ptxWeight = gpu.alloc('ptx weight', N * 4);
    this.metrics = gpu.alloc('PPO metrics', METRICS_FLOATS * 4);
    this.tape = new Tape(gpu, 'PPO update', scratch);
    this.ring = new MetricsRing(gpu, this.metrics, 8, (update, row) => {
      receive(statsOf(update, row));
    });
    this.throttle = new Throttle(gpu);
  }

  static async make(
    gpu: Gpu,
    models: Models,
    rollout: Rollout,
    shape: RolloutShape,
    ptx: { X: number; T: number },
    average: View,
    options: UpdateOptions,
    receive: (stats: UpdateStats) => void,
    scratch?: Scratch,
  ): Promise<Updater> {
    const updater = new Updater(gpu, models, shape, ptx.X, ptx.T, receive, scratch);
    updater.recordPolicy(rollout, average, options);
    updater.recordValue(rollout, options);
    await updater.tape.finish();
    return updater;
  }

  private recordPolicy(rollout: Rollout, average: View, options: UpdateOptions): void {
    const { gpu, tape, shape, X, ptxT, metrics, policyGrads } = this;
    const { S, M, T, R } = shape;
    const { policy } = this.models;
    const trunk = recordTrunk(gpu, tape, policy, this.ids, M, T);
    const head = recordLmHead(gpu, tape, policy, trunk, this.targets, options.temperature);
    const weight = tape.temp('policy weight', M * T);
    const stats = tape.temp('policy stats', 8);
    tape.dispatch(
      ppoPolicyLoss,
      { S, M, T, R, cliprange: options.cliprange },
      {
        logprob: head.logprob,
        entropy: head.entropy,
        old_logprobs: rollout.arrays.logprobs,
        advantages: rollout.arrays.whitened_advantages,
        rows: this.rows,
        lengths: rollout.lengths,
        weight,
        stats,
      },
      workgroup(gpu, ppoPolicyLoss),
    );
    recordLmBackward(gpu, tape, policy, policyGrads, head, weight);
    tape.copy(stats, metrics, 32);
    if (X > 0) {
      const ptxTrunk = recordTrunk(gpu, tape, policy, this.ptxIds, X, ptxT);
      const ptxHead = recordLmHead(gpu, tape, policy, ptxTrunk, this.ptxTargets);
      const N = X * ptxT;
      const ptxLoss = tape.temp('ptx loss', 4);
      tape.dispatch(
        weightedSumKernel,
        { N, slot: 0, S: 4, scale: -1 },
        { a: ptxHead.logprob, b: this.ptxWeight, out: ptxLoss },
        workgroup(gpu, weightedSumKernel),
      );
      recordLmBackward(gpu, tape, policy, policyGrads, ptxHead, this.ptxWeight, true);
      tape.copy(ptxLoss, { ...metrics, offset: metrics.offset + 80, size: 16 }, 4);
    }
    this.policyAdam.record(tape);
    tape.copy(this.policyAdam.norm, { ...metrics, offset: metrics.offset + 48, size: 16 }, 16);
    recordEma(gpu, tape, average, policy, options.emaDecay);
  }

  private recordValue(rollout: Rollout, options: UpdateOptions): void {
    const { gpu, tape, shape, metrics } = this;
    const { S, M, T, R } = shape;
    const { value } = this.models;
    const trunk = recordTrunk(gpu, tape, value, this.ids, M, T);
    const estimate = recordScores(gpu, tape, value, trunk);
    const dvalue = tape.temp('dvalue', M * T);
    const stats = tape.temp('value stats', 4);
    tape.dispatch(
      ppoValueLoss,
      { S, M, T, R, cliprange: options.cliprangeValue, vf_coef: options.vfCoef },
      {
        value: estimate,
        old_values: rollout.arrays.values,
        returns: rollout.arrays.returns,
        rows: this.rows,
        lengths: rollout.lengths,
        dvalue,
        stats,
      },
      workgroup(gpu, ppoValueLoss),
    );
    recordScoresBackward(gpu, tape, value, this.valueGrads, trunk, dvalue);
    this.valueAdam.record(tape);
    tape.copy(stats, { ...metrics, offset: metrics.offset + 32, size: 16 }, 16);
    tape.copy(this.valueAdam.norm, { ...metrics, offset: metrics.offset + 64, size: 16 }, 16);
  }

  /**
   * Queues update `update` (Adam's step, from 1) on the rollout's sequences `rows` [M].
   * @param ptx X corpus windows; their loss is weighted with `ptxCoef` over their tokens
   */
  async step(
    update: number,
    lr: { policy: number; value: number },
    sequences: Sequences,
    rows: readonly number[],
    ptx: LmBatch | undefined,
    ptxCoef: number,
  ): Promise<void> {
    const { gpu, X, ptxT } = this;
    const { M, T } = this.shape;
    const ids = new Int32Array(M * T);
    const targets = new Int32Array(M * T);
    rows.forEach((row, m) => {
      ids.set(sequences.inputIds.subarray(row * T, (row + 1) * T), m * T);
      targets.set(sequences.targets.subarray(row * T, (row + 1) * T), m * T);
    });
    gpu.write(this.ids, ids);
    gpu.write(this.targets, targets);
    gpu.write(this.rows, Int32Array.from(rows));
    if (ptx) {
      gpu.write(this.ptxIds, ptx.inputIds);
      gpu.write(this.ptxTargets, ptx.targets);
      gpu.write(this.ptxWeight, new Float32Array(X * ptxT).fill(ptxCoef / (X * ptxT)));
    }
    this.policyAdam.set(update, lr.policy);
    this.valueAdam.set(update, lr.value);
    const encoder = gpu.device.createCommandEncoder({ label: 'PPO update' });
    this.tape.encode(encoder);
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

  free(): void {
    this.tape.free();
    this.ring.free();
    this.policyAdam.free();
    this.valueAdam.free();
    this.gpu.free(
      this.policyGrads.arena,
      this.valueGrads.arena,
      this.ids,
      this.targets,
      this.rows,
      this.ptxIds,
      this.ptxTargets,
      this.ptxWeight,
      this.metrics,
    );
  }
}

function statsOf(update: number, row: Float32Array): UpdateStats {
  const at = (index: number) => row[index]!;
  return {
    update,
    policyLoss: at(0),
    approxkl: at(1),
    clipfrac: at(2),
    entropy: at(3),
    ratio: at(4),
    ratioVar: Math.max(0, at(5) - at(4) * at(4)),
    valueLoss: at(8),
    valueClipfrac: at(9),
    policyGradNorm: at(12),
    valueGradNorm: at(16),
    finite: at(14) === 0 && at(18) === 0,
    ptxLoss: at(20),
  };
}
