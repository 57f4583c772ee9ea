/**
 * The first half of a PPO iteration on the GPU: log-probabilities of the sampled responses under
 * policy and reference, values, reward scores, then token rewards, GAE and whitening.
 *
 * S sequences of T positions, R of them response; the four models run over M/A sequences at a time,
 * packed. Policy and reference use the very kernels of the update, so that in a first rollout the KL is
 * exactly 0 and in a first update the ratio exactly 1.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import type { Scratch } from '../gpu/scratch';
import type { Slot } from '../gpu/slots';
import { Tape } from '../gpu/tape';
import { gae, gatherResponse, klReward, whiten } from '../kernels/rlhf';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordLmHead, recordScores } from '../nn/heads';
import { rowCounts } from '../nn/packed_rows';
import { SizedTapes } from '../nn/sized_tapes';
import type { Weights } from '../nn/weights';
import { packSequences, type Sequences } from './ppo_rows';

export interface RolloutShape {
  /** Sequences of a batch, and of a minibatch; S is a multiple of M. */
  readonly S: number;
  readonly M: number;
  /** Parts that a minibatch goes through the models in; M is a multiple of A. */
  readonly A: number;
  readonly T: number;
  readonly R: number;
}

/** The four models; policy and value are trained, reference and reward are frozen. */
export interface Models {
  readonly policy: Weights;
  readonly reference: Weights;
  readonly value: Weights;
  readonly reward: Weights;
}

/** Per-token arrays of a batch, [S, R] each, in the order in which they are read back. */
export const TOKEN_ARRAYS = [
  'logprobs',
  'ref_logprobs',
  'values',
  'rewards',
  'advantages',
  'whitened_advantages',
  'returns',
] as const;
export type TokenArrays = Record<(typeof TOKEN_ARRAYS)[number], Float32Array>;

export class Rollout {
  /** [S, R] views, inputs of the update. */
  readonly arrays: Readonly<Record<(typeof TOKEN_ARRAYS)[number], View>>;
  readonly lengths: View;
  /** What the models are given of a part: [B, T], but `predicts` [B, R]. */
  private readonly given: Record<'ids' | 'targets' | 'positions' | 'predicts', View>;
  private readonly part: Record<'logprobs' | 'ref_logprobs' | 'values' | 'scores', View>;
  private readonly scoreRows: View;
  private readonly scores: View;
  private readonly step: View;
  private readonly passes: SizedTapes;
  private readonly credit: Tape;

  /** Sequences that the models run over at a time. */
  private readonly B: number;

  private constructor(
    private readonly gpu: Gpu,
    private readonly shape: RolloutShape,
    scratch?: Scratch,
  ) {
    const { S, T, R } = shape;
    const B = shape.M / shape.A;
    this.B = B;
    const floats = (label: string, count: number) => gpu.alloc(label, count * 4);
    this.arrays = Object.fromEntries(
      TOKEN_ARRAYS.map((name) => [name, floats(`rollout ${name}`, S * R)]),
    ) as typeof this.arrays;
    this.lengths = floats('lengths', S * 2);
    this.given = {
      ids: floats('rollout ids', B * T),
      targets: floats('rollout targets', B * T),
      positions: floats('rollout positions', B * T),
      predicts: floats('rollout predictions', B * R),
    };
    this.part = {
      logprobs: floats('part logprobs', B * R),
      ref_logprobs: floats('part ref logprobs', B * R),
      values: floats('part values', B * R),
      scores: floats('part scores', B * T),
    };
    this.scoreRows = floats('reward rows', S * T);
    this.scores = floats('scores', S);
    this.step = gpu.alloc('kl_coef', 16);
    this.passes = new SizedTapes(gpu, 'rollout passes', scratch);
    this.credit = new Tape(gpu, 'rewards and advantages');
  }

  static async make(
    gpu: Gpu,
    models: Models,
    shape: RolloutShape,
    options: { temperature: number; gamma: number; lam: number },
    scratch?: Scratch,
  ): Promise<Rollout> {
    const rollout = new Rollout(gpu, shape, scratch);
    await rollout.passes.record(rowCounts(rollout.B), (tape, rows) =>
      rollout.recordPasses(tape, rows, models, options.temperature),
    );
    rollout.recordCredit(options);
    await rollout.credit.finish();
    return rollout;
  }

  private recordPasses(tape: Tape, rows: number, models: Models, temperature: number): void {
    const { gpu, part, B } = this;
    const { ids, targets, positions, predicts } = this.given;
    const { T, R } = this.shape;
    const N = rows * T;
    const trunkOf = (weights: Weights) =>
      recordTrunk(gpu, tape, weights, ids, rows, T, { positions });
    const gather = (source: Slot, out: View) =>
      tape.dispatch(
        gatherResponse,
        { N, S: B, R },
        { source, rows: predicts, out },
        workgroup(gpu, gatherResponse),
      );
    for (const [name, weights] of [
      ['logprobs', models.policy],
      ['ref_logprobs', models.reference],
    ] as const) {
      const head = recordLmHead(gpu, tape, weights, trunkOf(weights), targets, temperature);
      gather(head.logprob, part[name]);
    }
    gather(recordScores(gpu, tape, models.value, trunkOf(models.value)), part.values);
    const scores = recordScores(gpu, tape, models.reward, trunkOf(models.reward));
    tape.copy(scores, part.scores, N * 4);
  }

  private recordCredit({ gamma, lam }: { gamma: number; lam: number }): void {
    const { gpu, credit: tape, arrays, lengths } = this;
    const { S, R } = this.shape;
    tape.dispatch(
      klReward,
      { S, R },
      {
        logprobs: arrays.logprobs,
        ref_logprobs: arrays.ref_logprobs,
        scores: this.scores,
        lengths,
        step: this.step,
        rewards: arrays.rewards,
      },
      workgroup(gpu, klReward),
    );
    tape.dispatch(
      gae,
      { S, R, gamma, lam },
      {
        rewards: arrays.rewards,
        values: arrays.values,
        lengths,
        advantages: arrays.advantages,
        returns: arrays.returns,
      },
      workgroup(gpu, gae),
    );
    tape.dispatch(
      whiten,
      { S, R },
      { x: arrays.advantages, lengths, out: arrays.whitened_advantages },
      workgroup(gpu, whiten),
    );
  }

  /** Runs the four models over the batch; returns each sequence's score at its last token, [S]. */
  async pass(sequences: Sequences): Promise<Float32Array> {
    const { gpu, arrays, part, given, B } = this;
    const { S, T, R } = this.shape;
    gpu.write(this.lengths, sequences.lengths);
    const last = new Int32Array(S);
    for (let from = 0; from < S; from += B) {
      const which = Array.from({ length: B }, (_, b) => from + b);
      const packed = packSequences(sequences, which, this.shape);
      for (const name of ['ids', 'targets', 'positions', 'predicts'] as const) {
        gpu.write(given[name], packed[name]);
      }
      packed.last.forEach((token, b) => {
        last[from + b] = from * T + token;
      });
      const encoder = gpu.device.createCommandEncoder({ label: 'rollout passes' });
      this.passes.holding(packed.rows).tape.encode(encoder);
      const keep = (source: View, into: View, width: number) =>
        encoder.copyBufferToBuffer(
          source.buffer,
          source.offset,
          into.buffer,
          into.offset + from * width * 4,
          B * width * 4,
        );
      keep(part.logprobs, arrays.logprobs, R);
      keep(part.ref_logprobs, arrays.ref_logprobs, R);
      keep(part.values, arrays.values, R);
      keep(part.scores, this.scoreRows, T);
      gpu.submit(encoder.finish());
    }
    const [bytes] = await read(gpu, this.scoreRows);
    const rows = new Float32Array(bytes!);
    return Float32Array.from(last, (token) => rows[token]!);
  }

  /** Token rewards, advantages and returns from the final scores [S]. */
  assignCredit(scores: Float32Array, klCoef: number): void {
    const step = new Float32Array(4);
    step[0] = klCoef;
    this.gpu.write(this.step, step);
    this.gpu.write(this.scores, scores);
    this.credit.run();
  }

  /** All per-token arrays, read back. */
  async readArrays(): Promise<TokenArrays> {
    const { S, R } = this.shape;
    const bytes = await read(this.gpu, ...TOKEN_ARRAYS.map((name) => this.arrays[name]));
    return Object.fromEntries(
      TOKEN_ARRAYS.map((name, index) => [name, new Float32Array(bytes[index]!, 0, S * R)]),
    ) as TokenArrays;
  }

  free(): void {
    this.passes.free();
    this.credit.free();
    this.gpu.free(
      ...Object.values(this.arrays),
      ...Object.values(this.part),
      ...Object.values(this.given),
      this.lengths,
      this.scoreRows,
      this.scores,
      this.step,
    );
  }
}
