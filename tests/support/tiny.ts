/** Settings that change of nano so that all five stages take seconds on a software adapter. */
export const TINY: Readonly<Record<string, number>> = {
  'model.n_layer': 1,
  'model.n_embd': 16,
  'model.n_head': 2,
  'base.tokens': 10_240,
  'data.prompts': 16,
  'data.demonstrations': 16,
  'sft.epochs': 1,
  'sft_for_rl.epochs': 1,
  'data.ranked_prompts': 8,
  'ppo.episodes': 32,
  'ppo.batch': 16,
  'ppo.minibatch': 16,
  'ppo.response_length': 8,
  'evaluate.prompts': 8,
  'evaluate.skills': 8,
};
