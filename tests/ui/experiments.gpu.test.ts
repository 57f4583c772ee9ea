/** Experiments: copies with changes, notes, deleting, what they take, comparing, and the lineage. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { FIELD_KEYS } from '../../src/config/fields';
import { STAGES } from '../../src/config/stages';
import type { DuplicateRequest } from '../../src/lab/api';
import { chooseExperiments } from '../../src/ui/state/experiments';
import { makeCopies } from '../support/fakeCopies';
import { FakeLab } from '../support/fakeLab';
import { button, callsOf, eventually, openRoom, page, reopenRoom, text } from './support';

const dialog = () => page().querySelector<HTMLDialogElement>('dialog[open]');
const words = () => dialog()?.innerText ?? '';

/** The page on an experiment that has two copies and a deleted one. */
async function withCopies(room: Parameters<typeof openRoom>[0] = 'compare'): Promise<FakeLab> {
  localStorage.clear();
  chooseExperiments([]);
  const lab = new FakeLab({ done: STAGES });
  await makeCopies(lab);
  lab.calls.length = 0;
  return reopenRoom(room, lab);
}

async function openList(): Promise<void> {
  button('All experiments').click();
  await eventually(words).toContain('All experiments together take');
}

/** Changes a setting in the form of the dialog that is open. */
function set(key: string, value: string): void {
  const label = [...dialog()!.querySelectorAll('label')].find((one) =>
    one.textContent?.endsWith(key),
  )!;
  const input = document.getElementById(label.htmlFor) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

describe('a copy with changes', () => {
  test('says what it keeps as the settings change, and is opened when it is made', async () => {
    const lab = await openRoom('base', { done: STAGES });
    button('Duplicate …').click();
    await eventually(words).toContain('Duplicate nano 7');
    await eventually(words).toContain('the reward model, PPO, the comparison and 3 rankings');
    set('ppo.kl_coef', '0.02');
    await eventually(words).toContain('PPO: KL coefficient β: 0.1 → 0.02');
    expect(words()).toContain('made again: PPO and the comparison.');
    button('Make the copy').click();
    await eventually(() => callsOf(lab, 'duplicate').length).toBe(1);
    const [request] = callsOf(lab, 'duplicate')[0]!.args as [DuplicateRequest];
    expect(request).toMatchObject({ id: 'id-1', name: 'nano 7, kl_coef 0.02' });
    expect(request.config.settings['ppo.kl_coef']).toBe(0.02);
    expect(request.keep).toEqual({ outputs: true, demonstrations: true, rankings: true });
    await eventually(() => button('Experiment').textContent).toContain('nano 7, kl_coef 0.02');
    await eventually(text).toContain('Run the rest of the pipeline');
  });

  test('can leave people’s rankings behind, and then the reward model is made again', async () => {
    const lab = await openRoom('base', { done: STAGES });
    button('Duplicate …').click();
    await eventually(words).toContain('3 rankings by people');
    const boxes = [...dialog()!.querySelectorAll<HTMLInputElement>('input[type="checkbox"]')];
    boxes.find((box) => box.parentElement?.textContent?.includes('rankings by people'))!.click();
    await eventually(words).toContain('left behind: 3 rankings by people.');
    expect(words()).toContain('made again: the reward model, PPO and the comparison');
    button('Make the copy').click();
    await eventually(() => callsOf(lab, 'duplicate').length).toBe(1);
    expect(callsOf(lab, 'duplicate')[0]!.args[0]).toMatchObject({ keep: { rankings: false } });
  });

  test('is not made with settings that do not fit, and the dialog says why', async () => {
    const lab = await openRoom('base', { done: STAGES });
    button('Duplicate …').click();
    await eventually(words).toContain('Nothing is changed yet.');
    set('ppo.minibatch', '33');
    await eventually(words).toContain('ppo.batch (128) must be a multiple of ppo.minibatch (33).');
    expect(button('Make the copy').disabled).toBe(true);
    expect(callsOf(lab, 'duplicate')).toEqual([]);
  });

  test('is offered while another tab is at work on the original', async () => {
    const lab = await openRoom('base', { done: ['base'] });
    lab.letIn('read');
    await eventually(text).toContain('Another tab is at work');
    button('Duplicate …').click();
    await eventually(words).toContain('Kept: the base model and 3 rankings by people.');
    expect(button('Make the copy').disabled).toBe(false);
  });
});

describe('the list of all experiments', () => {
  test('stores notes as they are typed, and shows them as text, never as markup', async () => {
    const lab = await withCopies('base');
    await openList();
    const area = dialog()!.querySelector('textarea')!;
    await userEvent.fill(area, '<b>β</b> & more');
    await eventually(() => callsOf(lab, 'setNotes').at(-1)?.args).toEqual([
      'id-1',
      '<b>β</b> & more',
    ]);
    await eventually(words).toContain('Stored.');
    await reopenRoom('base', lab);
    await openList();
    expect(dialog()!.querySelector('textarea')!.value).toBe('<b>β</b> & more');
    button('Close').click();
    const menu = [...page().querySelectorAll('[popover]')].find((one) =>
      one.textContent?.includes('New experiment'),
    )!;
    expect(menu.textContent).toContain('<b>β</b> & more');
    expect(menu.querySelector('b')).toBeNull();
  });

  test('says what each experiment takes, all together, and what is left', async () => {
    await withCopies('base');
    await openList();
    expect(words()).toContain('5 of 5 stages, 21 Sept 2026, 9.3 MiB');
    expect(words()).toContain(
      'All experiments together take 93 MiB; with its own files the page takes 11 MiB, and 1.9 GiB are left',
    );
    expect(words()).toContain('A copy of “nano 7” with PPO: KL coefficient β 0.1 → 0.02');
  });

  test('restores a deleted experiment after a reload, and erases one only when asked twice', async () => {
    const lab = await withCopies('base');
    await openList();
    button('Delete nano 7, slower').click();
    await eventually(() => callsOf(lab, 'remove').length).toBe(1);
    await reopenRoom('base', lab);
    await openList();
    button('Restore nano 7, slower').click();
    await eventually(() => callsOf(lab, 'restore')[0]?.args).toEqual(['id-3']);
    await eventually(() => button('Delete nano 7, slower')).toBeTruthy();
    button('Erase nano 7, ptx_coef 0 now').click();
    await eventually(() => page().querySelectorAll('dialog[open]').length).toBe(2);
    button('Cancel').click();
    expect(callsOf(lab, 'erase')).toEqual([]);
    button('Erase nano 7, ptx_coef 0 now').click();
    await eventually(() => page().querySelectorAll('dialog[open]').length).toBe(2);
    button('Erase it').click();
    await eventually(() => callsOf(lab, 'erase')[0]?.args).toEqual(['id-4']);
    await eventually(words).not.toContain('kept until');
  });

  test('leads those that are ticked to the comparison', async () => {
    await withCopies('base');
    await openList();
    for (const name of ['nano 7', 'nano 7, slower reward model']) {
      const label = `Choose ${name} to compare`;
      dialog()!.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`)!.click();
    }
    button('Compare side by side').click();
    await eventually(() => document.activeElement?.id).toBe('side-by-side');
    expect(location.hash).toBe('#/compare');
    const heads = () =>
      [...page().querySelectorAll('table caption')]
        .find((caption) => caption.textContent === 'Settings that differ')
        ?.parentElement?.querySelectorAll('thead th');
    await eventually(() => [...(heads() ?? [])].map((head) => head.textContent)).toEqual([
      'nano 7',
      'nano 7, slower reward model',
      'Preset',
      'Paper',
    ]);
  });
});

describe('experiments side by side', () => {
  test('begin with the copy and its parent, what differs first, and results with units', async () => {
    const lab = await withCopies();
    await lab.select('id-2');
    await reopenRoom('compare', lab);
    await eventually(text).toContain('Settings that differ');
    const table = [...page().querySelectorAll('table')].find((one) =>
      one.textContent?.startsWith('Settings that differ'),
    )!;
    const row = [...table.querySelectorAll('tbody tr')].map((one) => one.textContent);
    expect(row).toEqual(['PPO: KL coefficient βppo.kl_coef0.10.020.10.02']);
    expect(text()).toContain('KL from the reference nats a response');
    expect(text()).toContain(`${FIELD_KEYS.length + 1} settings that they share`);
  });

  test('offer a copy where there is nothing to compare with', async () => {
    chooseExperiments([]);
    await openRoom('compare', { done: STAGES });
    button('Duplicate this experiment').click();
    await eventually(words).toContain('Duplicate nano 7');
  });

  test('draw their curves in the charts when that is wanted', async () => {
    const lab = await withCopies();
    chooseExperiments(['id-1', 'id-2']);
    await eventually(text).toContain('Draw their curves in the charts of all rooms');
    const box = () =>
      [...page().querySelectorAll('label')]
        .find((one) => one.textContent?.includes('Draw their curves'))!
        .querySelector('input')!;
    box().click();
    await eventually(() => callsOf(lab, 'metricsOf').at(-1)?.args).toEqual(['id-2']);
    await eventually(() => page().querySelector('figure ul')!.textContent).toContain(
      'kl_coef 0.02',
    );
    box().click();
    await eventually(() => page().querySelector('figure ul')!.textContent).not.toContain('kl_coef');
  });
});

describe('the lineage', () => {
  /** On a narrow screen the list comes first. */
  async function showPicture(): Promise<void> {
    await eventually(() => text().includes('A line leads from the weights')).toBe(true);
    button('Picture').click();
  }
  const card = (name: string) =>
    [...page().querySelectorAll('button')].find((one) =>
      one.getAttribute('aria-label')?.startsWith(name),
    )!;

  test('is walked with the arrow keys, opens what a model is, and exports it', async () => {
    const lab = await withCopies();
    await showPicture();
    await eventually(() => card('Base of nano 7')).toBeTruthy();
    const reached = () => document.activeElement?.getAttribute('aria-label') ?? '';
    card('Base of nano 7').focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(reached()).toContain('SFT of nano 7, from Base:');
    await userEvent.keyboard('{ArrowDown}{ArrowRight}');
    expect(reached()).toContain('Policy of nano 7, from SFT for RL:');
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}{Enter}');
    await eventually(text).toContain('Came of');
    const section = document.getElementById('node-title')!.closest('section')!;
    for (const fact of ['Came of', 'iteration 60', '4.2 M', 'Open this experiment']) {
      expect(section.innerText).toContain(fact);
    }
    button('Export the model').click();
    await eventually(() => callsOf(lab, 'modelFolder').length).toBe(1);
  });

  test('one Tab leads into the picture and the next one out of it', async () => {
    await withCopies();
    await showPicture();
    await eventually(() => card('Base of nano 7')).toBeTruthy();
    const cards = [...card('Base of nano 7').parentElement!.querySelectorAll('button')];
    expect(cards.filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
    expect(cards.length).toBeGreaterThan(10);
  });

  test('is a list of lists, too, with the same models', async () => {
    await withCopies();
    await showPicture();
    await eventually(() => card('Base of nano 7')).toBeTruthy();
    const count = card('Base of nano 7').parentElement!.querySelectorAll('button').length;
    button('List').click();
    const list = () => page().querySelector<HTMLElement>('ul[aria-label="Lineage of the models"]')!;
    await eventually(() => list()?.querySelectorAll('button').length).toBe(count);
    list().querySelectorAll('button')[1]!.click();
    await eventually(() => list().querySelector('section')?.innerText).toContain('SFT of nano 7');
    expect(list().innerText).toContain('step 60, 4.2 M tokens, validation loss');
  });

  test('shows a training that stands half-way, with the way to take it along', async () => {
    const lab = await openRoom('compare', { done: ['base', 'sft', 'reward'], paused: 'ppo' });
    await showPicture();
    await eventually(() => card('Checkpoint of PPO of nano 7, from SFT for RL')).toBeTruthy();
    card('Checkpoint of PPO').click();
    button('Export the experiment').click();
    await eventually(() => callsOf(lab, 'exportExperiment')[0]?.args).toEqual(['id-1']);
  });
});
