/**
 * Global norm and clipping (grad_norm_partial, adamw), AdamW over ten steps, the skip of a bad step,
 * models that are updated together, and the moving average.
 */
import { describe, expect, it } from 'vitest';
import { adamw, gradNormPartial } from '../../src/kernels/optimizer';
import * as reference from '../reference/adamw';
import { expectClose, random } from '../reference/compare';
import { runKernel } from '../support/kernel';

const SETTINGS = { lr: 3e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
const zeros = (N: number): ArrayLike<number> => new Float64Array(N);
const bits = (values: readonly number[]) => new Uint32Array(Float32Array.from(values).buffer);

/** The control buffer before update t: f32 bits, and whether updates are halted. */
function controlOf({ lr, beta1, beta2, eps, weightDecay }: typeof SETTINGS, t: number, halted = 0) {
  const control = new Uint32Array(16);
  control[4] = halted;
  const unbias = [1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)];
  control.set(bits([lr, beta1, beta2, eps, weightDecay, ...unbias]), 8);
  return control;
}

/** Weights, moments and decay of a model that nothing is asked of. */
const still = (N: number) => ({
  weights: random(N, 1),
  m: zeros(N),
  v: zeros(N),
  decay: new Float64Array(N / 64).fill(1),
});

describe.each([8, 64])('with workgroups of %i', (WG) => {
  /** The partial norms of models that are updated together, P parts each. */
  async function partialOf(models: readonly ArrayLike<number>[], P: number) {
    const all = P * models.length;
    let partial: ArrayLike<number> = zeros(2 * all);
    for (const [at, grads] of models.entries()) {
      const params = { N: grads.length, P: all, FIRST: at * P, COUNT: P };
      const out = await runKernel(gradNormPartial, params, { grads, partial }, { WG });
      partial = out.partial!;
    }
    return partial;
  }

  /** What an update of one model tells of norms; `mine` is its place among the models. */
  async function normOf(
    grads: ArrayLike<number>,
    P: number,
    max_norm: number,
    { halted = 0, others = [] as ArrayLike<number>[] } = {},
  ) {
    const N = grads.length;
    const partial = await partialOf([...others, grads], P);
    const all = P * (others.length + 1);
    const out = await runKernel(
      adamw,
      { N, BLOCKS: N / 64, P: all, FIRST: all - P, COUNT: P, max_norm, average_decay: 0 },
      { ...still(N), grads, partial, control: controlOf(SETTINGS, 1, halted) },
      { WG },
    );
    const control = out.control as unknown as Uint32Array;
    return {
      norm: new Float32Array(control.slice(0, 4).buffer),
      halted: control[4]!,
      counts: Array.from(partial).slice(all),
      weights: out.weights!,
    };
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
        const { norm, counts, halted } = await normOf(grads, 5, 1);
        expect(norm[2]).toBe(1);
        expect(halted).toBe(1);
        expect(counts.reduce((a, b) => a + b)).toBe(1);
      }
    },
  );

  it('what halted once stays halted, and finite gradients say of themselves that they are', async () => {
    const { norm, halted, weights } = await normOf(random(192, 2), 5, 1, { halted: 1 });
    expect([norm[2], halted]).toEqual([0, 1]);
    expect(weights).toEqual(Float32Array.from(still(192).weights));
    expect((await normOf(random(192, 2), 5, 1)).halted).toBe(0);
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

  it('of models that are updated together, each has its own norm, and one halts all', async () => {
    const [grads, other] = [random(192, 2), random(320, 3)];
    const alone = await normOf(grads, 5, 1);
    const beside = await normOf(grads, 5, 1, { others: [other] });
    expect(beside.norm).toEqual(alone.norm);
    expect(beside.weights).toEqual(alone.weights);
    for (const bad of [Number.NaN, 1e30]) {
      other[100] = bad;
      const { norm, halted, weights } = await normOf(grads, 5, 1, { others: [other] });
      expect(norm).toEqual(alone.norm);
      expect(halted).toBe(1);
      expect(weights).toEqual(Float32Array.from(still(192).weights));
    }
  });

  it.each([64, 320, 4160])(
    'ten steps of AdamW on %i parameters follow the reference',
    async (N) => {
      const decay = Array.from({ length: N / 64 }, (_, block) => (block % 3 === 1 ? 0 : 1));
      const decays = (i: number) => decay[Math.floor(i / 64)] === 1;
      let gpu = { weights: random(N, 1) as ArrayLike<number>, m: zeros(N), v: zeros(N) };
      let expected: Record<'x' | 'm' | 'v', Float64Array> = {
        x: random(N, 1),
        m: new Float64Array(N),
        v: new Float64Array(N),
      };
      for (let t = 1; t <= 10; t++) {
        const grads = random(N, 10 + t);
        const partial = await partialOf([grads], 7);
        const out = await runKernel(
          adamw,
          { N, BLOCKS: N / 64, P: 7, FIRST: 0, COUNT: 7, max_norm: 5, average_decay: 0 },
          { ...gpu, grads, decay, partial, control: controlOf(SETTINGS, t) },
          { WG },
        );
        gpu = { weights: out.weights!, m: out.m!, v: out.v! };
        const clip = reference.clipCoefficient(reference.globalNorm([grads]), 5);
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

  it('the average moves with the weights, and leaves equal weights exactly equal', async () => {
    const N = 192;
    const grads = random(N, 4);
    const partial = await partialOf([grads], 3);
    const params = { N, BLOCKS: 3, P: 3, FIRST: 0, COUNT: 3, max_norm: 1, average_decay: 0.992 };
    const run = (average: ArrayLike<number>, lr: number, halted = 0) =>
      runKernel(
        adamw,
        params,
        {
          ...still(N),
          grads,
          average,
          partial,
          control: controlOf({ ...SETTINGS, lr }, 1, halted),
        },
        { WG, AVERAGE: 1 },
      );
    const average = random(N, 5);
    const moved = await run(average, 0.1);
    expectClose(moved.average!, reference.ema(average, moved.weights!, 0.992), 1e-6);
    const { weights } = still(N);
    expect((await run(weights, 0)).average).toEqual(Float32Array.from(weights));
    expect((await run(average, 0.1, 1)).average).toEqual(Float32Array.from(average));
  });

  it('a bad step changes nothing, whatever the gradients hold', async () => {
    const N = 128;
    const before = { weights: random(N, 1), m: random(N, 2), v: random(N, 3).map(Math.abs) };
    const grads = random(N, 4);
    grads[5] = Number.NaN;
    const out = await runKernel(
      adamw,
      { N, BLOCKS: 2, P: 4, FIRST: 0, COUNT: 4, max_norm: 1, average_decay: 0.9 },
      {
        ...before,
        grads,
        average: random(N, 6),
        decay: [1, 1],
        partial: await partialOf([grads], 4),
        control: controlOf(SETTINGS, 1),
      },
      { WG, AVERAGE: 1 },
    );
    expect(out.weights).toEqual(Float32Array.from(before.weights));
    expect(out.m).toEqual(Float32Array.from(before.m));
    expect(out.v).toEqual(Float32Array.from(before.v));
    expect(out.average).toEqual(Float32Array.from(random(N, 6)));
  });
});
