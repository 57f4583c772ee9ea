/** Experiments told apart: what a copy keeps in words, settings and results side by side, lineage. */
import { describe, expect, test } from 'vitest';
import { defaultConfig, type ExperimentConfig } from '../../src/config/experiment';
import { FIELD_KEYS, type Settings } from '../../src/config/fields';
import { STAGES } from '../../src/config/stages';
import type { ExperimentAccount } from '../../src/lab/api';
import { type Holdings, inherits, OUTPUTS } from '../../src/lab/inheritance';
import { resultRows, settingRows, settingText } from '../../src/ui/experiments/comparison';
import { keptSentence } from '../../src/ui/experiments/keeping';
import { familyOf, lineageOf, placed } from '../../src/ui/experiments/lineage';
import { linkHash, readLink } from '../../src/ui/state/link';
import { copyWith } from '../support/fakeCopies';
import { FakeLab } from '../support/fakeLab';

const config = defaultConfig('nano', 7);
const whole: Holdings = { config, outputs: OUTPUTS, edited: true, ranked: 1 };
const everything = { outputs: true, demonstrations: true, rankings: true };
const changed = (changes: Partial<Settings>, seed = 7): ExperimentConfig => ({
  ...config,
  seed,
  settings: { ...config.settings, ...changes },
});
const sentence = (to: ExperimentConfig, choice = everything, from = whole) =>
  keptSentence(from, inherits(from, to, choice));

describe('one line says what a copy keeps', () => {
  test('with another β: all up to the reward model', () => {
    expect(sentence(changed({ 'ppo.kl_coef': 0.02 }))).toBe(
      'Kept: the base model, SFT, SFT for RL, the reward model, the edited demonstrations and 1 ranking by people; made again: PPO and the comparison.',
    );
  });

  test('with another seed: nothing but the settings', () => {
    expect(sentence(changed({}, 8))).toBe(
      'Kept: the settings alone; made again: the base model, SFT, SFT for RL, the reward model, PPO and the comparison; left behind: the edited demonstrations and 1 ranking by people.',
    );
  });

  test('of an experiment that has only just begun', () => {
    const begun = { config, outputs: [], edited: false, ranked: 0 };
    expect(sentence(config, everything, begun)).toBe('Kept: the settings alone.');
  });

  test('with another learning rate of the reward model: the rankings stay', () => {
    expect(sentence(changed({ 'reward.lr': 1e-4 }))).toContain(
      'SFT for RL, the simulated labelers’ rankings,',
    );
  });
});

/** An experiment, a copy with another β, a copy of that with another reward model. */
async function threeGenerations() {
  const lab = new FakeLab({ done: STAGES });
  const second = await copyWith(lab, 'id-1', 'ppo.kl_coef', 0.02, 'second');
  const third = await copyWith(lab, second, 'reward.lr', 0.0005, 'third');
  const accounts = await Promise.all(['id-1', second, third].map((id) => lab.account(id)));
  return { lab, accounts, ids: ['id-1', second, third] };
}

describe('side by side', () => {
  test('settings that differ come first, each with the preset’s and the paper’s value', async () => {
    const { accounts } = await threeGenerations();
    const rows = settingRows(accounts);
    expect(rows).toHaveLength(FIELD_KEYS.length + 2);
    expect(rows.filter(({ differs }) => differs)).toEqual(rows.slice(0, 2));
    expect(rows.find(({ key }) => key === 'ppo.kl_coef')).toEqual({
      key: 'ppo.kl_coef',
      name: 'PPO: KL coefficient β',
      values: ['0.1', '0.02', '0.02'],
      differs: true,
      preset: '0.1',
      paper: '0.02',
    });
  });

  test('experiments of two sizes show the default of each', () => {
    const account = (preset: 'nano' | 'micro') =>
      ({ config: defaultConfig(preset, 0) }) as ExperimentAccount;
    const row = settingRows([account('nano'), account('micro')]).find(
      ({ key }) => key === 'model.n_layer',
    );
    expect(row).toMatchObject({ values: ['2', '4'], preset: 'nano 2, micro 4', paper: '96' });
  });

  test('results have units, an interval, and a dash where a stage has not run', async () => {
    const { accounts } = await threeGenerations();
    const begun = new FakeLab({ done: ['base'] });
    const rows = resultRows([accounts[0]!, await begun.account('id-1')]);
    const of = (name: string) => rows.find((row) => row.name.startsWith(name))!;
    expect(of('Base, validation loss')).toMatchObject({ unit: 'nats a token' });
    expect(of('Policy’s wins').values[0]).toMatch(/^[\d.]+ % \([\d.]+ % to [\d.]+ %\)$/);
    expect(of('Policy’s wins').values[1]).toBe('–');
    for (const row of rows) expect(row.values).toHaveLength(2);
  });

  test('a setting is read as a person writes it', () => {
    const texts = [true, false, 0, 12_000, 9.65e-6, -1, 0.1, 'nano'].map(settingText);
    expect(texts).toEqual(['on', 'off', '0', '12,000', '0.00000965', '−1', '0.1', 'nano']);
  });
});

describe('the lineage', () => {
  const tree = (accounts: readonly ExperimentAccount[]) =>
    placed(lineageOf(accounts)).map(
      ({ node, parent }) => `${parent ? `${parent.node.key} > ` : ''}${node.key}`,
    );

  test('of one experiment leads from the base model to the policy and the value model', async () => {
    const { accounts } = await threeGenerations();
    expect(tree(accounts.slice(0, 1))).toEqual([
      'id-1/base',
      'id-1/base > id-1/sft',
      'id-1/sft > id-1/reward',
      'id-1/reward > id-1/value',
      'id-1/base > id-1/sft_for_rl',
      'id-1/sft_for_rl > id-1/policy',
      'id-1/sft_for_rl > id-1/policy_raw',
    ]);
  });

  test('joins copies where they left, and shows no shared model twice', async () => {
    const { accounts } = await threeGenerations();
    const all = tree(accounts);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain('id-1/sft_for_rl > id-2/policy');
    expect(all).toContain('id-1/reward > id-2/value');
    expect(all).toContain('id-1/sft > id-3/reward');
    expect(all).toContain('id-3/reward > id-3/value');
    expect(all.filter((line) => line.endsWith('/base'))).toEqual(['id-1/base']);
  });

  test('no two models stand in one place, and each stands right of what it came of', async () => {
    const { accounts } = await threeGenerations();
    const nodes = placed(lineageOf(accounts));
    expect(new Set(nodes.map(({ column, row }) => `${column} ${row}`)).size).toBe(nodes.length);
    for (const { column, parent } of nodes) expect(column).toBeGreaterThan(parent?.column ?? -1);
  });

  test('of a copy whose parent is gone begins with its own models, and says whose they were', async () => {
    const { accounts } = await threeGenerations();
    const roots = lineageOf([accounts[1]!]);
    expect(roots.map(({ key, origin }) => [key, origin])).toEqual([
      ['id-2/base', 'trained in “nano 7”'],
    ]);
  });

  test('does not take a model for the parent’s that the parent has trained again since', async () => {
    const { accounts } = await threeGenerations();
    const [first, second] = accounts as [ExperimentAccount, ExperimentAccount];
    const again = { ...first, made: { ...first.made, reward: 1.8e12 } };
    const all = tree([again, second]);
    expect(all).toContain('id-1/sft > id-2/reward');
    expect(all).toContain('id-1/sft > id-1/reward');
  });

  test('has the checkpoint of a training that stands half-way', async () => {
    const lab = new FakeLab({ done: ['base', 'sft', 'reward'], paused: 'ppo' });
    expect(tree([await lab.account('id-1')])).toContain('id-1/sft_for_rl > id-1/checkpoint');
  });

  test('is that of a family: parents and copies, and no stranger', async () => {
    const { lab, ids } = await threeGenerations();
    await lab.create(defaultConfig('nano', 1), 'stranger');
    const all = await lab.experiments();
    for (const id of ids) {
      expect(familyOf(id, all).map((one) => one.id)).toEqual(ids);
    }
    // A parent that came back as a file has another id, and remembers the one it had.
    const carried = all.map((one) =>
      one.id === 'id-1' ? { ...one, id: 'new', origin: 'id-1' } : one,
    );
    expect(familyOf('id-2', carried).map((one) => one.id)).toEqual(['new', ...ids.slice(1)]);
    expect(familyOf('nobody', all)).toEqual([]);
  });
});

test('the link of a copy brings its changed settings back, and nothing of its notes', async () => {
  const { lab, ids } = await threeGenerations();
  await lab.setNotes(ids[2]!, 'between us & nobody');
  const { config: copy } = await lab.account(ids[2]!);
  const hash = linkHash({ room: 'compare', config: copy, lesson: null });
  expect(hash).toBe('#/compare?preset=nano&seed=7&reward.lr=0.0005&ppo.kl_coef=0.02');
  expect(readLink(hash).config).toEqual(copy);
});
