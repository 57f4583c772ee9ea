/** Names of the pipeline's stages, of what is trained in them, and of the models they leave. */

/** What is started, paused and resumed. `sft` trains both recipes; `reward` also gathers rankings. */
export const STAGES = ['base', 'sft', 'reward', 'ppo', 'evaluate'] as const;
export type Stage = (typeof STAGES)[number];

/** The stage column of metrics and traces. */
export const TRAININGS = ['base', 'sft', 'sft_for_rl', 'reward', 'ppo', 'evaluate'] as const;
export type Training = (typeof TRAININGS)[number];

export const MODELS = [
  'base',
  'sft',
  'sft_for_rl',
  'reward',
  'policy',
  'policy_raw',
  'value',
] as const;
export type ModelName = (typeof MODELS)[number];

/** Models that write text. */
export const WRITERS = ['base', 'sft', 'sft_for_rl', 'policy', 'policy_raw'] as const;
export type Writer = (typeof WRITERS)[number];
