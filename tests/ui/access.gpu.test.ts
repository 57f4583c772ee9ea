/** What the page says when another tab is at work, and when nothing is stored. */
import { expect, it } from 'vitest';
import { button, callsOf, eventually, openRoom, text } from './support';

it('says that another tab is at work, and takes the experiment over when asked', async () => {
  const lab = await openRoom('base', { done: ['base'] });
  expect(text()).not.toContain('Another tab');
  lab.letIn('read');
  await eventually(text).toContain('Another tab is at work on this experiment');
  lab.letIn('free');
  await eventually(text).toContain('The tab that was at work on this experiment is closed.');
  button('Go on here').click();
  await eventually(() => callsOf(lab, 'takeOver').length).toBe(1);
  await eventually(text).not.toContain('is closed');
});

it('says that nothing is stored, and offers the experiment as a file', async () => {
  const lab = await openRoom('base', { done: ['base'], storageProblem: 'It is blocked.' });
  await eventually(text).toContain('Nothing is kept here when the tab closes.');
  expect(text()).toContain('It is blocked.');
  button('Save the experiment to a file').click();
  await eventually(() => callsOf(lab, 'exportExperiment').length).toBe(1);
});
