/**
 * The second half of a PPO iteration on the GPU: one minibatch update of policy and value.
 *
 *   policy: clipped policy loss over M responses, plus γ times the pretraining loss over X corpus
 *           windows, accumulated into one gradient, clipped by its norm, one AdamW step with EMA
 *   value:  clipped value loss, its own gradient, norm and AdamW step
 *
 * Responses and windows go through the models in A parts, whose gradients and losses add up. The
 * responses are packed; where they go in one part, the fewest rows that hold them are run.
 */
import { type Gpu, type View, within } from '../gpu/device';
import { Throttle } from '../gpu/readback';
import { MetricsRing } from '../gpu/ring';
import type { Scratch } from '../gpu/scratch';
import type { Slot } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { weightedSumKernel } from '../kernels/loss';
import { ppoPolicyLoss, ppoValueLoss } from '../kernels/rlhf';
import { ADAMW, AdamW, recordUpdates } from '../nn/adamw';
import { BatchBuffer, type Part, partsOf } from '../nn/batch';
import { workgroup } from '../nn/choice';
import { recordTrunk, type Trunk } from '../nn/gpt';
import { recordLmBackward, recordLmHead, recordScores, recordScoresBackward } from '../nn/heads';
import { firstNonfinite, type Nonfinite, optimizerArenas } from '../nn/nonfinite';
import { rowCounts } from '../nn/packed_rows';
import { type SizedTape, SizedTapes } from '../nn/sized_tapes';
import type { LmBatch } from '../nn/trainer';
import { Weights } from '../nn/weights';
import type { Models, Rollout, RolloutShape } from './ppo_rollout';
import { packSequences, responseTokens, type Sequences } from './ppo_rows';

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
  private readonly parts: readonly Part[];
  /** What the models and losses are given of each part's responses, [B, T] each. */
  private readonly given: Record<'ids' | 'targets' | 'positions' | 'places', BatchBuffer>;
  /** Response tokens of the minibatch, in the first of four. */
  private readonly count: View;
  private readonly ptxParts: readonly Part[];
  private readonly ptxIds: BatchBuffer;
  private readonly ptxTargets: BatchBuffer;
  private readonly ptxWeight: BatchBuffer;
  private readonly metrics: View;
  private readonly tapes: SizedTapes;
  /** The tape of the minibatch that was loaded last. */
  private loaded: SizedTape<void> | undefined;
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
    const { M, T, A } = shape;
    const { policy, value } = models;
    this.policyGrads = Weights.zeros(gpu, policy.layout, 'policy gradients');
    this.valueGrads = Weights.zeros(gpu, value.layout, 'value gradients');
    this.policyAdam = new AdamW(gpu, policy, this.policyGrads, PPO_ADAMW, 'policy AdamW');
    this.valueAdam = new AdamW(gpu, value, this.valueGrads, PPO_ADAMW, 'value AdamW');
    this.parts = partsOf(M, A);
    const tokens = (label: string) => new BatchBuffer(gpu, `minibatch ${label}`, this.parts, T);
    this.given = {
      ids: tokens('ids'),
      targets: tokens('targets'),
      positions: tokens('positions'),
      places: tokens('places'),
    };
    this.count = gpu.alloc('response tokens', 16);
    this.ptxParts = X > 0 ? partsOf(X, A) : [];
    this.ptxIds = new BatchBuffer(gpu, 'ptx ids', this.ptxParts, ptxT);
    this.ptxTargets = new BatchBuffer(gpu, 'ptx targets', this.ptxParts, ptxT);
    this.ptxWeight = new BatchBuffer(gpu, 'ptx weight', this.ptxParts, ptxT);
    this.metrics = gpu.alloc('PPO metrics', METRICS_FLOATS * 4);
    this.tapes = new SizedTapes(gpu, 'PPO update', scratch);
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
    const whole = shape.M / shape.A;
    await updater.tapes.record(shape.A === 1 ? rowCounts(whole) : [whole], (tape, rows) => {
      updater.recordPolicy(tape, rows, rollout, options);
      updater.recordValue(tape, rows, rollout, options);
      updater.recordUpdates(tape, average, options.emaDecay);
    });
    return updater;
  }

  private recordPolicy(tape: Tape, rows: number, rollout: Rollout, options: UpdateOptions): void {
    const { metrics } = this;
    const stats = tape.temp('policy stats', 8);
    for (const a of this.parts.keys()) {
      this.recordPolicyPart(tape, a, rows, rollout, options, stats);
    }
    tape.copy(stats, metrics, 32);
    const ptxLoss = tape.temp('ptx loss', 4);
    for (const [a, part] of this.ptxParts.entries()) this.recordPtxPart(tape, a, part, ptxLoss);
    if (this.X > 0) tape.copy(ptxLoss, within(metrics, 80, 4), 4);
  }

  /** Some responses through one of the models. */
  private recordResponses(tape: Tape, a: number, rows: number, weights: Weights): Trunk {
    const { ids, positions } = this.given;
    const { M, T } = this.shape;
    return recordTrunk(this.gpu, tape, weights, ids.views[a]!, rows, T, {
      batchRows: M * T,
      positions: positions.views[a]!,
    });
  }

  /** Loss and gradients of some responses, added to those of the parts before. */
  private recordPolicyPart(
    tape: Tape,
    a: number,
    rows: number,
    rollout: Rollout,
    options: UpdateOptions,
    stats: Slot,
  ): void {
    const { gpu, policyGrads, given } = this;
    const { S, T, R } = this.shape;
    const { policy } = this.models;
    const trunk = this.recordResponses(tape, a, rows, policy);
    const targets = given.targets.views[a]!;
    const head = recordLmHead(gpu, tape, policy, trunk, targets, options.temperature);
    const weight = tape.temp('policy weight', rows * T);
    tape.dispatch(
      ppoPolicyLoss,
      { N: rows * T, S, R, cliprange: options.cliprange },
      {
        logprob: head.logprob,
        entropy: head.entropy,
        old_logprobs: rollout.arrays.logprobs,
        advantages: rollout.arrays.whitened_advantages,
        places: given.places.views[a]!,
        count: this.count,
        weight,
        stats,
      },
      { ...workgroup(gpu, ppoPolicyLoss), ACCUMULATE: a > 0 ? 1 : 0 },
    );
    recordLmBackward(gpu, tape, policy, policyGrads, head, weight, a > 0);
  }

  /** Loss of some corpus windows, and their gradients added to the responses'. */
  private recordPtxPart(tape: Tape, a: number, { count }: Part, loss: Slot): void {
    const { gpu, X, ptxT, policyGrads } = this;
    const { policy } = this.models;
    const [ids, targets, weight] = [this.ptxIds, this.ptxTargets, this.ptxWeight].map(
      ({ views }) => views[a]!,
    ) as [View, View, View];
    const batchRows = X * ptxT;
    const trunk = recordTrunk(gpu, tape, policy, ids, count, ptxT, { batchRows });
    const head = recordLmHead(gpu, tape, policy, trunk, targets);
    tape.dispatch(
      weightedSumKernel,
      { N: count * ptxT, slot: 0, S: 4, scale: -1 },
      { a: head.logprob, b: weight, out: loss },
      { ...workgroup(gpu, weightedSumKernel), ACCUMULATE: a > 0 ? 1 : 0 },
    );
    recordLmBackward(gpu, tape, policy, policyGrads, head, weight, true);
  }

  private recordValue(tape: Tape, rows: number, rollout: Rollout, options: UpdateOptions): void {
    const { gpu, metrics, valueGrads, given } = this;
    const { S, R, T } = this.shape;
    const { value } = this.models;
    const stats = tape.temp('value stats', 4);
    for (const a of this.parts.keys()) {
      const trunk = this.recordResponses(tape, a, rows, value);
      const estimate = recordScores(gpu, tape, value, trunk);
      const dvalue = tape.temp('dvalue', rows * T);
      tape.dispatch(
        ppoValueLoss,
        { N: rows * T, S, R, cliprange: options.cliprangeValue, vf_coef: options.vfCoef },
        {
          value: estimate,
          old_values: rollout.arrays.values,
          returns: rollout.arrays.returns,
          places: given.places.views[a]!,
          count: this.count,
          dvalue,
          stats,
        },
        { ...workgroup(gpu, ppoValueLoss), ACCUMULATE: a > 0 ? 1 : 0 },
      );
      recordScoresBackward(gpu, tape, value, valueGrads, trunk, dvalue, a > 0);
    }
    tape.copy(stats, within(metrics, 32, 16), 16);
  }

  /** Both models' updates, which take hold only if the gradients of both are finite. */
  private recordUpdates(tape: Tape, average: View, decay: number): void {
    const { metrics, policyAdam, valueAdam } = this;
    recordUpdates(tape, [
      { optimizer: policyAdam, average: { view: average, decay } },
      { optimizer: valueAdam },
    ]);
    tape.copy(policyAdam.norm, within(metrics, 48, 16), 16);
    tape.copy(valueAdam.norm, within(metrics, 64, 16), 16);
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
    const { gpu } = this;
    const tape = this.load(sequences, rows, ptx, ptxCoef);
    this.policyAdam.set(update, lr.policy);
    this.valueAdam.set(update, lr.value);
    const encoder = gpu.device.createCommandEncoder({ label: 'PPO update' });
    tape.encode(encoder);
    this.ring.record(encoder, update);
    gpu.submit(encoder.finish());
    this.ring.submitted();
    await this.throttle.next();
  }

  /** Lets updates take hold again after one that was not finite. */
  release(): void {
    this.policyAdam.release();
    this.valueAdam.release();
  }

  private load(
    sequences: Sequences,
    rows: readonly number[],
    ptx: LmBatch | undefined,
    ptxCoef: number,
  ): Tape {
    const { gpu, X, ptxT, given } = this;
    const packed = this.parts.map(({ from, count }) =>
      packSequences(sequences, rows.slice(from, from + count), this.shape),
    );
    for (const name of ['ids', 'targets', 'positions', 'places'] as const) {
      given[name].writeParts(
        gpu,
        packed.map((part) => part[name]),
      );
    }
    gpu.write(this.count, Int32Array.of(responseTokens(sequences, rows), 0, 0, 0));
    if (ptx) {
      this.ptxIds.write(gpu, ptx.inputIds);
      this.ptxTargets.write(gpu, ptx.targets);
      this.ptxWeight.write(gpu, new Float32Array(X * ptxT).fill(ptxCoef / (X * ptxT)));
    }
    this.loaded = this.tapes.holding(Math.max(...packed.map((part) => part.rows)));
    return this.loaded.tape;
  }

  /**
   * Whether both models as they are have finite gradients on the minibatch of the latest update;
   * nothing that is kept changes. Call with the queue drained.
   */
  async tries(): Promise<boolean> {
    const { policyAdam, valueAdam } = this;
    valueAdam.hold();
    const policy = await policyAdam.tries(this.loaded!.tape);
    valueAdam.release();
    return policy && (await valueAdam.wasFinite());
  }

  /** The first value that is not finite when the latest update loaded runs again. */
  async diagnose(
    sequences: Sequences,
    rows: readonly number[],
    ptx: LmBatch | undefined,
    ptxCoef: number,
  ): Promise<Nonfinite | undefined> {
    const tape = this.load(sequences, rows, ptx, ptxCoef);
    const { gpu, models } = this;
    const policy = optimizerArenas('policy ', {
      weights: models.policy,
      grads: this.policyGrads,
      optimizer: this.policyAdam,
    });
    const value = optimizerArenas('value ', {
      weights: models.value,
      grads: this.valueGrads,
      optimizer: this.valueAdam,
    });
    return firstNonfinite(gpu, tape, {
      state: [...policy.state, ...value.state],
      grads: [...policy.grads, ...value.grads],
    });
  }

  /** Rows of each part of the last minibatch that went through the models. */
  get rows(): number | undefined {
    return this.loaded?.rows;
  }

  /** What the tape of a whole minibatch consists of, for the Kernels lens. */
  get recorded(): Tape {
    return this.tapes.largest.tape;
  }

  async drain(): Promise<void> {
    await this.ring.flush();
    await this.throttle.drain();
  }

  free(): void {
    this.tapes.free();
    this.ring.free();
    this.policyAdam.free();
    this.valueAdam.free();
    const ptx = [this.ptxIds, this.ptxTargets, this.ptxWeight];
    for (const buffer of [...Object.values(this.given), ...ptx]) buffer.free(this.gpu);
    this.gpu.free(this.policyGrads.arena, this.valueGrads.arena, this.count, this.metrics);
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
