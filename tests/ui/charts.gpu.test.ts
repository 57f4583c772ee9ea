/** Charts of a room: one cursor for all, any metric on x, several runs, tables, files, calibration. */
import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { defaultConfig } from '../../src/config/experiment';
import { STAGES } from '../../src/config/stages';
import { FakeLab } from '../support/fakeLab';
import { button, callsOf, eventually, openRoom, page, reopenRoom, text } from './support';

const figures = () => [...page().querySelectorAll('figure')];
const places = () =>
  figures().map((figure) => figure.querySelector('figcaption span')!.textContent);
const select = (label: string) =>
  [...page().querySelectorAll('label')]
    .filter((candidate) => candidate.textContent?.trim().startsWith(label))
    .flatMap((candidate) => [...candidate.querySelectorAll('select')])[0]!;

function choose(label: string, value: string): void {
  const list = select(label);
  list.value = value;
  list.dispatchEvent(new Event('change', { bubbles: true }));
}

test('the cursor of one chart is that of all charts of the room', async () => {
  await openRoom('reinforce', { done: STAGES });
  await eventually(() => page().querySelectorAll('.u-over').length).toBe(4);
  expect(new Set(places())).toEqual(new Set(['iteration 60']));
  await userEvent.hover(page().querySelector('.u-over')!);
  await eventually(() => places()[0]).not.toBe('iteration 60');
  expect(new Set(places()).size).toBe(1);
});

test('any logged metric can stand on x', async () => {
  await openRoom('reinforce', { done: STAGES });
  await eventually(() => figures().length).toBe(4);
  choose('On x', 'objective/kl');
  await eventually(() => places()[0]).toContain('KL from the reference (nats a response)');
  choose('On x', 'response_length');
  await eventually(() => places()[0]).toContain('Response length (tokens)');
  choose('On x', 'step');
});

test('another run is drawn beside this one, and each value says whose it is', async () => {
  const lab = new FakeLab({ done: STAGES });
  await lab.create(defaultConfig('nano', 9), 'plain PPO');
  await lab.select('id-1');
  await reopenRoom('reinforce', lab);
  await eventually(() => figures().length).toBe(4);
  button('Beside other runs').click();
  const box = [...page().querySelectorAll<HTMLInputElement>('input[type="checkbox"]')].find(
    (input) => input.parentElement?.textContent?.includes('plain PPO'),
  )!;
  box.click();
  await eventually(() => callsOf(lab, 'metricsOf')[0]?.args).toEqual(['id-2']);
  await eventually(() => figures()[0]!.querySelector('ul')!.innerText).toContain('plain PPO');
  expect(figures()[0]!.querySelectorAll('ul li')).toHaveLength(4);
  box.click();
  await eventually(() => figures()[0]!.querySelectorAll('ul li').length).toBe(2);
});

test('a chart can be saved as values and as a picture', async () => {
  await openRoom('reinforce', { done: STAGES });
  await eventually(() => page().querySelectorAll('.u-over').length).toBe(4);
  const saved: { name: string; blob: Blob }[] = [];
  const blobs = new Map<string, Blob>();
  const makeUrl = URL.createObjectURL;
  const click = HTMLAnchorElement.prototype.click;
  URL.createObjectURL = (blob: Blob) => {
    const url = makeUrl(blob);
    blobs.set(url, blob);
    return url;
  };
  HTMLAnchorElement.prototype.click = function () {
    saved.push({ name: this.download, blob: blobs.get(this.href)! });
  };
  try {
    button('Save Learned and true reward as CSV').click();
    button('Save Learned and true reward as PNG').click();
    await eventually(() => saved.length).toBe(2);
  } finally {
    URL.createObjectURL = makeUrl;
    HTMLAnchorElement.prototype.click = click;
  }
  const csv = saved.find(({ name }) => name === 'learned-and-true-reward.csv')!;
  const lines = (await csv.blob.text()).trim().split('\n');
  expect(lines[0]).toBe('run,metric,step,value');
  expect(lines).toHaveLength(1 + 2 * 60);
  const png = saved.find(({ name }) => name.endsWith('.png'))!;
  const bitmap = await createImageBitmap(png.blob);
  expect(bitmap.height).toBeGreaterThan(220);
});

test('calibration is drawn for both groups of labelers, with a table of the same numbers', async () => {
  await openRoom('reward', { done: STAGES });
  await eventually(() => page().querySelectorAll('svg circle').length).toBe(10);
  expect(text()).toContain('expected calibration error');
  button('Held-out labelers').click();
  const section = [...page().querySelectorAll('section')].find(
    (one) => one.querySelector('h2')?.textContent === 'Calibration',
  )!;
  [...section.querySelectorAll('button')].find((one) => one.textContent === 'Table')!.click();
  expect(section.querySelectorAll('tbody tr')).toHaveLength(10);
});

test('all measures of a response share the token that is pointed at', async () => {
  await openRoom('reinforce', { done: STAGES });
  await userEvent.hover(page().querySelector('h1')!);
  // The rollouts are drawn after the rest of the room.
  const all = () => [...page().querySelectorAll('button')].find((b) => b.textContent === 'All');
  await eventually(all).toBeDefined();
  all()!.click();
  const heat = () => page().querySelector<HTMLElement>('section[aria-label^="Response to"]')!;
  await eventually(heat).not.toBeNull();
  // The pointer rests somewhere: nothing may move under it.
  heat().focus({ preventScroll: true });
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  // The head and five measures, each with its second token marked.
  const marked = [...heat().querySelectorAll('[data-at]')] as HTMLTableCellElement[];
  expect(marked.map((cell) => cell.cellIndex)).toEqual([2, 2, 2, 2, 2, 2]);
});

test('the step debugger goes from the rollout to the update of one response', async () => {
  await openRoom('reinforce', { done: ['base', 'sft', 'reward'], paused: 'ppo' });
  const stages = ['Rollout', 'Rewards', 'Advantages', 'Losses', 'Update'];
  const tables = () =>
    stages.map((name) => page().querySelector(`section[aria-label="${name}"] tbody`));
  await eventually(() => tables().every((table) => table !== null)).toBe(true);
  expect(tables().map((table) => table!.querySelectorAll('tr').length)).toEqual([2, 2, 4, 3, 4]);
  expect(text()).toContain('the response was in update 1 of 2');
  choose('Response', '1');
  await eventually(text).toContain('the response was in update 2 of 2');
});
