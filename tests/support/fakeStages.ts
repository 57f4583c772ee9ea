/** The stages of the fake lab: how long each is, what it makes, and its made-up curves. */
import type { ModelName, Stage, Training } from '../../src/config/stages';
import type { MetricRow } from '../../src/lab/api';
import { ppoRow, rewardRow, supervisedRow } from './fakeTexts';

/** Steps of every training. */
export const LENGTH = 60;

export const MODELS_OF: Readonly<Record<Stage, readonly ModelName[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['policy', 'policy_raw', 'value'],
  evaluate: [],
};

export const TRAININGS_OF: Readonly<Record<Stage, readonly Training[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['ppo'],
  evaluate: ['evaluate'],
};

export const rowOf = (training: Training, step: number): MetricRow =>
  training === 'reward'
    ? rewardRow(step, LENGTH)
    : training === 'ppo'
      ? ppoRow(step, LENGTH)
      : supervisedRow(step, LENGTH);
