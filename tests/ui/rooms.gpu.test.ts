/** Every room: what it says when it is empty, its one button, and what it shows when it is not. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { STAGES } from '../../src/config/stages';
import { ROOMS } from '../../src/ui/state/rooms';
import { button, callsOf, eventually, openRoom, page, text } from './support';

describe('without an experiment', () => {
  for (const room of ROOMS) {
    test(`${room} offers to start one`, async () => {
      const lab = await openRoom(room, { done: null });
      button('Start an experiment').click();
      await eventually(() => callsOf(lab, 'create')).toHaveLength(1);
      await eventually(text).toContain('nano');
    });
  }

  test('one button makes an experiment, takes the bundled base model and runs the rest', async () => {
    const lab = await openRoom('base', { done: null, tick: 1 });
    button('Run the whole pipeline').click();
    await eventually(() => callsOf(lab, 'run')[0]?.args[0]).toEqual(STAGES.slice(1));
    expect(callsOf(lab, 'importBase')[0]?.args[0]).toContain('bundle.json');
    await eventually(text).toContain('The whole pipeline has run.');
  });
});

describe('the base room', () => {
  test('takes the bundled model by one button where the town is its own', async () => {
    const lab = await openRoom('base', { done: [], seed: 0 });
    button('Take the bundled model').click();
    await eventually(text).toContain('The bundled base model is here');
    expect(callsOf(lab, 'importBase')[0]?.args[0]).toContain('model.safetensors');
    expect(text()).toContain('The base model is trained');
  });

  test('offers training alone in another town', async () => {
    await openRoom('base', { done: [], seed: 7 });
    expect(text()).toContain('Train the base model');
    expect(text()).not.toContain('Take the bundled model');
  });
});

describe('with stages missing', () => {
  test('a room names what it needs, and its button gets that', async () => {
    const lab = await openRoom('reward', { done: ['base'], tick: 5 });
    expect(text()).toContain('It needs SFT first, from Demonstrate.');
    button('Train SFT first').click();
    await eventually(() => callsOf(lab, 'run')[0]?.args[0]).toEqual(['sft']);
  });

  test('ranking asks for SFT instead of failing', async () => {
    const lab = await openRoom('rank', { done: ['base'] });
    expect(text()).toContain('train SFT first');
    expect(callsOf(lab, 'nextRanking')).toEqual([]);
  });
});

describe('a run', () => {
  test('can be watched from any room by one link, which its own room does not show', async () => {
    await openRoom('reward', { done: ['base'], tick: 40 });
    button('Train SFT first').click();
    await eventually(text).toContain('Watch it in Demonstrate');
    const words = () => page().querySelector('[aria-label="What runs"] progress')!.parentElement!;
    const height = words().getBoundingClientRect().height;
    page().querySelector<HTMLAnchorElement>('[aria-label="What runs"] a')!.click();
    await eventually(() => location.hash).toBe('#/demonstrate');
    await eventually(text).not.toContain('Watch it in');
    expect(words().getBoundingClientRect().height, 'nothing below jumps').toBe(height);
  });

  test('shows its progress in the bar and in the title, and can be paused, stepped and resumed', async () => {
    const lab = await openRoom('reinforce', { done: ['base', 'sft', 'reward'], tick: 40 });
    button('Run PPO').click();
    await eventually(text).toMatch(/\d+\.\d % · 2,140 tokens\/s/);
    expect(document.title).toMatch(/^\d+ % PPO · Pocket RLHF$/);
    button('Pause').click();
    await eventually(text).toContain('Paused: training ppo');
    button('One step').click();
    await eventually(() => callsOf(lab, 'step')).toHaveLength(1);
    button('Resume').click();
    await eventually(() => callsOf(lab, 'resume')).toHaveLength(1);
  });

  test('can be ended, which keeps what it has learned', async () => {
    const lab = await openRoom('reinforce', { done: ['base', 'sft', 'reward'], paused: 'ppo' });
    button('Stop here').click();
    await eventually(() => callsOf(lab, 'stop')).toHaveLength(1);
    await eventually(text).toContain('PPO has run');
    expect(callsOf(lab, 'reset')).toEqual([]);
  });

  test('is only thrown away after a question', async () => {
    const lab = await openRoom('reinforce', { done: ['base', 'sft', 'reward'], paused: 'ppo' });
    button('Throw away').click();
    await eventually(() => page().querySelector('dialog[open]')).not.toBeNull();
    button('Cancel').click();
    expect(callsOf(lab, 'reset')).toEqual([]);
    button('Throw away').click();
    await eventually(() => page().querySelector('dialog[open]')).not.toBeNull();
    button('Throw it away').click();
    await eventually(() => callsOf(lab, 'reset')[0]?.args[0]).toBe('ppo');
  });
});

describe('with everything trained', () => {
  const done = STAGES;

  test('a curve has a table of the same numbers', async () => {
    await openRoom('base', { done });
    button('Table').click();
    const table = page().querySelector('figure table')!;
    expect(table.textContent).toContain('Validation loss');
    expect(table.querySelectorAll('tbody tr').length).toBe(40);
  });

  test('a metric explains itself on focus, and Escape closes that', async () => {
    await openRoom('reinforce', { done });
    const name = button('KL from the reference');
    name.focus();
    const tip = document.getElementById(name.getAttribute('aria-describedby')!)!;
    expect(tip.matches(':popover-open')).toBe(true);
    expect(tip.textContent).toContain('log π');
    await userEvent.keyboard('{Escape}');
    expect(tip.matches(':popover-open')).toBe(false);
  });

  test('a control of PPO is set in the lab at once', async () => {
    const lab = await openRoom('reinforce', { done: ['base', 'sft', 'reward'], paused: 'ppo' });
    const input = page().querySelector<HTMLInputElement>('input[aria-label^="KL coefficient"]')!;
    input.value = '0.02';
    input.dispatchEvent(new Event('change', { bubbles: true }));
    await eventually(() => callsOf(lab, 'set')[0]?.args).toEqual(['ppo.kl_coef', 0.02]);
  });

  test('an answer is scored token by token', async () => {
    const lab = await openRoom('reward', { done });
    button('Score it').click();
    await eventually(text).toContain('<|endoftext|>');
    expect(callsOf(lab, 'score')[0]?.args[1]).toBe(' The owl is green.');
    expect(text()).toContain('one word longer than apt');
  });

  test('a duel is blind, and its judgement gives a win rate with an interval', async () => {
    const lab = await openRoom('compare', { done });
    button('Start a duel').click();
    await eventually(text).toContain('Answer 1');
    button('1 is better').click();
    await eventually(text).toMatch(/95 % interval [\d.]+ % to 100\.0 %, 1 duel/);
    expect(callsOf(lab, 'submitDuel')[0]?.args.slice(1)).toEqual(['left', 'me']);
  });
});

describe('demonstrations', () => {
  test('can be edited and removed, and a removal undone', async () => {
    const lab = await openRoom('demonstrate', { done: ['base'] });
    await eventually(text).toContain('The owl is green.');
    button('Edit demonstration 1').click();
    const answer = [...page().querySelectorAll('textarea')][1]!;
    answer.value = 'It is green.';
    button('Save').click();
    await eventually(text).toContain('It is green.');
    expect(callsOf(lab, 'putDemonstration')[0]?.args[0]).toMatchObject({
      completion: ' It is green.',
    });
    button('Remove demonstration 1').click();
    await eventually(text).toContain('The demonstration is removed.');
    button('Undo').click();
    await eventually(() => callsOf(lab, 'insertDemonstration')[0]?.args[1]).toBe(0);
  });
});

describe('an experiment', () => {
  test('is made with preset, seed and settings of the form', async () => {
    const lab = await openRoom('base', { done: [] });
    button('New experiment').click();
    await eventually(() => page().querySelector('dialog[open] form')).not.toBeNull();
    const form = page().querySelector<HTMLFormElement>('dialog[open] form')!;
    const seed = form.querySelector<HTMLInputElement>('input[type="number"]')!;
    seed.value = '42';
    seed.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await eventually(text).toContain('310 MiB of graphics memory');
    expect(text()).toContain('with ppo.accumulate = 2 it takes 240 MiB');
    button('Create').click();
    await expect
      .poll(() => callsOf(lab, 'create')[0]?.args[0])
      .toMatchObject({ preset: 'nano', seed: 42 });
  });

  test('is deleted with a chance to undo, which opens it again', async () => {
    const lab = await openRoom('base', { done: [] });
    button('Delete nano 7').click();
    await eventually(text).toContain('is deleted; it can be restored for a week.');
    expect(callsOf(lab, 'remove')[0]?.args).toEqual(['id-1']);
    expect(text()).toContain('none yet');
    button('Undo').click();
    await eventually(() => callsOf(lab, 'select')[0]?.args).toEqual(['id-1']);
    expect(callsOf(lab, 'restore')[0]?.args).toEqual(['id-1']);
    await eventually(() => button('Experiment').textContent).toContain('nano 7');
  });
});

test('without WebGPU every room is open, and the banner says what to do', async () => {
  for (const room of ROOMS) {
    await openRoom(room, {
      done: ['base', 'sft'],
      gpu: { ok: false, problem: 'no-webgpu', message: 'navigator.gpu is missing.' },
    });
    expect(text()).toContain('This browser does not offer WebGPU here.');
    expect(text()).toContain('navigator.gpu is missing.');
  }
});

test('an error of the lab is shown as its sentence and can be dismissed', async () => {
  const lab = await openRoom('base', { done: [] });
  lab.run = () => Promise.reject(new Error('The disk is full; the last checkpoint is kept.'));
  button('Train the base model').click();
  await eventually(text).toContain('The disk is full; the last checkpoint is kept.');
  button('Dismiss').click();
  await eventually(text).not.toContain('The disk is full');
});
