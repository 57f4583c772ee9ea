/** A copy of an experiment, part by part: what goes along, what does not, and what it says of it. */
import { describe, expect, it } from 'vitest';
import type { ExperimentConfig } from '../../src/config/experiment';
import type { Settings } from '../../src/config/fields';
import { copyOf } from '../../src/lab/duplicate';
import { Experiment } from '../../src/lab/experiment';
import type { Choice } from '../../src/lab/inheritance';
import { newRecord } from '../../src/lab/new_record';
import { oldStore } from '../support/oldStore';

const everything: Choice = { outputs: true, demonstrations: true, rankings: true };

/** An experiment whose stages up to the reward model are done, with a person's ranking. */
async function original() {
  const { store, id } = await oldStore();
  const experiment = await Experiment.load(store, id);
  const { record, parts } = experiment;
  record.stages.reward = 'done';
  record.report.reward = {
    train_accuracy: 0.8,
    val_accuracy: 0.7,
    heldout_labeler_accuracy: 0.6,
    label_agreement: 0.75,
  };
  experiment.setModel('reward', new Float32Array([1, 2]));
  parts.sftTrunk = new Float32Array([3, 4]);
  parts.demonstrations = [{ prompt: 'Q: Who?\nA:', completion: ' The owl.' }];
  parts.traces = ['base/update-0001'];
  return experiment;
}

function copied(
  { record, parts, models }: Experiment,
  changes: Partial<Settings> = {},
  choice = everything,
) {
  const { config } = record;
  const to = { ...config, settings: { ...config.settings, ...changes } } as ExperimentConfig;
  const status = { ok: false, problem: 'no-webgpu', message: '' } as const;
  return copyOf({ record, parts, models }, newRecord(to, 'a copy', status), choice);
}

describe('a copy with another β', () => {
  it('has the stages up to the reward model with their models, figures and curves', async () => {
    const from = await original();
    const { record, parts, models } = copied(from, { 'ppo.kl_coef': 0.3 });
    expect(record.stages).toMatchObject({ base: 'done', sft: 'done', reward: 'done' });
    expect(record.stages.ppo).not.toBe('done');
    expect([...models.keys()]).toEqual(['base', 'sft', 'sft_for_rl', 'reward']);
    expect(models.get('reward')).toBe(from.models.get('reward'));
    expect(record.report.base).toEqual(from.record.report.base);
    expect(record.report.reward).toEqual(from.record.report.reward);
    expect(record.report.adapter).toEqual(from.record.report.adapter);
    const { base, sft, reward } = from.record.report.seconds;
    expect(record.report.seconds.total).toBeCloseTo(base! + sft! + reward!);
    expect(parts.metrics).toEqual(from.parts.metrics);
    expect(parts.rankings).toEqual(from.parts.rankings);
    expect(parts.tasks).toEqual(from.parts.tasks);
    expect(parts.personal).toEqual(from.parts.personal);
    expect(parts.demonstrations).toEqual(from.parts.demonstrations);
  });

  it('says what it came from, what is changed, and which models are the original’s', async () => {
    const from = await original();
    const { record, parts } = copied(from, { 'ppo.kl_coef': 0.3 });
    expect(record.id).not.toBe(from.id);
    expect(record.parent).toEqual({
      id: from.id,
      name: from.record.name,
      changes: [{ key: 'ppo.kl_coef', from: 0.1, to: 0.3 }],
      models: ['base', 'sft', 'sft_for_rl', 'reward'],
    });
    expect(record.made).toEqual({ reward: from.record.made.reward });
    expect(record.notes).toBe('');
    expect(parts.log.map(({ message }) => message)).toEqual([
      'Copied from “nano, seed 7” with base, sft, reward, seed 7.',
    ]);
  });

  it('leaves traces, the checkpoint and the log behind', async () => {
    const { parts } = copied(await original());
    expect(parts.traces).toEqual([]);
    expect(parts.log).toHaveLength(1);
  });
});

describe('people’s rankings', () => {
  it('of items that the copy will not show count like those from a file', async () => {
    const from = await original();
    const { parts, record } = copied(from, { 'sft.lr': 1e-4 });
    expect(record.stages).toMatchObject({ base: 'done', sft: 'missing', reward: 'missing' });
    expect(parts.tasks).toEqual([]);
    expect(parts.personal).toEqual([]);
    const [mine] = from.parts.personal;
    expect(parts.imported).toHaveLength(1);
    expect(parts.imported[0]).toMatchObject({
      labeler: mine!.labeler,
      prompt: mine!.task.prompt,
      completions: mine!.task.completions,
    });
  });

  it('stay behind when that is chosen, and so does the reward model that learned from them', async () => {
    const { parts, models } = copied(await original(), {}, { ...everything, rankings: false });
    expect(parts.personal).toEqual([]);
    expect(models.has('reward')).toBe(false);
    expect(parts.rankings.heldout).toBeDefined();
  });
});

describe('SFT whose epoch the reward model has chosen', () => {
  it('is the chosen one where the reward model goes along', async () => {
    const from = await original();
    Object.assign(from.record.config.settings, { 'sft.choose_by_reward': true });
    const { models, record } = copied(from, { 'ppo.kl_coef': 0.3 });
    expect(models.get('sft')).toBe(from.models.get('sft'));
    expect(record.parent!.models).toContain('sft');
  });

  it('is the one with the lowest loss where it is to be chosen anew', async () => {
    const from = await original();
    Object.assign(from.record.config.settings, { 'sft.choose_by_reward': true });
    const { models, record } = copied(from, { 'reward.lr': 1e-4 });
    expect(models.get('sft')).toBe(from.parts.sftTrunk);
    expect(record.parent!.models).toEqual(['base', 'sft_for_rl']);
    const losses = from.parts.metrics.sft!.flatMap(({ val_loss: loss }) => loss ?? []);
    expect(record.report.sft).toEqual({ val_loss: Math.min(...losses) });
  });
});

describe('models of a copy', () => {
  it('are its own once they are trained again', async () => {
    const { store } = await oldStore();
    const { record, ...contents } = copied(await original(), { 'ppo.kl_coef': 0.3 });
    const copy = await Experiment.create(store, record, contents);
    expect(copy.record.parent!.models).toContain('reward');
    await copy.reset('reward');
    expect(copy.record.parent!.models).toEqual(['base', 'sft', 'sft_for_rl']);
    copy.setModel('sft', new Float32Array(2));
    await copy.save();
    const again = await Experiment.load(store, copy.id);
    expect(again.record.parent!.models).toEqual(['base', 'sft_for_rl']);
    expect(again.record.made.sft).toBeGreaterThan(1e12);
  });
});
