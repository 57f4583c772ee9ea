/**
 * Every setting of an experiment, once: type, bounds, default by preset, the paper's value, what it
 * means. Forms, `--set`, the URL, file headers and validation are all derived from this table.
 */

export const PRESETS = ['nano', 'micro', 'mini'] as const;
export type Preset = (typeof PRESETS)[number];

export type Section =
  | 'model'
  | 'base'
  | 'sft'
  | 'sft_for_rl'
  | 'reward'
  | 'ppo'
  | 'evaluate'
  | 'data';

interface FieldText {
  readonly label: string;
  readonly help: string;
  /** The value of Ouyang et al. 2022, where it has one. */
  readonly paper?: string;
}
export interface NumberField extends FieldText {
  readonly kind: 'number' | 'integer';
  readonly min: number;
  readonly max: number;
  readonly defaults: Readonly<Record<Preset, number>>;
}
export interface SwitchField extends FieldText {
  readonly kind: 'switch';
  readonly defaults: Readonly<Record<Preset, boolean>>;
}
export type Field = NumberField | SwitchField;

type NumberDefaults = number | readonly [nano: number, micro: number, mini: number];

const spread = (value: NumberDefaults): Record<Preset, number> =>
  typeof value === 'number'
    ? { nano: value, micro: value, mini: value }
    : { nano: value[0], micro: value[1], mini: value[2] };

const number =
  (kind: 'number' | 'integer') =>
  (
    label: string,
    defaults: NumberDefaults,
    range: readonly [min: number, max: number],
    help: string,
    paper?: string,
  ): NumberField => ({
    kind,
    label,
    help,
    min: range[0],
    max: range[1],
    defaults: spread(defaults),
    ...(paper === undefined ? {} : { paper }),
  });

const real = number('number');
const whole = number('integer');
const toggle = (label: string, value: boolean, help: string): SwitchField => ({
  kind: 'switch',
  label,
  help,
  defaults: { nano: value, micro: value, mini: value },
});

/** A batch's parts, whose gradients add up to the very step of the whole batch. */
const accumulation = whole(
  'Parts of a batch',
  1,
  [1, 512],
  'That go through the model one after another: less memory, the same step.',
);

export const FIELDS = {
  'model.n_layer': whole('Layers', [2, 4, 6], [1, 48], 'Transformer blocks (L).', '96'),
  'model.n_embd': whole('Channels', [64, 128, 256], [4, 2048], 'Width of the model (C).', '12,288'),
  'model.n_head': whole('Heads', [4, 4, 8], [1, 64], 'Attention heads (H).', '96'),
  'model.n_positions': whole('Context', [64, 128, 256], [8, 2048], 'Positions (T).', '2,048'),
  'model.vocab_size': whole(
    'Vocabulary',
    [512, 1024, 2048],
    [260, 65_536],
    'Tokens of the byte-level BPE (V).',
    '50,257',
  ),

  'base.tokens': whole(
    'Training tokens',
    [4_000_000, 10_000_000, 40_000_000],
    [512, 10_000_000_000],
    'Tokens of the corpus seen in all, over as many epochs as that takes.',
  ),
  'base.batch': whole('Batch', 8, [1, 512], 'Sequences a step.'),
  'base.accumulate': accumulation,
  'base.lr': real('Learning rate', [8e-3, 3e-3, 1.5e-3], [1e-7, 1], 'Peak; cosine to a tenth.'),
  'base.warmup': real('Warm-up', 0.02, [0, 1], 'Share of the steps that the rate rises over.'),
  'base.weight_decay': real('Weight decay', 0.1, [0, 1], 'On matrices and embeddings.', '0.1'),

  'sft.epochs': whole('Epochs', 5, [1, 64], 'Passes over the demonstrations.', '16'),
  'sft.batch': whole('Batch', 16, [1, 512], 'Demonstrations a step.', '32'),
  'sft.accumulate': accumulation,
  'sft.lr': real(
    'Learning rate',
    [2e-3, 1e-3, 5e-4],
    [1e-7, 1],
    'Peak; cosine to a tenth.',
    '9.65e-6',
  ),
  'sft.dropout': real('Residual dropout', 0.1, [0, 0.9], 'Before each residual sum.', '0.2'),
  'sft.mix': real('Pretraining mix', 0, [0, 0.9], 'Share of each batch taken from the corpus.'),
  'sft.weight_decay': real('Weight decay', 0.1, [0, 1], 'On matrices and embeddings.', '0.1'),
  'sft.choose_by_reward': toggle(
    'Choose by reward',
    false,
    'Once there is a reward model, keep the epoch whose answers it scores highest, as the paper does.',
  ),

  'sft_for_rl.epochs': whole('Epochs', 3, [1, 64], 'Passes over the demonstrations.', '2'),
  'sft_for_rl.batch': whole('Batch', 16, [1, 512], 'Sequences a step.', '32'),
  'sft_for_rl.accumulate': accumulation,
  'sft_for_rl.lr': real(
    'Learning rate',
    [2e-3, 1e-3, 5e-4],
    [1e-7, 1],
    'Peak; cosine to a tenth.',
    '5e-6',
  ),
  'sft_for_rl.dropout': real('Residual dropout', 0.1, [0, 0.9], 'Before each residual sum.', '0.2'),
  'sft_for_rl.mix': real(
    'Pretraining mix',
    0.3,
    [0, 0.9],
    'Share of each batch taken from the corpus; tiny models forget their skills with less.',
    '0.1',
  ),
  'sft_for_rl.weight_decay': real(
    'Weight decay',
    0.1,
    [0, 1],
    'On matrices and embeddings.',
    '0.1',
  ),

  'data.world_seed': whole(
    'Seed of the town',
    -1,
    [-1, 4_294_967_295],
    'Facts, corpus and prompts; −1 is the seed of the experiment.',
  ),
  'data.prompts': whole(
    'RL prompts',
    [2000, 2000, 4000],
    [8, 100_000],
    'Prompts that PPO draws from.',
    '31,144',
  ),
  'data.demonstrations': whole(
    'Demonstrations',
    [2000, 3000, 3000],
    [8, 100_000],
    'Prompts with an answer written for them.',
    '12,725',
  ),
  'data.ranked_prompts': whole(
    'Ranked prompts',
    2000,
    [8, 100_000],
    'Prompts whose completions the training labelers rank.',
    '33,207',
  ),

  'reward.epochs': whole('Epochs', [2, 1, 1], [1, 16], 'Passes over the rankings.', '1'),
  'reward.prompts_per_batch': whole(
    'Prompts a batch',
    8,
    [1, 256],
    'Each with all its pairs.',
    '64',
  ),
  'reward.accumulate': accumulation,
  'reward.lr': real(
    'Learning rate',
    [1e-3, 1e-3, 5e-4],
    [1e-7, 1],
    'Peak; cosine to a tenth.',
    '9e-6',
  ),
  'reward.k_min': whole('Fewest completions', 4, [2, 9], 'Completions ranked of a prompt, K.', '4'),
  'reward.k_max': whole('Most completions', 9, [2, 9], 'Completions ranked of a prompt, K.', '9'),
  'reward.base_share': real(
    'From the base model',
    0.25,
    [0, 1],
    'Share of completions sampled from base.',
  ),

  'ppo.episodes': whole(
    'Episodes',
    [8192, 16_384, 16_384],
    [1, 10_000_000],
    'Responses in all.',
    '256,000',
  ),
  'ppo.batch': whole('Batch', [128, 256, 256], [1, 4096], 'Responses an iteration.', '512'),
  'ppo.minibatch': whole('Minibatch', [32, 64, 64], [1, 4096], 'Responses an update.', '64'),
  'ppo.accumulate': accumulation,
  'ppo.inner_epochs': whole('Inner epochs', 1, [1, 16], 'Passes over each batch.', '1'),
  'ppo.policy_lr': real(
    'Policy learning rate',
    [5e-4, 3e-4, 1.5e-4],
    [0, 1],
    'After the warm-up.',
    '≤ 8.05e-6',
  ),
  'ppo.value_lr': real(
    'Value learning rate',
    [1e-3, 1e-3, 5e-4],
    [0, 1],
    'After the warm-up.',
    '9e-6',
  ),
  'ppo.warmup_iterations': whole(
    'Warm-up',
    10,
    [0, 10_000],
    'Iterations from a tenth of the rate.',
    '10',
  ),
  'ppo.kl_coef': real(
    'KL coefficient β',
    [0.1, 0.05, 0.05],
    [0, 100],
    'Reward lost a nat of KL.',
    '0.02',
  ),
  'ppo.kl_adaptive': toggle('Adaptive β', false, 'Steer β towards the KL target.'),
  'ppo.kl_target': real('KL target', 6, [0.01, 1000], 'Nats a sequence, for the adaptive β.'),
  'ppo.kl_horizon': real('KL horizon', 10_000, [1, 1e9], 'Episodes over which β adapts.'),
  'ppo.ptx_coef': real('Pretraining coefficient γ', 1, [0, 1000], '0 is plain PPO.', '27.8'),
  'ppo.ptx_ratio': real('Pretraining ratio', 1, [0, 16], 'Pretraining sequences an episode.', '8'),
  'ppo.cliprange': real('Clip range', 0.2, [0, 10], 'Of the probability ratio.', '0.2'),
  'ppo.cliprange_value': real('Value clip range', 0.2, [0, 1000], 'Of the value estimate.'),
  'ppo.vf_coef': real('Value coefficient', 0.1, [0, 100], 'Weight of the value loss.'),
  'ppo.gamma': real('Discount', 1, [0, 1], 'Of later rewards.', '1'),
  'ppo.lam': real('GAE λ', 0.95, [0, 1], 'Generalised advantage estimation.'),
  'ppo.temperature': real(
    'Temperature',
    1,
    [0.05, 10],
    'In sampling, reference and update alike.',
    '1',
  ),
  'ppo.response_length': whole('Response limit', [32, 64, 64], [1, 2048], 'Tokens.', '1,000'),
  'ppo.missing_eos_penalty': real(
    'Score without an end',
    -1,
    [-1000, 1000],
    'Replaces the score of a response cut at the limit.',
  ),
  'ppo.score_clip': real('Score clip', 0, [0, 1000], 'Scores are clipped to ± this; 0 is off.'),
  'ppo.ema': real('EMA decay', 0.992, [0, 1], 'Of the policy weights that are evaluated.', '0.992'),
  'ppo.guard_kl_max': real('Stop above KL', 60, [0, 1e6], 'Nats a sequence; 0 is off.'),
  'ppo.guard_kl_min': real('Stop below KL', -1, [-1e6, 0], 'Nats a sequence; 0 is off.'),
  'ppo.guard_entropy': real('Stop below entropy', 0.01, [0, 100], 'Nats a token; 0 is off.'),
  'ppo.guard_nonfinite': toggle(
    'Stop on non-finite',
    true,
    'Stop when a loss or gradient is not finite.',
  ),

  'evaluate.prompts': whole(
    'Test prompts',
    400,
    [1, 400],
    'Prompts of the test split that are used.',
  ),
  'evaluate.skills': whole(
    'Skill items',
    400,
    [4, 4000],
    'Items of the skill tests that are used.',
  ),
} as const satisfies Record<string, Field>;

export type FieldKey = keyof typeof FIELDS;
export type FieldValue<K extends FieldKey> = (typeof FIELDS)[K] extends SwitchField
  ? boolean
  : number;

/** The settings of an experiment by their dotted keys. */
export type Settings = { [K in FieldKey]: FieldValue<K> };

export const FIELD_KEYS = Object.keys(FIELDS) as FieldKey[];
