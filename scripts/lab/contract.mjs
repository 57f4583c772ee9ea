/** Which files a run must leave, by the stages that have finished. */

/** @typedef {import('../../src/config/stages').Stage} Stage */

/** @param {string[]} names */
const models = (...names) =>
  names.flatMap((name) =>
    [
      'model.safetensors',
      'config.json',
      'generation_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'special_tokens_map.json',
    ].map((file) => `models/${name}/${file}`),
  );

/** @param {string} kind @param {string[]} splits @param {string} extension */
const data = (kind, splits, extension = 'jsonl') =>
  splits.map((split) => `data/${kind}.${split}.${extension}`);

const ALWAYS = ['experiment.json', 'report.json', 'metrics.jsonl'];

/** @type {Record<Stage, string[]>} */
const BY_STAGE = {
  base: [
    ...data('pretrain', ['train', 'val'], 'txt'),
    ...data('skills', ['test']),
    ...data('prompts', ['train', 'val', 'test']),
    ...data('demonstrations', ['train', 'val']),
    ...models('base'),
  ],
  sft: models('sft', 'sft_for_rl'),
  reward: [
    ...data('rankings', ['train', 'val', 'heldout']),
    ...data('comparisons', ['train', 'val', 'heldout']),
    ...models('reward'),
  ],
  ppo: ['data/rollouts.jsonl', ...models('policy', 'policy_raw', 'value')],
  evaluate: ['data/evaluation.jsonl'],
};

/** @type {Record<Stage, string[]>} */
const TRACES = {
  base: ['base/update-0001'],
  sft: ['sft/update-0001', 'sft_for_rl/update-0001'],
  reward: ['reward/update-0001'],
  ppo: ['ppo/rollout-0001', 'ppo/update-0001'],
  evaluate: [],
};

/**
 * @param {readonly Stage[]} stages that have finished
 * @param {{ traced: boolean, imported: boolean }} how an imported base model is not trained
 * @returns {string[]}
 */
export function contractFiles(stages, { traced, imported }) {
  const traces = stages
    .filter((stage) => traced && !(imported && stage === 'base'))
    .flatMap((stage) => TRACES[stage].map((name) => `trace/${name}.safetensors`));
  return [...ALWAYS, ...stages.flatMap((stage) => BY_STAGE[stage]), ...traces];
}
