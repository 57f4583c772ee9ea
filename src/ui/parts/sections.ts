/** What the sections of the settings are called. */
import type { Section } from '../../config/fields';

export const SECTION_TITLES: Readonly<Record<Section, string>> = {
  data: 'Data',
  model: 'Model',
  base: 'Base',
  sft: 'SFT',
  sft_for_rl: 'SFT for RL',
  reward: 'Reward model',
  ppo: 'PPO',
  evaluate: 'Evaluation',
};
