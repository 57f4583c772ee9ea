/**
 * The first half of a PPO iteration on the GPU: log-probabilities of the sampled responses under
 * policy and reference, values, reward scores, then token rewards, GAE and whitening.
 *
 * S sequences of T positions, R of them response; the four models run over M/A sequences at a time.
 * Policy and reference use the very kernels of the update, so that in a first rollout the KL is
 * exactly 0 and in a first update the ratio exactly 1.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import type { Scratch } from '../gpu/scratch';
import { Tape } from '../gpu/tape';
import { gae, gatherResponse, klReward, whiten } from '../kernels/rlhf';
import { workgroup } from '../nn/choice';
import { recordTrunk } from '../nn/gpt';
import { recordLmHead, recordScores } from '../nn/heads';
import type { Weights } from '../nn/weights';

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

/** A sampled batch on the host. */
export interface Sequences {
  /** [S, T], padding on the right. */
  readonly inputIds: Int32Array;
  /** [S, T]: at each position the response token that it predicts, else −100. */
  readonly targets: Int32Array;
  /** [S, 2]: tokens of the prompt and of the response (end-of-text counted). */
  readonly lengths: Int32Array;
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
  private readonly ids: View;
  private readonly targets: View;
  private readonly partLengths: View;
  private readonly part: Record<'logprobs' | 'ref_logprobs' | 'values' | 'scores', View>;
  private readonly scoreRows: View;
  private readonly scores: View;
  private readonly step: View;
  private readonly passes: Tape;
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
    this.ids = floats('rollout ids', B * T);
    this.targets = floats('rollout targets', B * T);
    this.partLengths = floats('part lengths', B * 2);
    this.part = {
      logprobs: floats('part logprobs', B * R),
      ref_logprobs: floats('part ref logprobs', B * R),
      values: floats('part values', B * R),
      scores: floats('part scores', B * T),
    };
    this.scoreRows = floats('reward rows', S * T);
    this.scores = floats('scores', S);
    this.step = gpu.alloc('kl_coef', 16);
    this.passes = new Tape(gpu, 'rollout passes', scratch);
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
    rollout.recordPasses(models, options.temperature);
    rollout.recordCredit(options);
    await Promise.all([rollout.passes.finish(), rollout.credit.finish()]);
    return rollout;
  }

  private recordPasses(models: Models, temperature: number): void {
    const { gpu, passes: tape, ids, targets, part, B } = this;
    const { T, R } = this.shape;
    const lengths = this.partLengths;
    for (const [name, weights] of [
      ['logprobs', models.policy],
      ['ref_logprobs', models.reference],
    ] as const) {
      const trunk = recordTrunk(gpu, tape, weights, ids, B, T);
      const { logprob } = recordLmHead(gpu, tape, weights, trunk, targets, temperature);
      tape.dispatch(
        gatherResponse,
        { S: B, T, R },
        { source: logprob, lengths, out: part[name] },
        workgroup(gpu, gatherResponse),
      );
    }
    const valueTrunk = recordTrunk(gpu, tape, models.value, ids, B, T);
    tape.dispatch(
      gatherResponse,
      { S: B, T, R },
      { source: recordScores(gpu, tape, models.value, valueTrunk), lengths, out: part.values },
      workgroup(gpu, gatherResponse),
    );
    const rewardTrunk = recordTrunk(gpu, tape, models.reward, ids, B, T);
    const scores = recordScores(gpu, tape, models.reward, rewardTrunk);
    tape.copy(scores, part.scores, B * T * 4);
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
  async pass({ inputIds, targets, lengths }: Sequences): Promise<Float32Array> {
    const { gpu, arrays, part, B } = this;
    const { S, T, R } = this.shape;
    gpu.write(this.lengths, lengths);
    for (let from = 0; from < S; from += B) {
      gpu.write(this.ids, inputIds.subarray(from * T, (from + B) * T));
      gpu.write(this.targets, targets.subarray(from * T, (from + B) * T));
      gpu.write(this.partLengths, lengths.subarray(from * 2, (from + B) * 2));
      const encoder = gpu.device.createCommandEncoder({ label: 'rollout passes' });
      this.passes.encode(encoder);
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
    return Float32Array.from(
      { length: S },
      (_, s) => rows[s * T + lengths[2 * s]! + lengths[2 * s + 1]! - 1]!,
    );
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
      this.lengths,
      this.ids,
      this.targets,
      this.partLengths,
      this.scoreRows,
      this.scores,
      this.step,
    );
  }
}

/** Sampled tokens as inputs and targets of the models. */
export function sequencesOf(
  tokens: Int32Array,
  promptLengths: readonly number[],
  responseLengths: Int32Array,
  T: number,
): Sequences {
  const S = promptLengths.length;
  const targets = new Int32Array(S * T).fill(-100);
  const lengths = new Int32Array(S * 2);
  for (let s = 0; s < S; s++) {
    const prompt = promptLengths[s]!;
    const response = responseLengths[s]!;
    lengths[2 * s] = prompt;
    lengths[2 * s + 1] = response;
    const first = s * T + prompt;
    targets.set(tokens.subarray(first, first + response), first - 1);
  }
  return { inputIds: tokens, targets, lengths };
}
