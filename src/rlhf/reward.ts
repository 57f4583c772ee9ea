/**
 * Stage 2, the reward model (3.5, C.2): SFT's trunk with a scalar head, trained on rankings.
 *
 *   loss(prompt) = −1/P · Σ log σ(r_w − r_l)   over its P ordered pairs, ties dropped
 *
 * All pairs of a prompt are one batch element: K forward passes, not K(K−1)/2. Afterwards a bias
 * makes the demonstrations' mean reward 0; it is folded into ln_f.bias, so that the stored model
 * gives the normalised score by itself.
 */
import { ADAMW } from '../nn/adamw';
import type { Part } from '../nn/batch';
import { normals } from '../nn/init';
import { type Layout, layoutOf } from '../nn/layout';
import { Snapshots } from '../nn/snapshots';
import { Weights } from '../nn/weights';
import { orderedPairs } from '../text/datasets/comparisons';
import { epochPermutation } from '../text/datasets/order';
import { type Checkpoint, Halted, type StageContext, seedFor } from './context';
import type { Ranking } from './rankings';
import { refused } from './refused';
import { type RewardBatch, RewardTrainer, rewardParts } from './reward_trainer';
import { cosine } from './schedule';
import { scoredIds } from './scorer';
import { numbered, tensorsAfter, tensorsBefore } from './trace';

/** Starts from the SFT trunk; the head is N(0, 1/√(C+1)). */
export function initialReward(layout: Layout, trunk: Float32Array, seed: number) {
  const floats = new Float32Array(layout.floats);
  floats.set(trunk);
  const head = layout.tensors.find(({ name }) => name === 'score.weight')!;
  const normal = normals(seed);
  const std = 1 / Math.sqrt(layout.config.n_embd + 1);
  for (let c = 0; c < head.size; c++) floats[head.offset + c] = std * normal();
  return floats;
}

/**
 * The prompts of an update, in parts of whole prompts, with the pairs that count; those that only
 * tie are left out. A part's completions stand together at its start.
 */
function batchOf(
  ctx: StageContext,
  rankings: readonly Ranking[],
  parts: readonly Part[],
  K: number,
): RewardBatch {
  const T = ctx.model.n_positions;
  const S = parts.reduce((sum, { count }) => sum + count, 0);
  const starts = new Set(parts.map(({ from }) => from));
  const filled: number[] = [];
  const batch = {
    ids: new Int32Array(S * T).fill(ctx.tokenizer.pad),
    lengths: new Int32Array(S).fill(1),
    group: new Int32Array(S).fill(-1),
    rank: new Int32Array(S),
    weight: new Float32Array(S),
    filled,
  };
  let row = 0;
  rankings.forEach(({ prompt, completions, ranks }, group) => {
    const pairs = orderedPairs(ranks).length;
    if (starts.has(group * K)) row = group * K;
    completions.forEach((completion, k) => {
      const ids = scoredIds(ctx.tokenizer, prompt, completion, T);
      batch.ids.set(ids, row * T);
      batch.lengths[row] = ids.length;
      batch.group[row] = group;
      batch.rank[row] = ranks[k]!;
      batch.weight[row] = 1 / (pairs * rankings.length);
      filled.push(row++);
    });
  });
  return batch;
}

/** Trains the reward model; the result is not normalised yet. */
export async function trainReward(
  ctx: StageContext,
  trunk: Float32Array,
  rankings: readonly Ranking[],
  validate: (weights: Weights) => Promise<number>,
  resume?: Checkpoint,
): Promise<Float32Array<ArrayBuffer>> {
  const { gpu, settings, trace } = ctx;
  const layout = layoutOf(ctx.model, 'score');
  const usable = rankings.filter(({ ranks }) => orderedPairs(ranks).length > 0);
  if (usable.length === 0) {
    throw new Halted('The rankings hold no ordered pair: rank some completions apart first.');
  }
  const G = Math.min(settings['reward.prompts_per_batch'], usable.length);
  const most = Math.max(...usable.map(({ completions }) => completions.length));
  const updates = Math.ceil((usable.length * settings['reward.epochs']) / G);
  const seed = seedFor(ctx, 'reward');
  const lr = (update: number) => cosine(update, { peak: settings['reward.lr'], updates });
  const weights = Weights.from(
    gpu,
    layout,
    'reward weights',
    initialReward(layout, trunk, seedFor(ctx, 'scoreHead')),
  );
  const rows = new Map<number, Float32Array>();
  const parts = rewardParts(G, settings['reward.accumulate'], most);
  const trainer = await RewardTrainer.make(gpu, weights, parts, (update, row) => {
    rows.set(update, row.slice());
  });
  const { optimizer } = trainer;
  const snapshots = new Snapshots(gpu, { weights, m: optimizer.m, v: optimizer.v });
  if (resume) snapshots.restore(resume.arenas);
  const save = async (step: number): Promise<Checkpoint> => {
    await trainer.drain();
    // The metrics up to this step belong to the checkpoint; none may arrive after it.
    await flush();
    await leadOn(step);
    return { training: 'reward', step, arenas: await snapshots.take(), state: {} };
  };
  const order = epochOrder(usable.length, settings['reward.epochs'], seed);
  const every = Math.max(1, Math.ceil(updates / 12));
  const looked = new Map<number, number>();
  const batchAt = (update: number) => {
    const items = order.slice((update - 1) * G, update * G).map((index) => usable[index]!);
    return batchOf(ctx, items, parts, most);
  };
  const refuse = async (what: string, update: number) => {
    await trainer.drain();
    return refused(ctx, {
      training: 'reward',
      where: `training the reward model stopped: ${what}`,
      first: await trainer.diagnose(batchAt(update)),
      rates: ['reward.lr'],
    });
  };
  /** A state is kept only where the update after it has finite gradients. @throws {Halted} */
  const leadOn = async (step: number) => {
    const next = Math.min(step + 1, updates);
    if (await trainer.tries(batchAt(next))) return;
    throw await refuse(`the weights after update ${step}`, next);
  };
  const isBroken = (row: Float32Array) => row[6] !== 0 || !Number.isFinite(row[0]);
  const flush = async () => {
    for (const [update, row] of rows) {
      const [loss, correct, pairs, margin] = row as unknown as [number, number, number, number];
      if (isBroken(row)) throw await refuse(`update ${update}`, update);
      const val_accuracy = looked.get(update);
      ctx.metrics('reward', update, {
        loss,
        accuracy: correct / pairs,
        margin: margin / pairs,
        lr: lr(update),
        grad_norm: row[4]!,
        tokens: update * trainer.S * ctx.model.n_positions,
        ...(val_accuracy === undefined ? {} : { val_accuracy }),
      });
    }
    rows.clear();
  };
  try {
    let done = resume?.step ?? 0;
    for (let update = done + 1; update <= updates; update++) {
      const batch = batchAt(update);
      if (trace && update <= trace.updates) {
        await traceUpdate(ctx, trainer, update, lr(update), batch, rows);
      } else await trainer.step(update, lr(update), batch);
      done = update;
      ctx.progress('training the reward model', update, updates, trainer.tokens);
      if (update % every === 0 || update === updates) {
        await trainer.drain();
        for (const row of rows.values()) if (isBroken(row)) await flush();
        looked.set(update, await validate(weights));
      }
      await flush();
      if (await ctx.boundary(() => save(update))) break;
    }
    await trainer.drain();
    await flush();
    await leadOn(done);
    return (await weights.floats(gpu)) as Float32Array<ArrayBuffer>;
  } finally {
    trainer.free();
    snapshots.free();
    gpu.free(weights.arena);
  }
}

function epochOrder(count: number, epochs: number, seed: number): number[] {
  return Array.from({ length: epochs }, (_, epoch) =>
    Array.from(epochPermutation(count, seed, epoch)),
  ).flat();
}

async function traceUpdate(
  ctx: StageContext,
  trainer: RewardTrainer,
  update: number,
  lr: number,
  batch: RewardBatch,
  rows: ReadonlyMap<number, Float32Array>,
): Promise<void> {
  const { gpu } = ctx;
  const T = ctx.model.n_positions;
  const before = await tensorsBefore(gpu, trainer);
  await trainer.step(update, lr, batch);
  await trainer.drain();
  const { filled } = batch;
  const N = filled.length;
  const column = (all: Int32Array) => Int32Array.from(filled, (row) => all[row]!);
  const ids = filled.flatMap((row) => Array.from(batch.ids.subarray(row * T, (row + 1) * T)));
  const scores = await trainer.scores();
  const { beta1, beta2, eps, weightDecay, maxNorm } = ADAMW;
  const row = rows.get(update)!;
  ctx.trace!.write(
    `reward/${numbered('update', update)}`,
    {
      ...before,
      ...(await tensorsAfter(gpu, trainer)),
      input_ids: { shape: [N, T], data: Int32Array.from(ids) },
      lengths: { shape: [N], data: column(batch.lengths) },
      group: { shape: [N], data: column(batch.group) },
      rank: { shape: [N], data: column(batch.rank) },
      scores: { shape: [N], data: Float32Array.from(filled, (row) => scores[row]!) },
    },
    {
      stage: 'reward',
      update,
      lr,
      beta1,
      beta2,
      eps,
      weight_decay: weightDecay,
      max_grad_norm: maxNorm,
      grad_norm: row[4]!,
      loss: row[0]!,
    },
  );
}
