/** What the models that write are called, and each one's colour in every room. */
import type { ModelName, Writer } from '../../config/stages';

export const WRITER_NAMES: Readonly<Record<Writer | 'demonstration', string>> = {
  base: 'Base',
  sft: 'SFT',
  sft_for_rl: 'SFT for RL',
  policy: 'Policy',
  policy_raw: 'Policy, last step',
  demonstration: 'Demonstration',
};

/** All models, those that give a number too. */
export const MODEL_NAMES: Readonly<Record<ModelName, string>> = {
  ...WRITER_NAMES,
  reward: 'Reward model',
  value: 'Value model',
};

/** One line about a model, for lists to choose from. */
export const WRITER_TEXT: Readonly<Record<Writer, string>> = {
  base: 'continues text as found in the corpus',
  sft: 'trained on the demonstrations',
  sft_for_rl: 'SFT with corpus mixed in: where PPO starts',
  policy: 'after PPO, averaged weights',
  policy_raw: 'after PPO, weights of the last update',
};
