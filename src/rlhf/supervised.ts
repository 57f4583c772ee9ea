/**
 * The loop that base and SFT share: next-token cross-entropy, one update a step.
 * What differs (the batches, the schedule, what is looked at on the way) is given by the stage.
 */
import { ADAMW } from '../nn/adamw';
import { layoutOf } from '../nn/layout';
import { Snapshots } from '../nn/snapshots';
import { type LmBatch, type LmStep, LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import type { Checkpoint, StageContext, TraceTensor } from './context';
import { refused } from './refused';
import { numbered, tensorsAfter, tensorsBefore } from './trace';

export interface SupervisedPlan {
  readonly training: 'base' | 'sft' | 'sft_for_rl';
  readonly phase: string;
  readonly initial: Float32Array<ArrayBuffer>;
  readonly updates: number;
  /** Sequences a batch. */
  readonly B: number;
  /** Parts that a batch goes through the model in. */
  readonly accumulate: number;
  /** Whether rows end in padding, which is left out of the model then. */
  readonly packed: boolean;
  readonly dropout: number;
  readonly dropoutSeed: number;
  readonly weightDecay: number;
  /** Learning rate of an update, counted from 1. */
  lr(update: number): number;
  /** Batch of an update, counted from 1: a function of the number alone, so that a run resumes. */
  batch(update: number): LmBatch;
  /** Called after these updates with the weights at rest; its numbers join the metrics. */
  look?: {
    every: number;
    at(update: number, weights: Weights): Promise<Record<string, number>>;
  };
  /** Keep the weights of the look with the lowest `val_loss` instead of the last. */
  readonly keepBest?: boolean;
}

/** Metrics are logged this often. */
const LOG_EVERY = 10;

/** Trains and returns the weights after the last update (or the best look's). */
export async function trainSupervised(
  ctx: StageContext,
  plan: SupervisedPlan,
  resume: Checkpoint | undefined,
): Promise<Float32Array> {
  const { gpu, model, trace } = ctx;
  const T = model.n_positions;
  const layout = layoutOf(model, 'lm');
  const weights = Weights.from(gpu, layout, `${plan.training} weights`, plan.initial);
  const seen = new Map<number, LmStep>();
  const trainer = await LmTrainer.make(
    gpu,
    weights,
    {
      B: plan.B,
      T,
      accumulate: plan.accumulate,
      packed: plan.packed,
      dropout: plan.dropout,
      seed: plan.dropoutSeed,
      adamw: { ...ADAMW, weightDecay: plan.weightDecay },
    },
    (step) => seen.set(step.step, step),
  );
  const { optimizer } = trainer;
  const snapshots = new Snapshots(gpu, { weights, m: optimizer.m, v: optimizer.v });
  try {
    if (resume) snapshots.restore(resume.arenas);
    let best = resume?.arenas['best'];
    let bestLoss = resume?.state['bestLoss'] ?? Number.POSITIVE_INFINITY;
    const save = async (step: number): Promise<Checkpoint> => {
      await trainer.drain();
      // The metrics up to this step belong to the checkpoint; none may arrive after it.
      await flush();
      await leadOn(step);
      const arenas = await snapshots.take();
      const { training } = plan;
      if (!best) return { training, step, arenas, state: {} };
      return { training, step, arenas: { ...arenas, best }, state: { bestLoss } };
    };
    const refuse = async (what: string, update: number) => {
      await trainer.drain();
      const { training, phase } = plan;
      const first = await trainer.diagnose(update, plan.batch(update));
      const rates = [`${training}.lr` as const];
      return refused(ctx, { training, where: `${phase} stopped: ${what}`, first, rates });
    };
    /** A state is kept only where the update after it has finite gradients. @throws {Halted} */
    const leadOn = async (step: number) => {
      const next = Math.min(step + 1, plan.updates);
      if (await trainer.tries(next, plan.batch(next))) return;
      throw await refuse(`the weights after update ${step}`, next);
    };
    /** Hands over the metrics that have arrived; a look's numbers wait for their step's loss. */
    const looked = new Map<number, Record<string, number>>();
    const flush = async () => {
      for (const [update, step] of seen) {
        if (isBroken(step)) throw await refuse(`update ${update}`, update);
        const { loss, gradNorm } = step;
        const extra = looked.get(update);
        if (extra || update % LOG_EVERY === 0 || update === 1 || update === plan.updates) {
          ctx.metrics(plan.training, update, {
            loss,
            lr: plan.lr(update),
            grad_norm: gradNorm,
            tokens: update * plan.B * T,
            ...extra,
          });
        }
        looked.delete(update);
      }
      seen.clear();
    };

    let done = resume?.step ?? 0;
    for (let update = done + 1; update <= plan.updates; update++) {
      const batch = plan.batch(update);
      if (trace && update <= trace.updates)
        await traceUpdate(ctx, plan, trainer, update, batch, seen);
      else await trainer.step(update, plan.lr(update), batch);
      done = update;
      ctx.progress(plan.phase, update, plan.updates, trainer.tokens);
      if (plan.look && (update % plan.look.every === 0 || update === plan.updates)) {
        // Nobody looks at a training that has stopped.
        await trainer.drain();
        for (const step of seen.values()) if (isBroken(step)) await flush();
        const numbers = await plan.look.at(update, weights);
        looked.set(update, numbers);
        if (plan.keepBest && numbers['val_loss']! < bestLoss) {
          bestLoss = numbers['val_loss']!;
          best = await weights.floats(gpu);
        }
      }
      await flush();
      if (await ctx.boundary(() => save(update))) break;
    }
    await trainer.drain();
    await flush();
    await leadOn(done);
    return best ?? (await weights.floats(gpu));
  } finally {
    trainer.free();
    snapshots.free();
    gpu.free(weights.arena);
  }
}

const isBroken = ({ finite, loss }: LmStep) => !finite || !Number.isFinite(loss);

/** Runs one update with everything read before and after it. */
async function traceUpdate(
  ctx: StageContext,
  plan: SupervisedPlan,
  trainer: LmTrainer,
  update: number,
  batch: LmBatch,
  seen: ReadonlyMap<number, LmStep>,
): Promise<void> {
  const { gpu, model } = ctx;
  const { B } = plan;
  const T = model.n_positions;
  const lr = plan.lr(update);
  const traced = { weights: trainer.weights, grads: trainer.grads, optimizer: trainer.optimizer };
  const before = await tensorsBefore(gpu, traced);
  await trainer.step(update, lr, batch);
  await trainer.drain();
  const dropout: Record<string, TraceTensor> = {};
  for (const [layer, masks] of (await trainer.masks()).entries()) {
    const shape = [B, T, model.n_embd];
    for (const site of ['attn', 'mlp'] as const) {
      dropout[`dropout/h.${layer}.${site}`] = { shape, data: masks[site] };
    }
  }
  const { loss, gradNorm } = seen.get(update)!;
  const { beta1, beta2, eps, maxNorm } = ADAMW;
  ctx.trace!.write(
    `${plan.training}/${numbered('update', update)}`,
    {
      ...before,
      ...(await tensorsAfter(gpu, traced)),
      input_ids: { shape: [B, T], data: batch.inputIds },
      targets: { shape: [B, T], data: batch.targets },
      ...dropout,
    },
    {
      stage: plan.training,
      update,
      lr,
      beta1,
      beta2,
      eps,
      weight_decay: plan.weightDecay,
      max_grad_norm: maxNorm,
      grad_norm: gradNorm,
      loss,
    },
  );
}
