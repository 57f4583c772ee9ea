/** What goes wrong with the GPU is seen by the person, with what to do. */
import { expect, test } from 'vitest';
import { FAKE_GPU } from '../support/fakeLab';
import { button, eventually, openRoom, text } from './support';

const GONE = {
  ok: false,
  problem: 'no-adapter',
  message: 'WebGPU is here, but it offers no adapter.',
} as const;

test('an error outside a stage is shown, not only logged', async () => {
  const lab = await openRoom('base', { done: ['base'] });
  lab.report('The GPU reported an error: a buffer is invalid.');
  await eventually(text).toContain('The GPU reported an error: a buffer is invalid.');
});

test('a stage that fails for want of a GPU says what to do here, and goes on once it is back', async () => {
  const lab = await openRoom('demonstrate', { done: ['base'] });
  await eventually(text).not.toContain('Look for the GPU again');
  lab.gpu = GONE;
  lab.fail('sft', 'The GPU was lost and did not come back in 7 tries.');
  await eventually(text).toContain('did not come back in 7 tries');
  await eventually(text).toContain('it found no graphics adapter');
  expect(text()).toContain('restart the browser');
  lab.gpu = FAKE_GPU;
  button('Look for the GPU again').click();
  await eventually(text).not.toContain('it found no graphics adapter');
  expect(button('Try again').disabled).toBe(false);
});
