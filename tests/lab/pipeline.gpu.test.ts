/** The whole pipeline through the lab's own interface, on a model small enough for a test. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS, STAGES } from '../../src/config/stages';
import type { Report } from '../../src/lab/api';
import { readSafetensors } from '../../src/text/formats/safetensors';
import { smallConfig, testLab } from '../support/lab';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('a run from random weights to the report', () => {
  const { lab, events } = testLab();
  let report: Report;

  beforeAll(async () => {
    // Batches in parts too, alike and not.
    const parts = { 'sft.accumulate': 3, 'reward.accumulate': 3, 'ppo.accumulate': 2 };
    await lab.create(smallConfig(7, { 'sft.choose_by_reward': true, ...parts }));
    await lab.run(STAGES, { trace: 1 });
    report = (await lab.snapshot())!.report!;
  }, 240_000);
  afterAll(async () => {
    await lab.pause();
  });

  it('finishes every stage and leaves every model', async () => {
    const snapshot = (await lab.snapshot())!;
    expect(Object.values(snapshot.stages)).toEqual(STAGES.map(() => 'done'));
    expect([...snapshot.models].sort()).toEqual([...MODELS].sort());
    expect(report.ok).toBe(true);
  });

  it('can give every file of the contract', async () => {
    const names = await lab.files();
    for (const name of [
      'experiment.json',
      'report.json',
      'metrics.jsonl',
      ...['train', 'val'].map((split) => `data/pretrain.${split}.txt`),
      'data/skills.test.jsonl',
      ...['train', 'val', 'test'].map((split) => `data/prompts.${split}.jsonl`),
      ...['train', 'val'].map((split) => `data/demonstrations.${split}.jsonl`),
      ...['train', 'val', 'heldout'].map((split) => `data/rankings.${split}.jsonl`),
      ...['train', 'val', 'heldout'].map((split) => `data/comparisons.${split}.jsonl`),
      'data/rollouts.jsonl',
      'data/evaluation.jsonl',
      ...MODELS.map((model) => `models/${model}/model.safetensors`),
      ...['base', 'sft', 'sft_for_rl', 'reward', 'ppo'].map(
        (stage) => `trace/${stage}/update-0001.safetensors`,
      ),
      'trace/ppo/rollout-0001.safetensors',
      'trace/ppo/rollout-0003.safetensors',
      'trace/ppo/update-0006.safetensors',
    ]) {
      expect(names).toContain(name);
      expect((await lab.file(name)).length).toBeGreaterThan(0);
    }
  });

  it('starts PPO at a KL of exactly 0 and a ratio of exactly 1', async () => {
    const { metrics } = (await lab.snapshot())!;
    expect(metrics.ppo![0]!['objective/kl']).toBe(0);
    const update = readSafetensors(await lab.file('trace/ppo/update-0001.safetensors'));
    expect(Number(update.metadata['approxkl'])).toBe(0);
    expect(Number(update.metadata['clipfrac'])).toBe(0);
  });

  it('logs every metric of PPO by its name', async () => {
    const names = Object.keys((await lab.snapshot())!.metrics.ppo![0]!);
    for (const name of [
      ...['kl', 'kl_coef', 'entropy', 'scores', 'non_score_reward', 'rlhf_reward'].map(
        (of) => `objective/${of}`,
      ),
      ...['approxkl_avg', 'clipfrac_avg', 'entropy_avg'].map((of) => `policy/${of}`),
      ...['policy_avg', 'value_avg', 'ptx_avg'].map((of) => `loss/${of}`),
      ...['clipfrac_avg', 'ratio', 'ratio_var', 'num_eos_tokens', 'var_explained'].map(
        (of) => `val/${of}`,
      ),
      ...['lr', 'episode', 'true_reward', 'response_length', 'tokens_per_second'],
    ]) {
      expect(names).toContain(name);
    }
  });

  it('gives the demonstrations a mean reward of 0 with the stored reward model', async () => {
    const demonstrations = text(await lab.file('data/demonstrations.train.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { prompt: string; completion: string });
    let sum = 0;
    for (const { prompt, completion } of demonstrations) {
      sum += (await lab.score(prompt, completion)).rewards.at(-1)!;
    }
    // A mean of f32 scores of order 1 and a folded shift rounded to f32.
    expect(Math.abs(sum / demonstrations.length)).toBeLessThan(1e-4);
  });

  it('keeps the epoch of SFT that the reward model scores highest, as the model that is exported', async () => {
    const message = events.find((e) => e.type === 'log' && e.message.startsWith("SFT's answers"));
    const { message: listed } = message as { message: string };
    const scores = [...listed.matchAll(/(\d+): (-?[\d.]+)/g)].map(([, , score]) => Number(score));
    expect(scores).toHaveLength(smallConfig().settings['sft.epochs']);
    const kept = Number(/kept (\d+)/.exec(listed)![1]);
    expect(scores[kept - 1]).toBe(Math.max(...scores));
    const { metrics } = (await lab.snapshot())!;
    const looks = metrics.sft!.flatMap(({ val_loss }) =>
      val_loss === undefined ? [] : [val_loss],
    );
    // The last look of each epoch; the exported model's loss is measured anew over the same texts.
    expect(report.sft!.val_loss).toBeCloseTo(looks[2 * kept - 1]!, 5);
  });

  it('sends metrics, samples and progress of every training', () => {
    const trainings = new Set(events.flatMap((e) => (e.type === 'metrics' ? [e.training] : [])));
    expect([...trainings].sort()).toEqual(['base', 'ppo', 'reward', 'sft', 'sft_for_rl']);
    expect(events.some((e) => e.type === 'samples' && e.samples.length === 4)).toBe(true);
    expect(events.some((e) => e.type === 'rollouts')).toBe(true);
    expect(events.some((e) => e.type === 'progress')).toBe(true);
  });

  it('notes the memory that was estimated and the most that was held', () => {
    const { estimated_bytes, peak_bytes } = report.memory;
    expect(peak_bytes).toBeGreaterThan(1e6);
    expect(estimated_bytes / peak_bytes).toBeGreaterThan(0.95);
    expect(estimated_bytes / peak_bytes).toBeLessThan(1.05);
  });
});
