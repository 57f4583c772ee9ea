/** The Kernels lens over a room: opened by button and key, its strip, its table, its sources. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import '../../src/ui/kernels/KernelsLens';
import type { FakeLab } from '../support/fakeLab';
import { button, callsOf, eventually, openRoom, page } from './support';

const lens = () => page().querySelector<HTMLDialogElement>('dialog[open]');
const rows = () => [...page().querySelectorAll<HTMLElement>('dialog tbody tr')];
const words = () => lens()?.innerText ?? '';

async function openLens(lab?: FakeLab): Promise<FakeLab> {
  const opened = lab ?? (await openRoom('base', { done: ['base'] }));
  button('Kernels').click();
  await eventually(() => rows().length).toBe(8);
  return opened;
}

describe('the Kernels lens', () => {
  test('opens by Alt+K, measures a training step at once, closes by Escape', async () => {
    const lab = await openRoom('base', { done: ['base'] });
    await eventually(() => button('Kernels').disabled).toBe(false);
    await userEvent.keyboard('{Alt>}k{/Alt}');
    await eventually(() => rows().length).toBe(8);
    expect(callsOf(lab, 'profile').map(({ args }) => args[0])).toEqual(['train']);
    await userEvent.keyboard('{Escape}');
    await eventually(lens).toBeNull();
  });

  test('lists every dispatch in order with its time, rate, bytes and share of peak', async () => {
    await openLens();
    const cells = [...rows()[2]!.children].map((cell) => cell.textContent);
    expect(cells).toEqual([
      '3',
      'matmul_nn_vec4',
      'h.0.attn.c_attn.out',
      '24×8',
      '1,000 µs',
      '25.0 %',
      '12.6',
      '192 KiB',
      '384 KiB',
      '62 %arithmetic',
    ]);
    expect(words()).toContain('4,000 µs in 8 dispatches for 8 sequences of 64 tokens');
    expect(words()).toContain('Peaks measured here: 20.0 GFLOP/s, 10.0 GB/s');
  });

  test('shows the source of a dispatch in place, by keyboard too', async () => {
    await openLens();
    const name = rows()[2]!.querySelector('button')!;
    name.focus();
    await userEvent.keyboard('{Enter}');
    await eventually(words).toContain('shaders/matmul_nn_vec4.wgsl');
    expect(name.getAttribute('aria-expanded')).toBe('true');
    expect(rows()[3]!.innerText).toContain('override WG: u32 = 64;');
    expect(rows()[3]!.innerText).toContain('M = 512, N = 192, K = 64');
    await userEvent.keyboard('{Enter}');
    await eventually(() => rows().length).toBe(8);
  });

  test('a dispatch in the strip opens its source in the table', async () => {
    await openLens();
    const strip = [...lens()!.querySelectorAll<HTMLElement>('figure button')];
    expect(strip).toHaveLength(8);
    strip[7]!.click();
    await eventually(words).toContain('shaders/adamw.wgsl');
  });

  test('measures another step when one is chosen', async () => {
    const lab = await openLens();
    await userEvent.selectOptions(lens()!.querySelector('select')!, 'one sampled token');
    await eventually(() => callsOf(lab, 'profile').map(({ args }) => args[0])).toEqual([
      'train',
      'sample',
    ]);
  });

  test('says in one sentence why it cannot measure, and tries again when asked', async () => {
    const lab = await openRoom('base', { done: ['base'] });
    const { profile } = lab;
    lab.profile = async () => {
      throw new Error('A stage is running; pause it before you measure its kernels.');
    };
    button('Kernels').click();
    await eventually(words).toContain('pause it before you measure its kernels');
    lab.profile = profile;
    button('Measure again').click();
    await eventually(() => rows().length).toBe(8);
  });

  test('is out of reach without an experiment or a GPU', async () => {
    await openRoom('base', { done: null });
    expect(button('Kernels').disabled).toBe(true);
    await userEvent.keyboard('{Alt>}k{/Alt}');
    expect(lens()).toBeNull();
  });

  test('shows which variants run, measures them when asked, and goes back', async () => {
    const lab = await openLens();
    await eventually(words).toContain('nothing was measured here');
    button('Tune for new runs').click();
    await eventually(words).toContain('Measured here in 1 s: 1 class of shapes, 1 with another');
    expect(callsOf(lab, 'tune')[0]?.args).toEqual([true]);
    button('Back to the built-in choices').click();
    await eventually(words).toContain('nothing was measured here');
  });

  test.each([
    { feature: 'subgroups', label: 'Subgroups', unasked: true },
    { feature: 'shader-f16', label: 'Half precision', unasked: false },
  ])('switches $feature, which is used unasked: $unasked', async ({ feature, label, unasked }) => {
    const lab = await openLens();
    const row = () =>
      [...(lens()?.querySelectorAll('label') ?? [])].find((one) => one.innerText.includes(label));
    const box = () => row()?.querySelector('input');
    const state = (on: boolean) => (on ? 'checked here at the start' : 'off for new runs');
    await eventually(() => row()?.innerText).toContain(state(unasked));
    expect(box()!.checked).toBe(unasked);
    const given = box()!;
    given.focus();
    await userEvent.keyboard(' ');
    await eventually(() => row()!.innerText).toContain(state(!unasked));
    expect(document.activeElement, 'the focus stays').toBe(given);
    expect(box()!.checked).toBe(!unasked);
    box()!.click();
    await eventually(() => row()!.innerText).toContain(state(unasked));
    expect(callsOf(lab, 'useFeature').map(({ args }) => args)).toEqual([
      [feature, !unasked],
      [feature, unasked],
    ]);
  });
});
