/** Studies on the page: started by a button, on show while they run, held, gone on with, and saved. */
import { expect, test } from 'vitest';
import { STAGES } from '../../src/config/stages';
import { makeCopies } from '../support/fakeCopies';
import { FakeLab } from '../support/fakeLab';
import { button, callsOf, eventually, openRoom, page, reopenRoom, text } from './support';

const section = (title: string) =>
  [...page().querySelectorAll('section')].find(
    (one) => one.querySelector('h2')?.textContent === title,
  )!;

test('best of n is measured beside PPO, with its fits and their peaks', async () => {
  const lab = await openRoom('compare', { done: STAGES, tick: 5 });
  // PPO's own curve is there before anything is measured.
  await eventually(() => section('Over-optimization').innerText).toContain('PPO, fitted');
  button('Measure best of n').click();
  await eventually(() => callsOf(lab, 'study')[0]?.args[0]).toEqual({
    study: 'best_of_n',
    samples: 64,
    prompts: 100,
    few: true,
  });
  await eventually(text).toContain('Best of n, 125 ranked prompts');
  await eventually(text).toContain('Measure anew');
  const shown = section('Over-optimization');
  const rows = () => [...shown.querySelectorAll('tbody tr')].map((row) => row.textContent);
  await eventually(rows).toHaveLength(3);
  expect(rows()[0]).toMatch(/^Best of n, 1,000 ranked prompts[\d.]+[−\d.]+/);
  button('Table of True reward by distance').click();
  const table = shown.querySelector('[aria-label="True reward by distance, as a table"]')!;
  // Seven sizes for each of two reward models, and PPO's 60 iterations.
  expect(table.querySelectorAll('tbody tr')).toHaveLength(7 + 7 + 60);
});

test('a study is on show at the top and in the title, can be paused and goes on', async () => {
  const lab = await openRoom('compare', { done: STAGES, tick: 400 });
  button('Measure best of n').click();
  await eventually(text).toContain('Best of n: sampling answers');
  expect(document.title).toMatch(/^\d+ % best of n · Pocket RLHF$/);
  button('Pause').click();
  await eventually(() => callsOf(lab, 'pause')).toHaveLength(1);
  await eventually(() => document.body.innerText).toContain('Go on');
  button('Go on').click();
  await eventually(() => callsOf(lab, 'study')).toHaveLength(2);
  expect(callsOf(lab, 'study')[1]!.args).toEqual(callsOf(lab, 'study')[0]!.args);
});

test('what is measured stays on show until other settings are measured', async () => {
  const lab = await openRoom('compare', { done: STAGES, tick: 5 });
  button('Measure best of n').click();
  await eventually(text).toContain('Measure anew');
  button('Measure anew').click();
  expect(text()).toContain('Best of n, 125 ranked prompts');
  page().querySelector<HTMLInputElement>('main input[type="checkbox"]')!.click();
  button('Measure best of n').click();
  await eventually(() => callsOf(lab, 'study')[1]?.args[0]).toMatchObject({ few: false });
  await eventually(text).not.toContain('Best of n, 125 ranked prompts');
});

test('accuracy by labels stands under the agreement of labelers', async () => {
  const lab = await openRoom('reward', { done: STAGES, tick: 5 });
  button('Train on ⅛').click();
  await eventually(() => callsOf(lab, 'study')[0]?.args[0]).toEqual({ study: 'label_curve' });
  await eventually(text).toContain('two training labelers agree');
  expect(text()).toMatch(/In the paper, with all labels: 72\.4 ± 0\.4 %/);
});

test('the small policy meets the large base model of another experiment', async () => {
  const lab = new FakeLab({ done: STAGES, tick: 5 });
  await makeCopies(lab);
  await reopenRoom('compare', lab);
  const shown = () => section('Model size').innerText;
  await eventually(shown).toContain('Compare the sizes');
  button('Compare the sizes').click();
  await eventually(() => callsOf(lab, 'study')[0]?.args[0]).toMatchObject({
    study: 'model_sizes',
    prompts: 200,
  });
  await eventually(shown).toContain(
    'The policy of 0.14 M parameters wins 71.0 % (62 % to 80 %) against the base model of 0.94 M.',
  );
  const rows = [...section('Model size').querySelectorAll('tbody tr')].map(
    (row) => row.textContent,
  );
  expect(rows.map((row) => row?.replace(/\(.*?\)/g, ''))).toEqual([
    'Base12.0 % 20.0 % ',
    'SFT38.0 % 50.0 % ',
    'Policy46.0 % not trained',
  ]);
});

test('without a reward model the studies say what they need', async () => {
  await openRoom('compare', { done: ['base', 'sft'] });
  await eventually(text).toContain('It needs the reward model first.');
  const start = [...page().querySelectorAll('button')].find(
    ({ textContent }) => textContent === 'Measure best of n',
  )!;
  expect(start.disabled).toBe(true);
});
