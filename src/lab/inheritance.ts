/**
 * What of an experiment is still right for another configuration. The rule: something is kept
 * where training it again with the new settings would make the same bits; whatever came of
 * something that is not kept goes too.
 */
import { worldSeed } from '../config/bundled';
import type { ExperimentConfig } from '../config/experiment';
import { FIELD_KEYS, type FieldKey } from '../config/fields';
import { type ModelName, STAGES, type Stage } from '../config/stages';

/** What an experiment makes, in order; `rankings` are the simulated labelers', with their items. */
export const OUTPUTS = [
  'base',
  'sft',
  'sft_for_rl',
  'rankings',
  'reward',
  'ppo',
  'evaluate',
] as const;
export type Output = (typeof OUTPUTS)[number];

/** What each is made of; a stage counts as done only after the one before it. */
const MADE_OF: Readonly<Record<Output, readonly Output[]>> = {
  base: [],
  sft: ['base'],
  sft_for_rl: ['base'],
  rankings: ['base', 'sft'],
  reward: ['rankings', 'sft_for_rl'],
  ppo: ['reward'],
  evaluate: ['ppo'],
};

/** The outputs that make up each stage. */
export const OUTPUTS_OF: Readonly<Record<Stage, readonly Output[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['rankings', 'reward'],
  ppo: ['ppo'],
  evaluate: ['evaluate'],
};

/** Models of each output. */
export const MODELS_OF_OUTPUT: Readonly<Record<Output, readonly ModelName[]>> = {
  base: ['base'],
  sft: ['sft'],
  sft_for_rl: ['sft_for_rl'],
  rankings: [],
  reward: ['reward'],
  ppo: ['policy', 'policy_raw', 'value'],
  evaluate: [],
};

/** Settings that reach further back, or less far, than their section says. */
const REACH: Partial<Record<FieldKey, readonly Output[]>> = {
  'sft.choose_by_reward': ['reward'],
  'reward.k_min': ['rankings'],
  'reward.k_max': ['rankings'],
  'reward.base_share': ['rankings'],
  'data.demonstrations': ['sft', 'sft_for_rl'],
  'data.ranked_prompts': ['rankings'],
  'data.prompts': ['ppo'],
  // The limit holds for the completions that are ranked, too.
  'ppo.response_length': ['rankings'],
};

/** The first outputs that a setting has a part in. */
function reachOf(key: FieldKey): readonly Output[] {
  const section = key.split('.')[0]!;
  return REACH[key] ?? [OUTPUTS.find((output) => output === section) ?? 'base'];
}

/** Whether two configurations live in one town: the same facts, prompts and splits. */
export const sameTown = (a: ExperimentConfig, b: ExperimentConfig): boolean =>
  a.preset === b.preset && worldSeed(a) === worldSeed(b);

/** What a person chooses to take along. */
export interface Choice {
  /** Models, metrics, rankings of simulated labelers and figures of finished stages. */
  readonly outputs: boolean;
  /** A person's edition of the demonstrations. */
  readonly demonstrations: boolean;
  /** People's rankings, their own and imported ones, and their duels. */
  readonly rankings: boolean;
}

/** What there is to keep. */
export interface Holdings {
  readonly config: ExperimentConfig;
  /** What is finished. */
  readonly outputs: readonly Output[];
  /** Whether a person has changed the demonstrations. */
  readonly edited: boolean;
  /** Rankings by people. */
  readonly ranked: number;
}

export interface Inheritance {
  readonly outputs: ReadonlySet<Output>;
  /** Whether people get the very items that they would have got in the original. */
  readonly items: boolean;
  readonly demonstrations: boolean;
  readonly rankings: boolean;
}

/** What a copy with another configuration takes along. */
export function inherits(from: Holdings, to: ExperimentConfig, choice: Choice): Inheritance {
  const town = sameTown(from.config, to);
  const demonstrations = choice.demonstrations && town && from.edited;
  const rankings = choice.rankings && town && from.ranked > 0;
  const gone = new Set<Output>();
  if (!town || from.config.seed !== to.seed || !choice.outputs) gone.add('base');
  for (const key of FIELD_KEYS) {
    // The seed of the town was compared as it takes effect.
    if (key === 'data.world_seed' || from.config.settings[key] === to.settings[key]) continue;
    for (const output of reachOf(key)) gone.add(output);
  }
  if (from.edited && !demonstrations) for (const output of OUTPUTS_OF.sft) gone.add(output);
  if (from.ranked > 0 && !rankings) gone.add('reward');
  const outputs = new Set<Output>();
  for (const output of OUTPUTS) {
    const whole = MADE_OF[output].every((before) => outputs.has(before));
    if (whole && !gone.has(output) && from.outputs.includes(output)) outputs.add(output);
  }
  const items = outputs.has('sft') && !gone.has('rankings');
  return { outputs, items, demonstrations, rankings };
}

/** Stages of which everything is kept. */
export const stagesOf = (outputs: ReadonlySet<Output>): Stage[] =>
  STAGES.filter((stage) => OUTPUTS_OF[stage].every((output) => outputs.has(output)));

/** One setting, or the preset or the seed, that a copy has otherwise. */
export interface Change {
  readonly key: FieldKey | 'preset' | 'seed';
  readonly from: number | boolean | string;
  readonly to: number | boolean | string;
}

export function changesBetween(from: ExperimentConfig, to: ExperimentConfig): Change[] {
  const head = (['preset', 'seed'] as const)
    .filter((key) => from[key] !== to[key])
    .map((key) => ({ key, from: from[key], to: to[key] }));
  const settings = FIELD_KEYS.filter((key) => from.settings[key] !== to.settings[key]);
  return [
    ...head,
    ...settings.map((key) => ({ key, from: from.settings[key], to: to.settings[key] })),
  ];
}
