/** LayerNorm forward and backward against f64, over awkward rows and channels. */
import { describe, expect, it } from 'vitest';
import {
  layernormBackward,
  layernormBackwardFused,
  layernormBackwardParams,
  layernormBackwardSums,
  layernormBackwardVec4,
  layernormForward,
  layernormForwardVec4,
} from '../../src/kernels/norm';
import { runsOf, slotsOf } from '../../src/kernels/norm_runs';
import { chooseNorm } from '../../src/kernels/row_choice';
import { expectClose, random } from '../reference/compare';
import * as reference from '../reference/layernorm';
import { runKernel } from '../support/kernel';

/** Rows and channels: one, primes, multiples of the lanes and their neighbours. */
const SHAPES = [
  [1, 1],
  [1, 64],
  [5, 7],
  [13, 31],
  [9, 33],
  [67, 64],
  [3, 257],
];
/** The same for kernels that need a multiple of 4: below, at and above the lanes. */
const FOURS = [
  [1, 4],
  [13, 12],
  [5, 128],
  [67, 64],
  [3, 260],
];
/** The kernel with the shapes that it takes. */
const formsOf = <K extends { name: string }>(any: K, vec4: K) =>
  [any, vec4].flatMap((kernel) =>
    (kernel === any ? SHAPES : FOURS).map(([N, C]) => ({
      kernel,
      N: N!,
      C: C!,
      name: `${kernel.name} of [${N}, ${C}]`,
    })),
  );
/** A thread a row, and threads that share a row. */
const WORKGROUPS = [8, 32, 64];

/**
 * Sums of at most 257 terms of size 1 round to 257·2⁻²⁴ = 1.5e-5 at the very worst and to about
 * √257·2⁻²⁴ = 1e-6 in practice; 1e-5 of the largest value holds that and catches any wrong term.
 */
const TOLERANCE = 1e-5;

/** mean and rstd of each row in turn, as the kernels keep them. */
const interleaved = ({ mean, rstd }: { mean: Float64Array; rstd: Float64Array }) =>
  Array.from(mean).flatMap((mu, n) => [mu, rstd[n]!]);

const make = (N: number, C: number) => ({
  x: random(N * C, 1).map((value) => 3 * value + 0.5),
  weight: random(C, 2).map((value) => 1 + 0.5 * value),
  bias: random(C, 3),
  dy: random(N * C, 4),
});

describe.each(WORKGROUPS)('with workgroups of %i', (WG) => {
  it.each(formsOf(layernormForward, layernormForwardVec4))(
    '$name normalises each row',
    async ({ kernel, N, C }) => {
      const { x, weight, bias } = make(N, C);
      const actual = await runKernel(kernel, { N, C }, { x, weight, bias }, { WG });
      const expected = reference.layernormForward(x, weight, bias, N, C);
      expectClose(actual.out!, expected.y, TOLERANCE, 'out');
      const stats = (of: number) => actual.stats!.filter((_, i) => i % 2 === of);
      expectClose(stats(0), expected.mean, TOLERANCE, 'mean');
      expectClose(stats(1), expected.rstd, TOLERANCE, 'rstd');
    },
  );

  it.each(formsOf(layernormBackward, layernormBackwardVec4))(
    '$name, with and without what went around and the dropout below',
    async ({ kernel, N, C }) => {
      const { x, weight, bias, dy } = make(N, C);
      const { mean, rstd } = reference.layernormForward(x, weight, bias, N, C);
      const { dx } = reference.layernormBackward(dy, x, weight, mean, rstd, N, C);
      const residual = random(N * C, 5);
      const mask = Float64Array.from({ length: N * C }, (_, i) => (i % 3 === 0 ? 0 : 1.25));
      const given = { dy, x, weight, stats: interleaved({ mean, rstd }) };
      const params = { N, C };
      const plain = await runKernel(kernel, params, given, { WG });
      const added = await runKernel(
        kernel,
        params,
        { ...given, residual, mask, dropped: new Float32Array(N * C).fill(7) },
        { WG, RESIDUAL: 1, DROPOUT: 1 },
      );
      // The mask is 0 or exact, and the product is rounded once.
      added.dropped!.forEach((value, i) => {
        expect(value).toBe(Math.fround(added.dx![i]! * mask[i]!));
      });
      // One channel has dx = 0 exactly: what is left of rstd ≈ 300 times rounding is held by the sizes
      // of the terms, not of the result.
      const scale = Math.max(...rstd) * Math.max(...dy.map(Math.abs));
      for (let i = 0; i < dx.length; i++) {
        expect(Math.abs(plain.dx![i]! - dx[i]!)).toBeLessThan(TOLERANCE * scale);
        expect(Math.abs(added.dx![i]! - dx[i]! - residual[i]!)).toBeLessThan(TOLERANCE * scale);
      }
    },
  );

  it.each(SHAPES)('layernorm_backward_params of [%i, %i] sums over rows', async (N, C) => {
    const { x, weight, bias, dy } = make(N!, C!);
    const { mean, rstd } = reference.layernormForward(x, weight, bias, N!, C!);
    const { dweight, dbias } = reference.layernormBackward(dy, x, weight, mean, rstd, N!, C!);
    const given = { dy, x, stats: interleaved({ mean, rstd }) };
    const params = { N: N!, C: C! };
    const replaced = await runKernel(layernormBackwardParams, params, given, { WG });
    expectClose(replaced.dbias!, dbias, TOLERANCE, 'dbias');
    if (C! > 1) expectClose(replaced.dweight!, dweight, TOLERANCE, 'dweight');
    const before = { dweight: random(C!, 6), dbias: random(C!, 7) };
    const added = await runKernel(
      layernormBackwardParams,
      params,
      { ...given, ...before },
      { WG, ACCUMULATE: 1 },
    );
    const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!);
    expectClose(added.dbias!, plus(dbias, before.dbias), TOLERANCE, 'dbias added');
    expectClose(added.dweight!, plus(dweight, before.dweight), TOLERANCE, 'dweight added');
  });

  it.each([
    ...FOURS.map(([N, C]) => ({ N: N!, C: C!, P: runsOf(N!, C!).P })),
    // Runs of three rows, and more runs than rows.
    { N: 67, C: 132, P: 23 },
    { N: 5, C: 64, P: 7 },
    // Runs of one row; a thread that has all the sums of such a row to itself compiles for minutes.
    ...(WG >= 32 ? [{ N: 5, C: 1028, P: 5 }] : []),
  ])(
    'layernorm_backward_fused of [$N, $C] in $P runs is all three gradients',
    async ({ N, C, P }) => {
      const { x, weight, bias, dy } = make(N, C);
      const { mean, rstd } = reference.layernormForward(x, weight, bias, N, C);
      const exact = reference.layernormBackward(dy, x, weight, mean, rstd, N, C);
      const residual = random(N * C, 5);
      const mask = Float64Array.from({ length: N * C }, (_, i) => (i % 3 === 0 ? 0 : 1.25));
      const params = { N, C, P, ROWS: N + 2 * P };
      const constants = { WG, SLOTS: slotsOf(C, WG) };
      const given = { dy, x, weight, stats: interleaved({ mean, rstd }) };
      const plain = () => runKernel(layernormBackwardFused, params, given, constants);
      const { dx } = await plain();
      const added = await runKernel(
        layernormBackwardFused,
        params,
        { ...given, residual, mask, dropped: new Float32Array(N * C).fill(7) },
        { ...constants, RESIDUAL: 1, DROPOUT: 1 },
      );
      added.dropped!.forEach((value, i) => {
        expect(value).toBe(Math.fround(added.dx![i]! * mask[i]!));
      });
      const scale = Math.max(...rstd) * Math.max(...dy.map(Math.abs));
      for (let i = 0; i < N * C; i++) {
        expect(Math.abs(dx![i]! - exact.dx[i]!)).toBeLessThan(TOLERANCE * scale);
        const sum = exact.dx[i]! + residual[i]!;
        expect(Math.abs(added.dx![i]! - sum)).toBeLessThan(TOLERANCE * scale);
      }
      expect(added.dx!.slice(N * C), 'sums of the runs').toEqual(dx!.slice(N * C));
      expect((await plain()).dx, 'same bits twice').toEqual(dx);

      const sums = await runKernel(layernormBackwardSums, params, { dx: dx! }, { WG });
      expectClose(sums.dweight!, exact.dweight, TOLERANCE, 'dweight');
      expectClose(sums.dbias!, exact.dbias, TOLERANCE, 'dbias');
      const before = { dweight: random(C, 6), dbias: random(C, 7) };
      const more = await runKernel(
        layernormBackwardSums,
        params,
        { dx: dx!, ...before },
        { WG, ACCUMULATE: 1 },
      );
      const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!);
      expectClose(more.dweight!, plus(exact.dweight, before.dweight), TOLERANCE, 'dweight added');
      expectClose(more.dbias!, plus(exact.dbias, before.dbias), TOLERANCE, 'dbias added');
    },
  );

  it.each([65, 68])('rows of %i give the same bits twice', async (C) => {
    const N = 67;
    const { x, weight, bias, dy } = make(N, C);
    const once = async () => {
      const { forward, backward } = chooseNorm(C, { software: true });
      const normal = await runKernel(forward, { N, C }, { x, weight, bias }, { WG });
      const saved = { dy, x, stats: normal.stats! };
      const dx = await runKernel(backward, { N, C }, { ...saved, weight }, { WG });
      const sums = await runKernel(layernormBackwardParams, { N, C }, saved, { WG });
      return [normal, dx, sums];
    };
    expect(await once()).toEqual(await once());
  });
});

it.each([layernormForward, layernormForwardVec4])(
  '$name: a large common offset does not cost the variance its digits',
  async (kernel) => {
    const [N, C] = [3, 64];
    const x = random(N * C, 8).map((value) => Math.fround(1000 + value));
    const ones = new Float64Array(C).fill(1);
    const zeros = new Float64Array(C);
    const { out } = await runKernel(kernel, { N, C }, { x, weight: ones, bias: zeros }, { WG: 8 });
    const expected = reference.layernormForward(x, ones, zeros, N, C);
    // The mean of values near 1000 is known to 6e-5 (a unit in the last place); E[x²] − mean² would be
    // off by 0.06.
    expectClose(out!, expected.y, 1e-4, 'out');
  },
);
