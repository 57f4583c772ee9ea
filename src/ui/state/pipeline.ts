/** What each stage needs and gives, as the rooms and the diagram say it. */
import { STAGES, type Stage } from '../../config/stages';
import type { StageStatus, StudyName } from '../../lab/api';
import type { RoomName } from './rooms';

/** What a stage is called in a sentence. */
export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  base: 'the base model',
  sft: 'SFT',
  reward: 'the reward model',
  ppo: 'PPO',
  evaluate: 'the comparison',
};

/** What a study is called before a colon, or in the tab's title. */
export const STUDY_NAMES: Readonly<Record<StudyName, string>> = {
  best_of_n: 'best of n',
  label_curve: 'accuracy by labels',
  model_sizes: 'model sizes',
};

/** The stage that a room starts; ranking has none of its own. */
export const STAGE_OF: Readonly<Record<RoomName, Stage | null>> = {
  base: 'base',
  demonstrate: 'sft',
  rank: null,
  reward: 'reward',
  reinforce: 'ppo',
  compare: 'evaluate',
};

/** The room in which a stage is at home. */
export const ROOM_OF: Readonly<Record<Stage, RoomName>> = {
  base: 'base',
  sft: 'demonstrate',
  reward: 'reward',
  ppo: 'reinforce',
  evaluate: 'compare',
};

/** Stages before this one that are not done, in order. */
export function missingBefore(stages: Readonly<Record<Stage, StageStatus>>, stage: Stage): Stage[] {
  return STAGES.slice(0, STAGES.indexOf(stage)).filter((before) => stages[before] !== 'done');
}
