/** find_nonfinite against a scan of the bits on the host, to the bit. */
import { describe, expect, it } from 'vitest';
import { findNonfinite } from '../../src/kernels/nonfinite';
import { runKernel } from '../support/kernel';

/** What `found` is filled with. */
const FINITE = 0xffff_ffff;
const EXPONENT = 0x7f80_0000;
const BAD = {
  infinity: 0x7f80_0000,
  'minus infinity': 0xff80_0000,
  NaN: 0x7fc0_0000,
  'a signalling NaN': 0x7f80_0001,
  'a negative NaN': 0xffff_ffff,
};
/** Zeros, subnormals, the largest floats: all finite. */
const FINITE_BITS = [0, 0x8000_0000, 1, 0x807f_ffff, 0x7f7f_ffff, 0xff7f_ffff, 0x3f80_0000];

const finite = (N: number) =>
  Uint32Array.from({ length: N }, (_, i) => FINITE_BITS[(i * 5 + (i >> 3)) % FINITE_BITS.length]!);

function firstOf(values: Uint32Array): number {
  const at = values.findIndex((bits) => (bits & EXPONENT) === EXPONENT);
  return at < 0 ? FINITE : at;
}

async function find(values: Uint32Array, WG: number, K = 3, at = 1) {
  const found = new Uint32Array(K).fill(FINITE);
  const params = { N: values.length, K, at };
  return Array.from((await runKernel(findNonfinite, params, { values, found }, { WG })).found!);
}

describe.each([8, 64, 256])('with workgroups of %i', (WG) => {
  it.each([1, 2, 7, 63, 64, 65, 257, 4099, 65_537])(
    'the first of several in %i values, wherever it stands; none is none',
    async (N) => {
      const clean = finite(N);
      expect(await find(clean, WG)).toEqual([FINITE, FINITE, FINITE]);
      for (const place of new Set([0, N >> 1, N - 1])) {
        const values = clean.slice();
        // Every bad value from there on to the end: the least index must win.
        for (let i = place, b = 0; i < N; i += 1 + (i % 5), b++) {
          values[i] = Object.values(BAD)[b % 5]!;
        }
        expect(firstOf(values)).toBe(place);
        expect(await find(values, WG)).toEqual([FINITE, place, FINITE]);
      }
    },
  );

  it.each(Object.entries(BAD))('%s is found by its bits alone', async (_, bits) => {
    const values = finite(100);
    values[83] = bits;
    expect(await find(values, WG, 1, 0)).toEqual([83]);
  });
});

it('more workgroups than one dimension holds, and what lies behind N is not looked at', async () => {
  const N = 8 * 65_535 + 77;
  const values = finite(N);
  values[N - 1] = BAD.NaN;
  expect(await find(values, 8)).toEqual([FINITE, N - 1, FINITE]);
  const padded = finite(64);
  padded[63] = BAD.infinity;
  const found = [FINITE];
  const params = { N: 63, K: 1, at: 0 };
  const met = await runKernel(findNonfinite, params, { values: padded, found }, { WG: 64 });
  expect(Array.from(met.found!)).toEqual([FINITE]);
});

it('a second scan into the same place keeps the least index of both', async () => {
  const values = finite(128);
  values[90] = BAD.NaN;
  const once = await runKernel(
    findNonfinite,
    { N: 128, K: 2, at: 0 },
    { values, found: [17, FINITE] },
    { WG: 64 },
  );
  expect(Array.from(once.found!)).toEqual([17, FINITE]);
});
