/** Studies of a small run: kept when paused, gone on with, alone on the GPU, gone with their stage. */
import { beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../../src/config/stages';
import type { BestOfNRequest, LabEvent } from '../../src/lab/api';
import { smallConfig, testLab } from '../support/lab';

const REQUEST: BestOfNRequest = { study: 'best_of_n', samples: 32, prompts: 12, few: true };

describe('studies', () => {
  const { lab: first, store, events } = testLab();
  let lab = first;
  const studies = async () => (await lab.snapshot())!.studies;
  const told = (type: LabEvent['type']) => events.filter((event) => event.type === type);

  beforeAll(async () => {
    await lab.create(smallConfig(7));
    await expect(lab.study(REQUEST)).rejects.toThrow(/run the stage 'sft' first/);
    await lab.run(['base', 'sft', 'reward']);
  }, 240_000);

  it('keep what is done when they are paused, and end in the same numbers', async () => {
    events.length = 0;
    const running = lab.study(REQUEST);
    await expect(lab.run(['ppo'])).rejects.toThrow('A study is running; pause it before you');
    const done = () =>
      events.some((event) => event.type === 'studies' && event.results.bestOfN!.done > 0);
    await expect.poll(done, { timeout: 60_000 }).toBe(true);
    await lab.pause();
    await running;
    const half = (await studies()).bestOfN!;
    expect(half.done).toBeGreaterThan(0);
    expect(half.done).toBeLessThan(12);
    expect(told('study').at(-1)).toEqual({ type: 'study', progress: null });

    // As after a reload: the rest is sampled by another lab over the same store.
    ({ lab } = testLab(store));
    await lab.open();
    await lab.select((await lab.experiments())[0]!.id);
    expect((await studies()).bestOfN).toEqual(half);
    await lab.study(REQUEST);
    const whole = (await studies()).bestOfN!;
    expect(whole.done).toBe(12);
    // Asked for otherwise it begins anew, and asked for as before it ends in the same numbers.
    await lab.study({ ...REQUEST, samples: 8, few: false });
    expect((await studies()).bestOfN!.curves).toHaveLength(1);
    await lab.study(REQUEST);
    expect((await studies()).bestOfN).toEqual(whole);
  }, 240_000);

  it('give a curve for each reward model, whose learned reward rises with n', async () => {
    const { curves } = (await studies()).bestOfN!;
    expect(curves.map(({ labels }) => labels)).toEqual([16, 2]);
    for (const { points, fits } of curves) {
      expect(points.map(({ n }) => n)).toEqual([1, 2, 4, 8, 16, 32]);
      const gains = points.map(({ learned }) => learned.mean);
      expect(gains).toEqual([...gains].sort((a, b) => a - b));
      expect(gains.at(-1)).toBeGreaterThan(0);
      expect(fits.learned!.alpha).toBeGreaterThan(0);
      for (const { truth } of points) expect(Math.abs(truth.mean)).toBeLessThan(1);
    }
    // Two reward models that order answers alike would give the same true rewards.
    expect(curves[0]!.points.at(-1)!.truth).not.toEqual(curves[1]!.points.at(-1)!.truth);
  });

  it('measure the reward model against the number of labels', async () => {
    await lab.study({ study: 'label_curve' });
    const { points, whole, agreement } = (await studies()).labelCurve!;
    expect(whole).toBe(true);
    expect(points.map(({ prompts }) => prompts)).toEqual([2, 4, 8, 16]);
    const { reward } = (await lab.snapshot())!.report!;
    expect(points.at(-1)!.val.share).toBeCloseTo(reward!.val_accuracy, 10);
    expect(points.at(-1)!.heldout.share).toBeCloseTo(reward!.heldout_labeler_accuracy, 10);
    expect(agreement.val).toBeCloseTo(reward!.label_agreement, 10);
    expect(points[0]!.pairs).toBeLessThan(points[3]!.pairs);
  }, 240_000);

  it('leave the stages’ metrics and checkpoints alone', async () => {
    const { metrics, stages } = (await lab.snapshot())!;
    expect(stages.ppo).toBe('ready');
    const steps = metrics.reward!.map(({ step }) => step);
    expect(new Set(steps).size).toBe(steps.length);
  });

  it('refuse a number of samples that gives no curve', async () => {
    await expect(lab.study({ ...REQUEST, samples: 2 })).rejects.toThrow(
      'Best of n takes 4 to 1024 samples a prompt, not 2.',
    );
  });

  it('go with the reward model that they are about', async () => {
    await lab.reset('reward');
    expect(await studies()).toMatchObject({ bestOfN: null, labelCurve: null });
  });
});

describe('model sizes', () => {
  const { lab } = testLab();
  const NARROW = smallConfig(7);
  const request = (other: string) => ({ study: 'model_sizes', other, prompts: 12 }) as const;
  let [small, large] = ['', ''];

  beforeAll(async () => {
    ({ id: large } = await lab.create(smallConfig(7, { 'model.n_embd': 32 }), 'a wider one'));
    await lab.run(['base', 'sft']);
    ({ id: small } = await lab.create(NARROW));
    await lab.run(STAGES.slice(0, 4));
  }, 240_000);

  it('are held against SFT of the larger, and the small policy against the large base model', async () => {
    await lab.study(request(large));
    const sizes = (await lab.snapshot())!.studies.modelSizes!;
    expect(sizes).toMatchObject({ name: 'a wider one', reference: 'other', whole: true });
    expect(sizes.parameters.other).toBeGreaterThan(1.5 * sizes.parameters.this);
    expect(sizes.wins.map(({ whose, writer }) => `${whose} ${writer}`)).toEqual([
      'this base',
      'this sft',
      'this policy',
      'other base',
      'other sft',
    ]);
    for (const { win } of [...sizes.wins, { win: sizes.headline! }]) {
      expect(win.n).toBe(12);
      expect(win.mean).toBeGreaterThanOrEqual(win.ci95[0]);
      expect(win.mean).toBeLessThanOrEqual(win.ci95[1]);
    }
    // The same question again has the same answer: all of it follows from the seed.
    await lab.study(request(large));
    expect((await lab.snapshot())!.studies.modelSizes).toEqual(sizes);
  }, 120_000);

  it('are asked of one town only', async () => {
    const { id } = await lab.create(smallConfig(8));
    await expect(lab.study(request(small))).rejects.toThrow(/lives in another town/);
    await expect(lab.study(request('nowhere'))).rejects.toThrow('There is no experiment nowhere.');
    await lab.select(small);
    await expect(lab.study(request(id))).rejects.toThrow(/lives in another town/);
  }, 60_000);

  it('go with the policy that they are about', async () => {
    await lab.reset('ppo');
    expect((await lab.snapshot())!.studies.modelSizes).toBeNull();
  });
});
