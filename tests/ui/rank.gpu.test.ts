/** Ranking on the page: wholly by keyboard, by buttons and by dragging; stored at every submit. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { RankingSubmission } from '../../src/lab/api';
import { button, callsOf, eventually, openRoom, page, reopenRoom, text } from './support';

const SFT = { done: ['base', 'sft'] } as const;
const card = (item: number) => page().querySelector<HTMLElement>(`[data-item="${item}"]`);
/** Completions at each rank, as the page shows them. */
const shownRanks = () =>
  [...page().querySelectorAll<HTMLElement>('[data-slot]')].map((slot) =>
    [...slot.querySelectorAll<HTMLElement>('[data-item]')].map((e) => Number(e.dataset['item'])),
  );

async function openRanking() {
  const lab = await openRoom('rank', { ...SFT, k: 4 });
  await eventually(() => card(3)).not.toBeNull();
  card(0)!.focus();
  return lab;
}

describe('by keyboard alone', () => {
  test('number keys place one completion after the other and Enter stores the ranking', async () => {
    const lab = await openRanking();
    await userEvent.keyboard('2143');
    expect(shownRanks()).toEqual([[1], [0], [3], [2]]);
    await userEvent.keyboard('{Enter}');
    await eventually(() => lab.submissions.length).toBe(1);
    expect(lab.submissions[0]!.ranks).toEqual([2, 1, 4, 3]);
    expect(lab.submissions[0]!.labeler).toBe('me');
  });

  test('arrows move without ties, = ties, and flags and quality have a key each', async () => {
    const lab = await openRanking();
    await userEvent.keyboard('1234');
    card(2)!.focus();
    await userEvent.keyboard('{ArrowUp}');
    expect(shownRanks()).toEqual([[0], [2], [1], [3]]);
    await userEvent.keyboard('=');
    expect(shownRanks()).toEqual([[0, 2], [], [1], [3]]);
    await userEvent.keyboard('h{Shift>}6{/Shift}{Enter}');
    await eventually(() => lab.submissions.length).toBe(1);
    const submission = lab.submissions[0] as RankingSubmission;
    expect(submission.ranks).toEqual([1, 2, 1, 3]);
    expect(submission.flags[2]).toEqual(['hallucination']);
    expect(submission.likert[2]).toBe(6);
  });

  test('the writers are hidden until the item is submitted, then shown', async () => {
    await openRanking();
    expect(text()).not.toContain('The item before');
    await userEvent.keyboard('1234{Enter}');
    await eventually(text).toContain('The item before');
    expect(text()).toContain('gave 6 pairs');
  });

  test('u takes back steps, and then submissions, without limit', async () => {
    const lab = await openRanking();
    for (const done of [1, 2]) {
      await userEvent.keyboard('1234{Enter}');
      await eventually(() => lab.submissions.length).toBe(done);
      await eventually(shownRanks).toEqual([[], [], [], []]);
    }
    await userEvent.keyboard('3');
    await userEvent.keyboard('u');
    expect(shownRanks()).toEqual([[], [], [], []]);
    await userEvent.keyboard('u');
    await eventually(() => lab.submissions.length).toBe(1);
    await eventually(shownRanks).toEqual([[0], [1], [2], [3]]);
    // The item's own four steps come back one by one, and then the submission before it.
    await userEvent.keyboard('uuuu');
    await eventually(shownRanks).toEqual([[], [], [], []]);
    await userEvent.keyboard('u');
    await eventually(() => lab.submissions.length).toBe(0);
  });

  test('four completions need five keys from the moment that the room is opened', async () => {
    const lab = await openRoom('base', { ...SFT, k: 4 });
    page().querySelector<HTMLElement>('a[href="#/rank"]')!.click();
    await eventually(() => document.activeElement?.getAttribute('data-item')).toBe('0');
    for (const key of ['2', '1', '4', '3', '{Enter}']) await userEvent.keyboard(key);
    await eventually(() => lab.submissions[0]?.ranks).toEqual([2, 1, 4, 3]);
    await eventually(() => document.activeElement?.getAttribute('data-item')).toBe('0');
  });

  test('what stands below the board stays where it is while completions are placed', async () => {
    await openRanking();
    const top = () => page().querySelector('[data-bar]')!.getBoundingClientRect().top + scrollY;
    const before = top();
    for (const key of '1234') {
      await userEvent.keyboard(key);
      expect(top()).toBe(before);
    }
    await userEvent.keyboard('u=u');
    expect(top()).toBe(before);
  });

  test('s asks for the reason, and a digit gives it; Enter refuses an incomplete ranking in words', async () => {
    const lab = await openRanking();
    await userEvent.keyboard('1{Enter}');
    await eventually(text).toContain('3 still to place');
    expect(lab.submissions).toEqual([]);
    await userEvent.keyboard('s');
    await eventually(() => page().querySelector('dialog[open]')?.textContent).toContain('Why skip');
    await userEvent.keyboard('{Escape}');
    await eventually(() => page().querySelector('[aria-labelledby="skip-title"]')).toBeNull();
    expect(lab.submissions).toEqual([]);
    await userEvent.keyboard('s');
    await userEvent.keyboard('2');
    await eventually(() => lab.submissions.length).toBe(1);
    expect(lab.submissions[0]!.ranks).toBeNull();
    expect(lab.submissions[0]!.reason).toBe('The prompt makes no sense');
  });

  test('? shows the keys and Escape closes them', async () => {
    await openRanking();
    await userEvent.keyboard('?');
    await eventually(() => page().querySelector('dialog[open]')?.textContent).toContain('undo');
    await userEvent.keyboard('{Escape}');
    await eventually(() => page().querySelector('dialog[open]')).toBeNull();
  });
});

test('a reload lands on the same item with what was placed', async () => {
  const lab = await openRanking();
  await userEvent.keyboard('31');
  await reopenRoom('rank', lab);
  await eventually(shownRanks).toEqual([[1], [], [0], []]);
});

test('buttons do the same as keys', async () => {
  const lab = await openRanking();
  for (const [letter, rank] of ['A', 'B', 'C', 'D'].map((l, i) => [l, i + 1] as const)) {
    button(`Place ${letter} at rank ${rank}`).click();
  }
  button('Move D better').click();
  expect(shownRanks()).toEqual([[0], [1], [3], [2]]);
  button('Submit').click();
  await eventually(() => lab.submissions[0]?.ranks).toEqual([1, 2, 4, 3]);
});

test('a handle drags a completion onto a rank, and to the edge of one before it', async () => {
  await openRanking();
  const dragTo = (item: number, slot: number, share: number) => {
    const handle = card(item)!.querySelector('button')!;
    const target = page().querySelector<HTMLElement>(`[data-slot="${slot}"]`)!;
    target.scrollIntoView({ block: 'center' });
    const box = target.getBoundingClientRect();
    const at = { clientX: box.left + 8, clientY: box.top + box.height * share };
    const common = { bubbles: true, pointerId: 1, button: 0 };
    // A made-up pointer cannot be captured; a real one is.
    handle.setPointerCapture = () => {};
    handle.dispatchEvent(new PointerEvent('pointerdown', { ...common, clientX: 0, clientY: 0 }));
    handle.dispatchEvent(new PointerEvent('pointermove', { ...common, ...at }));
    handle.dispatchEvent(new PointerEvent('pointerup', { ...common, ...at }));
  };
  dragTo(2, 0, 0.5);
  expect(shownRanks()).toEqual([[2], [], [], []]);
  dragTo(1, 0, 0.5);
  expect(shownRanks()).toEqual([[1, 2], [], [], []]);
  dragTo(3, 0, 0.05);
  expect(shownRanks()).toEqual([[3], [1, 2], [], []]);
});

test('agreement comes with the first ranking, and the reward model is asked for its own', async () => {
  const lab = await openRoom('rank', { done: ['base', 'sft', 'reward'], k: 4 });
  await eventually(() => card(3)).not.toBeNull();
  expect(text()).not.toContain('Who agrees with you');
  card(0)!.focus();
  await userEvent.keyboard('1234{Enter}');
  await eventually(text).toContain('Who agrees with you');
  expect(text()).toMatch(/Ada\s+70 %\s+0\.51\s+10/);
  button('Ask the reward model').click();
  await eventually(text).toMatch(/The reward model\s+80 %/);
  expect(callsOf(lab, 'agreement').at(-1)?.args).toEqual(['me', true]);
});

test('an import tells how many rankings were new', async () => {
  const lab = await openRanking();
  const input = page().querySelector<HTMLInputElement>('input[aria-label="Rankings to import"]')!;
  const files = new DataTransfer();
  files.items.add(new File(['{"a":1}\n{"b":2}\n'], 'class.jsonl'));
  input.files = files.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  await eventually(text).toContain('class.jsonl: 2 new rankings.');
  expect(callsOf(lab, 'importRankings')).toHaveLength(1);
});
