/** The stages of the fake lab: how long each is, what it makes, and its made-up curves. */
import type { Training } from '../../src/config/stages';
import type { MetricRow } from '../../src/lab/api';
import { ppoRow, rewardRow, supervisedRow } from './fakeTexts';

/** Steps of every training. */
export const LENGTH = 60;

export { MODELS_OF, TRAININGS_OF } from '../../src/lab/parts';

export const rowOf = (training: Training, step: number): MetricRow =>
  training === 'reward'
    ? rewardRow(step, LENGTH)
    : training === 'ppo'
      ? ppoRow(step, LENGTH)
      : supervisedRow(step, LENGTH);
