/** A report with the figures of a plausible run, as far as the stages have come. */
import type { Stage } from '../../src/config/stages';
import type { Report, StageStatus } from '../../src/lab/api';

/** A run in less memory. */
export const FAKE_FIT = { settings: { 'ppo.accumulate': 2 }, bytes: 240 * 2 ** 20 };

export function fakeReport(stages: Readonly<Record<Stage, StageStatus>>): Report {
  const models = <T>(base: T, sft: T, sft_for_rl: T, policy: T) => ({
    base,
    sft,
    sft_for_rl,
    policy,
  });
  const skills = (sum: number, dialect: number, sort: number, copy: number) => ({
    sum,
    dialect,
    sort,
    copy,
  });
  return {
    ok: stages.evaluate === 'done',
    preset: 'nano',
    seed: 7,
    adapter: { vendor: 'fake', architecture: '', description: 'Fake adapter', is_fallback: true },
    browser: 'Chromium',
    seconds: { base: 610, total: 1320 },
    base: { val_loss: 1.18 },
    ...(stages.sft === 'done' ? { sft: { val_loss: 0.92 } } : {}),
    ...(stages.reward === 'done'
      ? {
          reward: {
            train_accuracy: 0.752,
            val_accuracy: 0.731,
            heldout_labeler_accuracy: 0.724,
            label_agreement: 0.733,
          },
        }
      : {}),
    ...(stages.ppo === 'done'
      ? {
          ppo: {
            reward_before: -0.12,
            reward_after: 0.78,
            kl: 2.9,
            true_reward_before: 0.77,
            true_reward_after: 0.86,
          },
        }
      : {}),
    ...(stages.evaluate === 'done'
      ? {
          evaluate: {
            true_reward: models(0.55, 0.75, 0.76, 0.83),
            helpful: models(0.41, 0.7, 0.71, 0.74),
            honest: models(0.62, 0.81, 0.82, 0.86),
            harmless: models(0.88, 0.99, 0.99, 1),
            win_rate_vs_sft: {
              mean: 0.672,
              ci95: [0.649, 0.695],
              n: 400,
              judge: 'held-out simulated labelers',
              opponent: 'sft_for_rl',
            },
            skills: models(
              skills(0.71, 0.8, 0.74, 0.97),
              skills(0.31, 0.42, 0.4, 0.7),
              skills(0.65, 0.74, 0.7, 0.93),
              skills(0.7, 0.81, 0.76, 0.96),
            ),
            pretrain_val_loss: models(1.18, 1.9, 1.24, 1.22),
          },
        }
      : {}),
    memory: { estimated_bytes: 3.1e8, peak_bytes: 2.9e8 },
    tokens_per_second: { train: 20_500, sample: 3100 },
  };
}
