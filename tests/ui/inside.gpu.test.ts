/** The Look inside lens over a room: by key, by button, and every part linked to one token. */
import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { STAGES } from '../../src/config/stages';
import { button, callsOf, eventually, openRoom, page, text } from './support';
import '../../src/ui/inside/InsideLens';

const lens = () => page().querySelector<HTMLDialogElement>('dialog[open]')!;
const tokens = () => [
  ...lens().querySelectorAll<HTMLButtonElement>('ol[aria-label="Tokens"] button'),
];

test('opens by its key over any room, shows a map for every head, and Escape closes it', async () => {
  const lab = await openRoom('rank', { done: STAGES });
  await userEvent.keyboard('{Alt>}i{/Alt}');
  await eventually(() => callsOf(lab, 'inspect')[0]?.args[0]).toMatchObject({
    model: 'policy',
    text: 'Q: What colour is the owl?\nA: The owl is green.',
  });
  // Two layers of two heads and their mean each, and the large one.
  await eventually(() => lens().querySelectorAll('canvas').length).toBe(7);
  await userEvent.keyboard('{Escape}');
  await eventually(lens).toBeNull();
});

test('everything is about the token that the arrows choose', async () => {
  await openRoom('base', { done: STAGES });
  button('Look inside').click();
  await eventually(() => tokens().length).toBeGreaterThan(10);
  const last = tokens().at(-1)!;
  expect(last.tabIndex).toBe(0);
  last.focus();
  await userEvent.keyboard('{ArrowLeft}');
  expect(document.activeElement).toBe(tokens().at(-2));
  const chosen = tokens().at(-2)!.textContent!;
  expect(text()).toContain(`Next after ${chosen}`);
  expect(text()).toContain(`${chosen} looks at`);
  const column = [...lens().querySelectorAll('thead [data-at]')].map((cell) => cell.textContent);
  expect(column).toEqual([chosen]);
  await userEvent.keyboard('{Home}');
  expect(text()).toMatch(/Q looks at Q \(1\) 100 %\./);
});

test('the temperature moves the probabilities, not the order', async () => {
  await openRoom('base', { done: STAGES });
  button('Look inside').click();
  await eventually(() => tokens().length).toBeGreaterThan(10);
  const names = () => [...lens().querySelectorAll('section ol li')].map((li) => li.textContent!);
  const before = names();
  const slider = lens().querySelector<HTMLInputElement>('input[type="range"]')!;
  slider.value = '0';
  slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  expect(names()[0]).toContain('100.0 %');
  expect(names().map((name) => name.replace(/[\d.]+ %/, ''))).toEqual(
    before.map((name) => name.replace(/[\d.]+ %/, '')),
  );
  expect(text()).toContain('Entropy 0.00 nats');
});

test('a reward model shows its score at every depth', async () => {
  const lab = await openRoom('reward', { done: STAGES });
  button('Look inside').click();
  await eventually(() => tokens().length).toBeGreaterThan(10);
  const select = lens().querySelector('select')!;
  select.value = 'reward';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await eventually(text).toContain('Reward after');
  expect(callsOf(lab, 'inspect').at(-1)?.args[0]).toMatchObject({ model: 'reward' });
  expect(text()).toContain('after block 2');
});

test('without a model it says what is missing', async () => {
  const lab = await openRoom('base', { done: [] });
  button('Look inside').click();
  await eventually(text).toContain('There is no model to look into yet');
  expect(callsOf(lab, 'inspect')).toEqual([]);
});
