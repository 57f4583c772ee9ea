/** What a copy of an experiment keeps: exactly what its changed settings leave right. */
import { describe, expect, it } from 'vitest';
import { defaultConfig, type ExperimentConfig } from '../../src/config/experiment';
import { FIELD_KEYS, FIELDS, type Field, type FieldKey } from '../../src/config/fields';
import {
  type Choice,
  changesBetween,
  type Holdings,
  inherits,
  OUTPUTS,
  stagesOf,
} from '../../src/lab/inheritance';

const config = defaultConfig('nano', 7);
const everything: Choice = { outputs: true, demonstrations: true, rankings: true };
const whole: Holdings = { config, outputs: OUTPUTS, edited: true, ranked: 12 };

const changed = (
  changes: Partial<Record<FieldKey, number | boolean>>,
  rest: Partial<ExperimentConfig> = {},
): ExperimentConfig => ({
  ...config,
  ...rest,
  settings: { ...config.settings, ...changes } as ExperimentConfig['settings'],
});
const kept = (to: ExperimentConfig, choice = everything, from = whole) =>
  [...inherits(from, to, choice).outputs].join(' ');

describe('a copy keeps', () => {
  it('everything when nothing is changed', () => {
    expect(inherits(whole, config, everything)).toEqual({
      outputs: new Set(OUTPUTS),
      items: true,
      demonstrations: true,
      rankings: true,
    });
  });

  const cases: [string, ExperimentConfig, string][] = [
    [
      'a setting of the comparison',
      changed({ 'evaluate.prompts': 9 }),
      'base sft sft_for_rl rankings reward ppo',
    ],
    ['a setting of PPO', changed({ 'ppo.kl_coef': 0.02 }), 'base sft sft_for_rl rankings reward'],
    ['the prompts of PPO', changed({ 'data.prompts': 90 }), 'base sft sft_for_rl rankings reward'],
    [
      'how the reward model is trained',
      changed({ 'reward.lr': 1e-4 }),
      'base sft sft_for_rl rankings',
    ],
    [
      'who chooses among the epochs of SFT',
      changed({ 'sft.choose_by_reward': true }),
      'base sft sft_for_rl rankings',
    ],
    ['what is ranked', changed({ 'reward.k_max': 5 }), 'base sft sft_for_rl'],
    ['the limit of every response', changed({ 'ppo.response_length': 16 }), 'base sft sft_for_rl'],
    ['where PPO starts', changed({ 'sft_for_rl.mix': 0.1 }), 'base sft rankings'],
    ['SFT', changed({ 'sft.lr': 1e-4 }), 'base sft_for_rl'],
    ['the demonstrations', changed({ 'data.demonstrations': 90 }), 'base'],
    ['the base model', changed({ 'base.lr': 1e-3 }), ''],
    ['the size of the model', changed({ 'model.n_layer': 3 }), ''],
    ['the seed', changed({}, { seed: 8 }), ''],
    ['the size of the world', changed({}, { preset: 'micro' }), ''],
  ];
  for (const [what, to, outputs] of cases) {
    it(`what does not depend on ${what}`, () => expect(kept(to)).toBe(outputs));
  }

  it('nothing of what a change of any single setting has a part in, and all before it', () => {
    for (const key of FIELD_KEYS) {
      const field: Field = FIELDS[key];
      const now = config.settings[key];
      const value = field.kind === 'switch' ? !now : now === field.max ? field.min : field.max;
      const { outputs } = inherits(whole, changed({ [key]: value }), everything);
      expect(outputs.size, key).toBeLessThan(OUTPUTS.length);
      // Stages are kept from the first one on, without a gap.
      const stages = stagesOf(outputs);
      expect(['base', 'sft', 'reward', 'ppo', 'evaluate'].slice(0, stages.length)).toEqual(stages);
    }
  });

  it('the models when the seed of the town is only written out', () => {
    expect(kept(changed({ 'data.world_seed': 7 }))).toBe(OUTPUTS.join(' '));
    expect(kept(changed({ 'data.world_seed': 8 }))).toBe('');
  });

  it('only what is finished', () => {
    const half: Holdings = { ...whole, outputs: ['base', 'sft'] };
    expect(kept(config, everything, half)).toBe('base sft');
    expect(stagesOf(inherits(half, config, everything).outputs)).toEqual(['base']);
  });
});

describe('what people made', () => {
  it('goes along wherever the town is the same, whatever is trained again', () => {
    const { outputs, demonstrations, rankings } = inherits(
      whole,
      changed({ 'base.lr': 1e-3 }),
      everything,
    );
    expect([outputs.size, demonstrations, rankings]).toEqual([0, true, true]);
    const samePlace = changed({ 'data.world_seed': 7 }, { seed: 9 });
    expect(inherits(whole, samePlace, everything)).toMatchObject({ rankings: true });
  });

  it('stays behind where the town is another one', () => {
    expect(inherits(whole, changed({}, { seed: 9 }), everything)).toMatchObject({
      demonstrations: false,
      rankings: false,
    });
  });

  it('takes the models that learned from it with it when it is left behind', () => {
    expect(kept(config, { ...everything, rankings: false })).toBe('base sft sft_for_rl rankings');
    expect(kept(config, { ...everything, demonstrations: false })).toBe('base');
    const untouched = { ...whole, edited: false, ranked: 0 };
    const without = { outputs: true, demonstrations: false, rankings: false };
    expect(kept(config, without, untouched)).toBe(OUTPUTS.join(' '));
  });

  it('is taken along without any model, too', () => {
    const { outputs, rankings } = inherits(whole, config, { ...everything, outputs: false });
    expect([outputs.size, rankings]).toEqual([0, true]);
  });
});

it('the changes between two configurations name preset, seed and settings', () => {
  expect(changesBetween(config, config)).toEqual([]);
  expect(changesBetween(config, changed({ 'ppo.kl_coef': 0.02 }, { seed: 8 }))).toEqual([
    { key: 'seed', from: 7, to: 8 },
    { key: 'ppo.kl_coef', from: 0.1, to: 0.02 },
  ]);
});
