/**
 * Stage 3, PPO and PPO-ptx (3.5, C.4).
 *
 *   maximise E[ r(x, y) − β Σ_t log(π(y_t)/π_ref(y_t)) ] + γ E_pretrain[ log π(x) ]
 *
 * One iteration, top to bottom: sample a batch of responses; score them; spread the reward over
 * the tokens with the KL penalty; estimate advantages and whiten them; one pass of clipped updates
 * over shuffled minibatches, each with corpus windows (ptx); note the metrics.
 *
 * Left out on purpose: a shared policy-value trunk, entropy bonus, reward whitening.
 */
import { Scratch } from '../gpu/scratch';
import { layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { Snapshots } from '../nn/snapshots';
import { Weights } from '../nn/weights';
import { epochPermutation, ShuffledOrder } from '../text/datasets/order';
import { trainingWindows } from '../text/datasets/packing';
import type { Corpus } from './base';
import { type Checkpoint, Halted, type Metrics, type StageContext, seedFor } from './context';
import { finalScores, guard, isBroken, iterationMetrics, iterationTokens } from './ppo_metrics';
import { Rollout, type RolloutShape, type TokenArrays } from './ppo_rollout';
import { type Sequences, sequencesOf } from './ppo_rows';
import { tracedUpdate, traceRollout } from './ppo_trace';
import { Updater, type UpdateStats } from './ppo_update';
import { refused } from './refused';
import { warmedUp } from './schedule';
import { promptLimit } from './shown';
import { samplerOptions } from './texts';

type Floats = Float32Array<ArrayBuffer>;

export interface PpoInputs {
  /** Where the policy starts; also the frozen reference. */
  readonly sft: Floats;
  /** The normalised reward model; the value model starts from a copy. */
  readonly reward: Floats;
  readonly prompts: readonly string[];
  readonly corpus: Corpus;
  /** The world's own reward in [0, 1], for display only; null where it cannot tell. */
  judge(prompt: string, completion: string): number | null;
  /** Called after each iteration with its batch. */
  onBatch?(batch: PpoBatch): void;
}

/** A batch of responses with everything that was computed of it. */
export interface PpoBatch extends Sequences {
  readonly iteration: number;
  readonly prompts: readonly string[];
  readonly completions: readonly string[];
  readonly trueRewards: readonly (number | null)[];
  /** After normalising, clipping and any penalty. */
  readonly scores: Float32Array;
  readonly arrays: TokenArrays;
  readonly shape: RolloutShape;
  readonly klCoef: number;
  /** What the updates made of it, where the step was watched. */
  readonly watched?: WatchedUpdates;
}

/** The updates of an iteration, and policy and value on the same responses after them. */
export interface WatchedUpdates {
  readonly stats: readonly UpdateStats[];
  /** The batch's sequences in each update. */
  readonly rows: readonly (readonly number[])[];
  readonly lr: { readonly policy: number; readonly value: number };
  readonly cliprange: number;
  readonly cliprangeValue: number;
  /** [S, R] each. */
  readonly logprobs: Float32Array;
  readonly values: Float32Array;
}

export interface PpoOutputs {
  /** The moving average of the policy's weights: what is evaluated. */
  readonly policy: Floats;
  readonly policyRaw: Floats;
  readonly value: Floats;
}

export async function trainPpo(
  ctx: StageContext,
  inputs: PpoInputs,
  resume?: Checkpoint,
): Promise<PpoOutputs> {
  const { gpu, settings: s, model, tokenizer, trace } = ctx;
  const { P, R } = promptLimit(ctx);
  const S = s['ppo.batch'];
  const shape: RolloutShape = { S, M: s['ppo.minibatch'], A: s['ppo.accumulate'], T: P + R, R };
  const { M, T } = shape;
  const iterations = Math.max(1, Math.round(s['ppo.episodes'] / S));
  const updatesEach = s['ppo.inner_epochs'] * (S / M);
  const lm = layoutOf(model, 'lm');
  const scored = layoutOf(model, 'score');
  const models = {
    policy: Weights.from(gpu, lm, 'policy', inputs.sft),
    reference: Weights.from(gpu, lm, 'reference', inputs.sft),
    value: Weights.from(gpu, scored, 'value', inputs.reward),
    reward: Weights.from(gpu, scored, 'reward', inputs.reward),
  };
  const average = Weights.from(gpu, lm, 'policy EMA', inputs.sft);
  const stats: UpdateStats[] = [];
  const options = {
    temperature: s['ppo.temperature'],
    cliprange: s['ppo.cliprange'],
    cliprangeValue: s['ppo.cliprange_value'],
    vfCoef: s['ppo.vf_coef'],
    ptxCoef: s['ppo.ptx_coef'],
    emaDecay: s['ppo.ema'],
    gamma: s['ppo.gamma'],
    lam: s['ppo.lam'],
  };
  const ptx = {
    X: options.ptxCoef > 0 ? Math.round(M * s['ppo.ptx_ratio']) : 0,
    T: model.n_positions,
  };
  const sampling = samplerOptions(tokenizer, { B: S, P, R }, options.temperature);
  // Sampling, the four models' passes and the updates take turns, so they share their temporaries.
  const scratch = new Scratch(gpu, 'PPO temporaries');
  const rollout = await Rollout.make(gpu, models, shape, options, scratch);
  const updater = await Updater.make(
    gpu,
    models,
    rollout,
    shape,
    ptx,
    average.arena,
    options,
    (update) => stats.push(update),
    scratch,
  );
  const sampler = await Sampler.make(gpu, models.policy, sampling, scratch);
  const snapshots = new Snapshots(gpu, {
    policy: models.policy,
    policy_m: updater.policyAdam.m,
    policy_v: updater.policyAdam.v,
    value: models.value,
    value_m: updater.valueAdam.m,
    value_v: updater.valueAdam.v,
    average,
  });
  const encoded = inputs.prompts.map((prompt) => tokenizer.encode(prompt).slice(-P));
  const order = new ShuffledOrder(encoded.length, S, seedFor(ctx, 'ppoPrompts'));
  const windowsOf = (step: number) =>
    ptx.X > 0
      ? trainingWindows(inputs.corpus.train, {
          B: ptx.X,
          T: ptx.T,
          seed: seedFor(ctx, 'ppoPtx'),
          step,
        })
      : undefined;
  let klCoef = resume?.state['klCoef'] ?? s['ppo.kl_coef'];

  try {
    if (resume) snapshots.restore(resume.arenas);
    for (let iteration = (resume?.step ?? 0) + 1; iteration <= iterations; iteration++) {
      const started = performance.now();
      if (!s['ppo.kl_adaptive']) klCoef = s['ppo.kl_coef'];

      // Sample: one response to each of S prompts, on the GPU from first to last token.
      const chosen = order.batch(iteration - 1);
      const prompts = chosen.map((index) => encoded[index]!);
      ctx.progress('sampling responses', iteration - 1, iterations);
      sampler.start(prompts, seedFor(ctx, 'ppoRollouts'), (iteration - 1) * S);
      const sampled = await sampler.finish();
      const promptLengths = prompts.map((prompt) => prompt.length);
      const sequences = sequencesOf(sampled.tokens, promptLengths, sampled.lengths, T);
      const completions = promptLengths.map((length, b) => {
        const first = b * T + length;
        return tokenizer.decode(sampled.tokens.subarray(first, first + sampled.lengths[b]!), {
          skipSpecial: true,
        });
      });

      // Score, then spread over the tokens: −β·(logπ − logπ_ref), the score at the last one.
      const raw = await rollout.pass(sequences);
      const scores = finalScores(raw, sequences, tokenizer.eot, s);
      rollout.assignCredit(scores, klCoef);

      // Update: clipped losses over shuffled minibatches, corpus windows beside each.
      const lr = {
        policy: warmedUp(iteration, s['ppo.policy_lr'], s['ppo.warmup_iterations']),
        value: warmedUp(iteration, s['ppo.value_lr'], s['ppo.warmup_iterations']),
      };
      const first = (iteration - 1) * updatesEach;
      const last = iteration === iterations;
      const traced = trace && (last || first < trace.updates);
      const minibatches = new ShuffledOrderOfBatch(S, M, seedFor(ctx, 'ppoMinibatches'), iteration);
      stats.length = 0;
      const rowsOfUpdates: number[][] = [];
      for (let u = 0; u < updatesEach; u++) {
        const update = first + u + 1;
        const rows = minibatches.rows(u);
        rowsOfUpdates.push(rows);
        const windows = windowsOf(update);
        // Without the guard an update that is not finite is left out, and the next one is not.
        if (!s['ppo.guard_nonfinite']) updater.release();
        const run = () => updater.step(update, lr, sequences, rows, windows, s['ppo.ptx_coef']);
        if (traced && (last || update <= trace.updates)) {
          await tracedUpdate(
            ctx,
            { models, updater, rows, windows, lr, update, iteration, options, stats },
            run,
          );
        } else await run();
      }
      await updater.drain();
      const refuse = async (what: string, update: number) => {
        const rows = minibatches.rows(update - first - 1);
        const windows = windowsOf(update);
        return refused(ctx, {
          training: 'ppo',
          where: `PPO stopped at iteration ${iteration}: ${what}`,
          first: await updater.diagnose(sequences, rows, windows, s['ppo.ptx_coef']),
          rates: ['ppo.policy_lr', 'ppo.value_lr'],
        });
      };
      const broken = stats.find(isBroken);
      if (broken && s['ppo.guard_nonfinite']) {
        throw await refuse(`update ${broken.update}`, broken.update);
      }
      /** A state is kept only where its gradients are finite. @throws {Halted} */
      const leadOn = async () => {
        if (!s['ppo.guard_nonfinite'] || (await updater.tries())) return;
        throw await refuse(`the weights after iteration ${iteration}`, first + updatesEach);
      };

      // Look: what the batch was worth, and whether to go on.
      const arrays = await rollout.readArrays();
      let watched: WatchedUpdates | undefined;
      if (ctx.watched()) {
        // The models only look once more: no weight and no draw depends on it.
        await rollout.pass(sequences);
        const { logprobs, values } = await rollout.readArrays();
        const { cliprange, cliprangeValue } = options;
        const facts = { lr, cliprange, cliprangeValue, logprobs, values };
        watched = { ...facts, stats: [...stats], rows: rowsOfUpdates };
      }
      const batch: PpoBatch = {
        ...sequences,
        iteration,
        prompts: chosen.map((index) => inputs.prompts[index]!),
        completions,
        trueRewards: completions.map((text, b) => inputs.judge(inputs.prompts[chosen[b]!]!, text)),
        scores,
        arrays,
        shape,
        klCoef,
        ...(watched ? { watched } : {}),
      };
      if (traced) traceRollout(ctx, batch, options, lr, first + 1);
      const tokens = iterationTokens(batch, s['ppo.inner_epochs'], updatesEach * ptx.X * ptx.T);
      const metrics: Metrics = {
        ...iterationMetrics(batch, stats, lr.policy, tokenizer.eot, s['ppo.ptx_coef']),
        tokens: iteration * (S * T + updatesEach * ptx.X * ptx.T),
        tokens_per_second: (1000 * tokens) / (performance.now() - started),
      };
      ctx.metrics('ppo', iteration, metrics);
      const shown = completions.slice(0, 4);
      ctx.samples(
        'ppo',
        iteration,
        shown.map((completion, b) => ({ prompt: batch.prompts[b]!, completion })),
      );
      inputs.onBatch?.(batch);
      const problem = guard(metrics, s);
      if (problem) throw new Halted(`PPO stopped at iteration ${iteration}: ${problem}`);
      if (s['ppo.kl_adaptive']) {
        const error = Math.max(
          -0.2,
          Math.min(0.2, metrics['objective/kl']! / s['ppo.kl_target'] - 1),
        );
        klCoef *= 1 + (error * S) / s['ppo.kl_horizon'];
      }
      ctx.progress('PPO', iteration, iterations, tokens);
      const ended = await ctx.boundary(async () => {
        await leadOn();
        const arenas = await snapshots.take();
        return { training: 'ppo', step: iteration, arenas, state: { klCoef } };
      });
      if (ended || last) await leadOn();
      if (ended) break;
    }
    return {
      policy: (await average.floats(gpu)) as Floats,
      policyRaw: (await models.policy.floats(gpu)) as Floats,
      value: (await models.value.floats(gpu)) as Floats,
    };
  } finally {
    updater.free();
    rollout.free();
    sampler.free();
    scratch.free();
    snapshots.free();
    gpu.free(average.arena, ...Object.values(models).map(({ arena }) => arena));
  }
}

/** Shuffled minibatches of one batch: every sequence once in each inner epoch. */
class ShuffledOrderOfBatch {
  constructor(
    private readonly S: number,
    private readonly M: number,
    private readonly seed: number,
    private readonly iteration: number,
  ) {}

  rows(update: number): number[] {
    const each = this.S / this.M;
    const epoch = Math.floor(update / each);
    const order = epochPermutation(this.S, this.seed, this.iteration * 64 + epoch);
    const from = (update % each) * this.M;
    return Array.from(order.subarray(from, from + this.M));
  }
}
