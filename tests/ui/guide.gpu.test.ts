/** What leads a newcomer: the tour, the lessons, and a teacher's link. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/experiment';
import { openGuide } from '../../src/ui/state/guide';
import { linkHash } from '../../src/ui/state/link';
import { TOUR } from '../../src/ui/tour/Tour';
import { button, callsOf, eventually, openRoom, page, text } from './support';

describe('the tour', () => {
  test('has six steps, each pointing at a part of the page that is there', async () => {
    await openRoom('compare', { done: ['base', 'sft'] });
    openGuide({ kind: 'tour', at: 0 });
    expect(TOUR).toHaveLength(6);
    for (const [at, step] of TOUR.entries()) {
      await eventually(text).toContain(`Tour, ${at + 1} of 6`);
      expect(text()).toContain(step.title);
      expect(location.hash).toBe(`#/${step.room}`);
      await eventually(() => page().querySelectorAll('[data-tour-on]').length).toBe(1);
      button(at === 5 ? 'Done' : 'Go on').click();
    }
    await eventually(() => page().querySelector('[data-guide]')).toBeNull();
    expect(page().querySelector('[data-tour-on]')).toBeNull();
    expect(localStorage.getItem('pocket-rlhf.tour')).toBe('seen');
  });

  test('can be skipped, and found again under Learn', async () => {
    await openRoom('base', { done: [] });
    openGuide({ kind: 'tour', at: 2 });
    button('Skip the tour').click();
    await eventually(() => page().querySelector('[data-guide]')).toBeNull();
    button('Learn').click();
    button('Take the tour').click();
    await eventually(text).toContain('Tour, 1 of 6');
  });
});

describe('a lesson', () => {
  test('opens from the list with its room, its experiment and its pages', async () => {
    const lab = await openRoom('base', { done: null });
    button('Learn').click();
    await eventually(() => page().querySelectorAll('a[href*="lesson="]').length).toBe(5);
    page().querySelector<HTMLElement>('a[href*="lesson=4"]')!.click();
    await eventually(text).toContain('Lesson 4. More reward, worse answers, 1 of');
    await eventually(text).toContain('with 2 settings changed:');
    expect(text()).toContain('KL coefficient β: 0.01');
    // The address is taken up, so that a reload does not ask again.
    expect(location.hash).toBe('#/reinforce');
    button('Make this experiment').click();
    await eventually(() => callsOf(lab, 'create')[0]?.args[0]).toMatchObject({
      preset: 'nano',
      seed: 0,
      settings: { 'ppo.kl_coef': 0.01, 'ppo.ptx_coef': 0 },
    });
    button('Go on').click();
    await eventually(text).toContain('Read the settings');
  });
});

describe('a link', () => {
  const config = defaultConfig('nano', 7);

  test('to what is open already asks nothing', async () => {
    await openRoom('base', { done: ['base'] });
    location.hash = linkHash({ room: 'reward', config, lesson: null });
    await eventually(() => location.hash).toBe('#/reward');
    await eventually(() => page().querySelector('main h1')?.textContent).toBe('Reward');
    expect(text()).not.toContain('This link brings an experiment');
  });

  test('can be declined', async () => {
    const lab = await openRoom('base', { done: ['base'] });
    location.hash = linkHash({ room: 'base', config: { ...config, seed: 8 }, lesson: null });
    await eventually(text).toContain('nano, seed 8, with the defaults of its size.');
    button('Stay with what is open').click();
    await eventually(text).not.toContain('This link brings');
    expect(callsOf(lab, 'create')).toEqual([]);
  });

  test('that cannot be read says so in one sentence and changes nothing', async () => {
    const lab = await openRoom('base', { done: ['base'] });
    location.hash = '#/reinforce?preset=nano&ppo.kl_coef=lots';
    await eventually(text).toMatch(
      /This link cannot be used: ppo\.kl_coef must be a number from 0 to 100, not 'lots'\./,
    );
    expect(callsOf(lab, 'create')).toEqual([]);
  });

  test('is copied with room and configuration, and shown where the clipboard refuses', async () => {
    await openRoom('reinforce', { done: ['base'] });
    button('Experiment').click();
    button('Copy link').click();
    await eventually(text).toMatch(/The link is copied|#\/reinforce\?preset=nano&seed=7/);
  });
});
