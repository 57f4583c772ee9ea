/**
 * Attention forward and backward against f64, over awkward lengths, batches and head sizes:
 * attention_forward, attention_backward_d, attention_backward_dq, attention_backward_dkv, the four-row
 * forms attention_forward_x4, attention_backward_dq_x4, attention_backward_dkv_x4, those that read
 * images (attention_forward_image, attention_backward_dq_image, attention_backward_dkv_image), and, where
 * there are subgroups, those whose loads quads share (attention_forward_quad, attention_backward_dq_quad,
 * attention_backward_dkv_quad).
 */
import { describe, expect, it } from 'vitest';
import {
  attentionBackwardD,
  attentionBackwardDkv,
  attentionBackwardDkvImage,
  attentionBackwardDkvQuad,
  attentionBackwardDkvX4,
  attentionBackwardDq,
  attentionBackwardDqImage,
  attentionBackwardDqQuad,
  attentionBackwardDqX4,
  attentionForward,
  attentionForwardImage,
  attentionForwardQuad,
  attentionForwardX4,
} from '../../src/kernels/attention';
import { chooseAttention } from '../../src/kernels/attention_choice';
import * as reference from '../reference/attention';
import { expectClose, random } from '../reference/compare';
import { runKernel, testGpu } from '../support/kernel';

interface Shape {
  B: number;
  T: number;
  H: number;
  D: number;
}

const SHAPES: Shape[] = [
  { B: 1, T: 1, H: 1, D: 4 },
  { B: 2, T: 7, H: 3, D: 4 },
  { B: 3, T: 13, H: 2, D: 16 },
  { B: 2, T: 64, H: 4, D: 16 },
  { B: 1, T: 65, H: 2, D: 32 },
  { B: 1, T: 18, H: 2, D: 20 },
  { B: 2, T: 6, H: 1, D: 24 },
  { B: 1, T: 3, H: 3, D: 28 },
  { B: 1, T: 35, H: 1, D: 8 },
  { B: 1, T: 130, H: 1, D: 12 },
  { B: 1, T: 9, H: 2, D: 64 },
  { B: 1, T: 70, H: 1, D: 64 },
  { B: 1, T: 11, H: 1, D: 128 },
];

const hasSubgroups = (await testGpu()).offers('subgroups');

const byQuads = {
  forward: attentionForwardQuad,
  backwardDq: attentionBackwardDqQuad,
  backwardDkv: attentionBackwardDkvQuad,
  mostD: 64,
};

/** One and four rows a thread, in workgroups as a GPU and as a software adapter gets them. */
const VARIANTS = {
  'one row a thread': {
    forward: attentionForward,
    backwardDq: attentionBackwardDq,
    backwardDkv: attentionBackwardDkv,
    WG: 64,
    mostD: 128,
  },
  'four rows a thread': {
    forward: attentionForwardX4,
    backwardDq: attentionBackwardDqX4,
    backwardDkv: attentionBackwardDkvX4,
    WG: 8,
    mostD: 64,
  },
  'four rows a thread, by images': {
    forward: attentionForwardImage,
    backwardDq: attentionBackwardDqImage,
    backwardDkv: attentionBackwardDkvImage,
    WG: 8,
    mostD: 64,
  },
  ...(hasSubgroups && {
    'four rows a thread, by quads': { ...byQuads, WG: 4 },
    'four rows a thread, by two quads in a workgroup': { ...byQuads, WG: 8 },
  }),
};
type Variant = (typeof VARIANTS)['one row a thread'] | (typeof byQuads & { WG: number });

/**
 * At most T·D = 2000 terms go into an element, whose rounding (see the matrix products) stays under
 * 1e-6; the exponential of a GPU may be off by 3 + 2|x| units in the last place (WGSL's limit),
 * which for scores of a few units is 1e-6. 1e-5 holds both and catches any wrong term.
 */
const TOLERANCE = 1e-5;

const bits = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);

const inputs = ({ B, T, H, D }: Shape) => ({
  qkv: random(B * T * 3 * H * D, 1),
  dout: random(B * T * H * D, 2),
});

const withC = (shape: Shape) => ({ ...shape, C: shape.H * shape.D });

const constantsOf = ({ WG }: Variant, { D }: Shape) => ({ WG, D4: D / 4 });

const forward = (variant: Variant, shape: Shape, qkv: ArrayLike<number>) =>
  runKernel(variant.forward, { ...shape }, { qkv }, constantsOf(variant, shape));

/** The whole backward: D pre-pass, dQ, dK and dV into one dqkv that holds 7s before. */
async function backward(
  variant: Variant,
  shape: Shape,
  qkv: ArrayLike<number>,
  dout: ArrayLike<number>,
) {
  const params = { ...shape };
  const constants = constantsOf(variant, shape);
  const { out, lse } = await forward(variant, shape, qkv);
  const { dsum } = await runKernel(attentionBackwardD, params, { dout, out: out! });
  const given = { qkv, dout, lse: lse!, dsum: dsum! };
  const start = new Float32Array(qkv.length).fill(7);
  const q = await runKernel(variant.backwardDq, params, { ...given, dqkv: start }, constants);
  const kv = await runKernel(variant.backwardDkv, params, { ...given, dqkv: q.dqkv! }, constants);
  return { dsum: dsum!, afterQ: q.dqkv!, dqkv: kv.dqkv! };
}

/** The part 0 (q), 1 (k) or 2 (v) of every row of a [N,3C] array. */
const part = (values: ArrayLike<number>, which: number, C: number) =>
  Float64Array.from({ length: values.length / 3 }, (_, i) => {
    const row = Math.floor(i / C);
    return values[row * 3 * C + which * C + (i % C)]!;
  });

describe.each(Object.entries(VARIANTS))('attention forward, %s', (_, variant) => {
  it.each(SHAPES.filter(({ D }) => D <= variant.mostD))(
    'gives out and lse: B $B, T $T, H $H, D $D',
    async (shape) => {
      const { qkv } = inputs(shape);
      const { out, lse } = await forward(variant, shape, qkv);
      const expected = reference.attentionForward(qkv, withC(shape));
      expectClose(out!, expected.o, TOLERANCE, 'out');
      expectClose(lse!, expected.lse, TOLERANCE, 'lse');
    },
  );

  it('stays finite and right when scores are in the hundreds', async () => {
    const shape = { B: 1, T: 33, H: 2, D: 16 };
    const qkv = inputs(shape).qkv.map((x) => 8 * x);
    const { out, lse } = await forward(variant, shape, qkv);
    const expected = reference.attentionForward(qkv, withC(shape));
    // A score of 300 has a rounding of 300·2⁻²⁴ = 2e-5, and so has its exponential.
    expectClose(out!, expected.o, 1e-4, 'out');
    expectClose(lse!, expected.lse, TOLERANCE, 'lse');
  });

  it('does not see later positions, to the bit', async () => {
    const shape = { B: 1, T: 21, H: 2, D: 8 };
    const C = shape.H * shape.D;
    const { qkv } = inputs(shape);
    const changed = qkv.map((x, i) => (i >= 10 * 3 * C ? 50 - 3 * x : x));
    const first = await forward(variant, shape, qkv);
    const second = await forward(variant, shape, changed);
    expect(bits(second.out!).slice(0, 10 * C)).toEqual(bits(first.out!).slice(0, 10 * C));
    expect(bits(second.out!).slice(10 * C)).not.toEqual(bits(first.out!).slice(10 * C));
  });
});

describe.each(Object.entries(VARIANTS))('attention backward, %s', (_, variant) => {
  it.each(SHAPES.filter(({ D }) => D <= variant.mostD))(
    'gives the gradients of q, k and v: B $B, T $T, H $H, D $D',
    async (shape) => {
      const { B, T, H, D } = shape;
      const C = H * D;
      const { qkv, dout } = inputs(shape);
      const { dsum, afterQ, dqkv } = await backward(variant, shape, qkv, dout);

      const { o } = reference.attentionForward(qkv, withC(shape));
      const expectedDsum = new Float64Array(B * H * T);
      for (let i = 0; i < B * T * C; i++) {
        const t = Math.floor(i / C);
        const h = Math.floor((i % C) / D);
        expectedDsum[(Math.floor(t / T) * H + h) * T + (t % T)]! += dout[i]! * o[i]!;
      }
      expectClose(dsum, expectedDsum, TOLERANCE, 'dsum');

      const expected = reference.attentionBackward(dout, qkv, withC(shape));
      // With one key a softmax is constant: dq and dk are rounding, so the whole sets the scale.
      ['dq', 'dk', 'dv'].forEach((name, which) => {
        if (T > 1) expectClose(part(dqkv, which, C), part(expected, which, C), TOLERANCE, name);
      });
      expectClose(dqkv, expected, TOLERANCE, 'dqkv');
      for (const which of [1, 2]) {
        expect(
          part(afterQ, which, C).every((x) => x === 7),
          'dq leaves k and v alone',
        ).toBe(true);
      }
    },
  );
});

describe.each(Object.entries(VARIANTS))('attention, %s', (_, variant) => {
  it('gives the same bits twice', async () => {
    const shape = { B: 2, T: 65, H: 2, D: 16 };
    const { qkv, dout } = inputs(shape);
    const first = await forward(variant, shape, qkv);
    const second = await forward(variant, shape, qkv);
    expect(bits(second.out!)).toEqual(bits(first.out!));
    expect(bits(second.lse!)).toEqual(bits(first.lse!));
    const firstBack = await backward(variant, shape, qkv, dout);
    const secondBack = await backward(variant, shape, qkv, dout);
    expect(bits(secondBack.dqkv)).toEqual(bits(firstBack.dqkv));
  });
});

/** Sequences that share rows of T tokens. */
const PACKINGS = [
  { T: 8, H: 2, D: 8, rows: [[8], [5, 3], [1, 6, 1]] },
  {
    T: 21,
    H: 1,
    D: 16,
    rows: [
      [4, 4, 4, 4, 4, 1],
      [17, 4],
      [20, 1],
    ],
  },
  { T: 64, H: 4, D: 16, rows: [[40, 24], [25, 13, 26], [1, 1, 62], [64]] },
  {
    T: 67,
    H: 2,
    D: 32,
    rows: [
      [33, 34],
      [3, 29, 35],
    ],
  },
  { T: 70, H: 1, D: 64, rows: [[9, 51, 10]] },
];

describe.each(Object.entries(VARIANTS))('attention over packed rows, %s', (_, variant) => {
  it.each(PACKINGS.filter(({ D }) => D <= variant.mostD))(
    'is that of every sequence alone: T $T, D $D, $rows',
    async ({ T, H, D, rows }) => {
      const shape = { B: rows.length, T, H, D };
      const C = H * D;
      const { qkv, dout } = inputs(shape);
      const positions = rows.flatMap((lengths) =>
        lengths.flatMap((length) => Array.from({ length }, (_, t) => t)),
      );
      expect(positions.length).toBe(shape.B * T);
      const constants = { ...constantsOf(variant, shape), PACKED: 1 };
      const { out, lse } = await runKernel(variant.forward, shape, { qkv, positions }, constants);
      const { dsum } = await runKernel(attentionBackwardD, shape, { dout, out: out! });
      const given = { qkv, dout, lse: lse!, dsum: dsum!, positions };
      const dqkv = new Float32Array(qkv.length).fill(7);
      const q = await runKernel(variant.backwardDq, shape, { ...given, dqkv }, constants);
      const both = await runKernel(
        variant.backwardDkv,
        shape,
        { ...given, dqkv: q.dqkv! },
        constants,
      );

      let first = 0;
      for (const length of rows.flat()) {
        const alone = { B: 1, T: length, C, H };
        const own = (values: ArrayLike<number>, width: number) =>
          Array.from(values).slice(first * width, (first + length) * width);
        const [ownQkv, ownDout] = [own(qkv, 3 * C), own(dout, C)];
        const expected = reference.attentionForward(ownQkv, alone);
        expectClose(own(out!, C), expected.o, TOLERANCE, `out from ${first}`);
        const gradient = reference.attentionBackward(ownDout, ownQkv, alone);
        expectClose(own(both.dqkv!, 3 * C), gradient, TOLERANCE, `dqkv from ${first}`);
        first += length;
      }
    },
  );
});

const [, fourRows, ...likeFourRows] = Object.entries(VARIANTS);

const alike = likeFourRows.flatMap(([name, variant]) =>
  [16, 64].map((D) => [name, D, variant] as const),
);

it.each(alike)('%s has the bits of that of buffers, D %i', async (_, D, variant) => {
  const shape = { B: 2, T: 70, H: 2, D };
  const { qkv, dout } = inputs(shape);
  const expected = await backward(fourRows![1], shape, qkv, dout);
  const met = await backward(variant, shape, qkv, dout);
  expect(bits(met.dsum)).toEqual(bits(expected.dsum));
  expect(bits(met.dqkv)).toEqual(bits(expected.dqkv));
});

describe('the attention chosen', () => {
  it.each([
    [16, { software: true }, attentionForwardX4],
    [32, { software: true }, attentionForwardX4],
    [64, { software: true }, attentionForwardX4],
    [68, { software: true }, attentionForward],
    [16, { software: false }, attentionForward],
    [16, { software: true, images: true }, attentionForwardImage],
    [64, { software: true, images: true }, attentionForwardImage],
    [16, { software: true, subgroups: true }, attentionForwardQuad],
    [64, { software: true, subgroups: true }, attentionForwardQuad],
    [68, { software: true, subgroups: true }, attentionForward],
    [16, { software: false, subgroups: true }, attentionForward],
    [16, { software: false, images: true }, attentionForward],
  ])('for D %i on %o', (D, device, expected) => {
    const chosen = chooseAttention({ N: 100, H: 4, D }, device);
    expect(chosen.forward).toBe(expected);
    expect(chosen.constants.D4).toBe(D / 4);
  });

  it.each([
    ['many rows', { N: 8192, H: 4, D: 16 }],
    ['rows that no copy takes at once', { N: 100, H: 3, D: 16 }],
  ])('reads buffers where there are %s', (_, sizes) => {
    const { forward } = chooseAttention(sizes, { software: true, images: true });
    expect(forward).toBe(attentionForwardX4);
  });
});
