/** PPO's files of the trace: a rollout, and each update that was made of it (CONTRACT.md). */

import type { LmBatch } from '../nn/trainer';
import type { StageContext } from './context';
import type { PpoBatch } from './ppo';
import { type Models, TOKEN_ARRAYS } from './ppo_rollout';
import { PPO_ADAMW, type UpdateOptions, type Updater, type UpdateStats } from './ppo_update';
import { numbered, tensorsAfter, tensorsBefore } from './trace';

interface Credit {
  readonly gamma: number;
  readonly lam: number;
  readonly temperature: number;
}
interface Rates {
  readonly policy: number;
  readonly value: number;
}

const common = (update: number, lr: number) => ({
  stage: 'ppo',
  update,
  lr,
  beta1: PPO_ADAMW.beta1,
  beta2: PPO_ADAMW.beta2,
  eps: PPO_ADAMW.eps,
  weight_decay: PPO_ADAMW.weightDecay,
  max_grad_norm: PPO_ADAMW.maxNorm,
});

/** Writes a batch with its token rewards and advantages; `update` is the first made of it. */
export function traceRollout(
  ctx: StageContext,
  batch: PpoBatch,
  { gamma, lam, temperature }: Credit,
  lr: Rates,
  update: number,
): void {
  const { S, T, R } = batch.shape;
  const column = (at: 0 | 1) =>
    Int32Array.from({ length: S }, (_, s) => batch.lengths[2 * s + at]!);
  ctx.trace!.write(
    `ppo/${numbered('rollout', batch.iteration)}`,
    {
      input_ids: { shape: [S, T], data: batch.inputIds },
      prompt_length: { shape: [S], data: column(0) },
      response_length: { shape: [S], data: column(1) },
      scores: { shape: [S], data: batch.scores },
      ...Object.fromEntries(
        TOKEN_ARRAYS.map((name) => [name, { shape: [S, R], data: batch.arrays[name] }]),
      ),
    },
    {
      ...common(update, lr.policy),
      grad_norm: 0,
      loss: 0,
      kl_coef: batch.klCoef,
      gamma,
      lam,
      temperature,
      kl_estimator: 'k1',
    },
  );
}

/** Runs one update with both models read before and after it, and writes it. */
export async function tracedUpdate(
  ctx: StageContext,
  of: {
    models: Models;
    updater: Updater;
    rows: readonly number[];
    windows: LmBatch | undefined;
    lr: Rates;
    update: number;
    iteration: number;
    options: UpdateOptions;
    stats: readonly UpdateStats[];
  },
  run: () => Promise<void>,
): Promise<void> {
  const { gpu } = ctx;
  const { updater, update, options, lr } = of;
  const policy = {
    weights: of.models.policy,
    grads: updater.policyGrads,
    optimizer: updater.policyAdam,
  };
  const value = {
    weights: of.models.value,
    grads: updater.valueGrads,
    optimizer: updater.valueAdam,
  };
  const before = {
    ...(await tensorsBefore(gpu, policy, 'policy/')),
    ...(await tensorsBefore(gpu, value, 'value/')),
  };
  await run();
  await updater.drain();
  const stats = of.stats.find((made) => made.update === update)!;
  const coef = updater.X > 0 ? ctx.settings['ppo.ptx_coef'] : 0;
  const ptxLoss = coef > 0 ? stats.ptxLoss / coef : 0;
  const shape = [updater.X, ctx.model.n_positions];
  ctx.trace!.write(
    `ppo/${numbered('update', update)}`,
    {
      ...before,
      ...(await tensorsAfter(gpu, policy, 'policy/')),
      ...(await tensorsAfter(gpu, value, 'value/')),
      rollout: { shape: [of.rows.length], data: Int32Array.from(of.rows) },
      ptx_input_ids: { shape, data: of.windows?.inputIds ?? new Int32Array() },
      ptx_targets: { shape, data: of.windows?.targets ?? new Int32Array() },
    },
    {
      ...common(update, lr.policy),
      grad_norm: stats.policyGradNorm,
      loss: stats.policyLoss + options.vfCoef * stats.valueLoss + coef * ptxLoss,
      rollout_file: numbered('rollout', of.iteration),
      cliprange: options.cliprange,
      cliprange_value: options.cliprangeValue,
      vf_coef: options.vfCoef,
      ptx_coef: coef,
      policy_loss: stats.policyLoss,
      value_loss: stats.valueLoss,
      ptx_loss: ptxLoss,
      approxkl: stats.approxkl,
      clipfrac: stats.clipfrac,
      policy_lr: lr.policy,
      value_lr: lr.value,
      policy_grad_norm: stats.policyGradNorm,
      value_grad_norm: stats.valueGradNorm,
    },
  );
}
