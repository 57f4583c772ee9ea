/**
 * Global norm and clipping (grad_norm_partial, grad_norm), adamw over ten steps, the skip of a bad
 * step, and the moving average (ema).
 */
import { describe, expect, it } from 'vitest';
import { adamw, ema, gradNorm, gradNormPartial } from '../../src/kernels/optimizer';
import * as reference from '../reference/adamw';
import { expectClose, random } from '../reference/compare';
import { runKernel } from '../support/kernel';

const SETTINGS = { lr: 3e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

/** The step buffer of update t: f32 bits. */
function stepBuffer({ lr, beta1, beta2, eps, weightDecay }: typeof SETTINGS, t: number) {
  const values = [
    lr,
    beta1,
    beta2,
    eps,
    weightDecay,
    1 / (1 - beta1 ** t),
    1 / (1 - beta2 ** t),
    0,
  ];
  return new Uint32Array(Float32Array.from(values).buffer);
}

describe.each([8, 64])('with workgroups of %i', (WG) => {
  async function normOf(grads: ArrayLike<number>, P: number, max_norm: number, before = 0) {
    const N = grads.length;
    const parts = await runKernel(gradNormPartial, { N, P }, { grads }, { WG });
    const given = { partial: parts.partial!, nonfinite: parts.nonfinite! };
    const { norm, halted } = await runKernel(
      gradNorm,
      { P, max_norm },
      { ...given, halted: [before] },
      { WG },
    );
    return { ...given, norm: norm!, halted: halted![0]! };
  }

  it.each([
    [64, 1],
    [64, 64],
    [192, 7],
    [1088, 64],
    [128, 200],
  ])('the norm of %i gradients in %i parts, and the clip coefficient', async (N, P) => {
    const grads = random(N, 1);
    const expected = reference.globalNorm([grads]);
    for (const max_norm of [1, 1000]) {
      const { norm } = await normOf(grads, P, max_norm);
      // Sums of at most 1088 squares, √ halves the relative error.
      expect(norm[0]! / expected).toBeCloseTo(1, 5);
      expect(norm[1]!).toBeCloseTo(reference.clipCoefficient(expected, max_norm), 6);
      expect(Array.from(norm.slice(2))).toEqual([0, 0]);
    }
    expect((await normOf(grads, P, 0)).norm[1], 'clipping off').toBe(1);
    expect(await normOf(grads, P, 1)).toEqual(await normOf(grads, P, 1));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'one %d anywhere raises the flag and is counted',
    async (bad) => {
      for (const place of [0, 77, 191]) {
        const grads = random(192, 2);
        grads[place] = bad;
        const { norm, nonfinite, halted } = await normOf(grads, 5, 1);
        expect(norm[2]).toBe(1);
        expect(halted).toBe(1);
        expect(Array.from(nonfinite).reduce((a, b) => a + b)).toBe(1);
      }
    },
  );

  it('what halted once stays halted, and finite gradients say of themselves that they are', async () => {
    const { norm, halted } = await normOf(random(192, 2), 5, 1, 1);
    expect([norm[2], halted]).toEqual([0, 1]);
    expect((await normOf(random(192, 2), 5, 1, 0)).halted).toBe(0);
  });

  it('finite gradients whose squares overflow raise the flag; the largest that fit do not', async () => {
    const grads = new Float64Array(64);
    grads[3] = 1e30;
    expect((await normOf(grads, 4, 1)).norm[2]).toBe(1);
    grads[3] = 1e18;
    const { norm } = await normOf(grads, 4, 1);
    expect(norm[2]).toBe(0);
    expect(norm[0]! / 1e18).toBeCloseTo(1, 5);
  });

  it.each([64, 320, 4160])(
    'ten steps of AdamW on %i parameters follow the reference',
    async (N) => {
      const decay = Array.from({ length: N / 64 }, (_, block) => (block % 3 === 1 ? 0 : 1));
      const decays = (i: number) => decay[Math.floor(i / 64)] === 1;
      const clip = 0.375;
      let gpu = { weights: random(N, 1) as ArrayLike<number>, m: zeros(N), v: zeros(N) };
      let expected: Record<'x' | 'm' | 'v', Float64Array> = {
        x: random(N, 1),
        m: new Float64Array(N),
        v: new Float64Array(N),
      };
      for (let t = 1; t <= 10; t++) {
        const grads = random(N, 10 + t);
        const out = await runKernel(
          adamw,
          { N, BLOCKS: N / 64 },
          {
            ...gpu,
            grads,
            decay,
            norm: [2, clip, 0, 0],
            step: stepBuffer(SETTINGS, t),
            halted: [0],
          },
          { WG },
        );
        gpu = { weights: out.weights!, m: out.m!, v: out.v! };
        const clipped = grads.map((g) => g * clip);
        const { x, m, v } = expected;
        const decayed = reference.adamwStep(x, clipped, m, v, { ...SETTINGS, step: t });
        const plain = reference.adamwStep(x, clipped, m, v, {
          ...SETTINGS,
          weightDecay: 0,
          step: t,
        });
        expected = {
          ...decayed,
          x: decayed.x.map((value, i) => (decays(i) ? value : plain.x[i]!)),
        };
      }
      // A step is elementwise: a few roundings each, ten steps.
      expectClose(gpu.weights, expected.x, 2e-6, 'weights');
      expectClose(gpu.m, expected.m, 2e-6, 'm');
      expectClose(gpu.v, expected.v, 2e-6, 'v');
      // And the sum of the updates themselves, which is only 1 % of the weights.
      const start = random(N, 1);
      const moved = (x: ArrayLike<number>) => start.map((value, i) => x[i]! - Math.fround(value));
      expectClose(moved(gpu.weights), moved(expected.x), 1e-4, 'sum of updates');
    },
  );

  it('a step that was halted changes nothing, whatever the gradients hold', async () => {
    const N = 128;
    const before = { weights: random(N, 1), m: random(N, 2), v: random(N, 3).map(Math.abs) };
    const grads = random(N, 4);
    grads[5] = Number.NaN;
    const out = await runKernel(
      adamw,
      { N, BLOCKS: 2 },
      {
        ...before,
        grads,
        decay: [1, 1],
        norm: [1, 1, 0, 0],
        step: stepBuffer(SETTINGS, 1),
        halted: [1],
      },
      { WG },
    );
    expect(out.weights).toEqual(Float32Array.from(before.weights));
    expect(out.m).toEqual(Float32Array.from(before.m));
    expect(out.v).toEqual(Float32Array.from(before.v));
  });

  it('ema moves the average and leaves equal weights exactly equal', async () => {
    const N = 192;
    const average = random(N, 1);
    const weights = random(N, 2);
    const run = (a: ArrayLike<number>) =>
      runKernel(ema, { N, decay: 0.992 }, { average: a, weights }, { WG });
    expectClose((await run(average)).average!, reference.ema(average, weights, 0.992), 1e-6);
    expect((await run(weights)).average).toEqual(Float32Array.from(weights));
    const given = { average, weights, halted: [1] };
    const halted = await runKernel(ema, { N, decay: 0.992 }, given, { WG });
    expect(halted.average).toEqual(Float32Array.from(average));
  });
});

const zeros = (N: number): ArrayLike<number> => new Float64Array(N);
