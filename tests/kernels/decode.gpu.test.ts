/** The kernels around one decoded token: its embedding, the cache of keys and values, its attention. */
import { describe, expect, it } from 'vitest';
import {
  attentionDecode,
  attentionDecodeX4,
  decodeEmbedding,
  kvStore,
} from '../../src/kernels/sampling';
import { attentionForward } from '../reference/attention';
import { expectClose, random } from '../reference/compare';
import { runKernel } from '../support/kernel';

/** B×T×H×D; D/4 sizes the shader's registers. */
const HEADS = [
  { B: 1, T: 1, H: 1, D: 4 },
  { B: 3, T: 17, H: 2, D: 12 },
  { B: 2, T: 64, H: 4, D: 16 },
  { B: 5, T: 9, H: 3, D: 32 },
  { B: 1, T: 33, H: 1, D: 64 },
];

/** The kernel with the shapes that it takes. */
const DECODED = [attentionDecode, attentionDecodeX4].flatMap((kernel) =>
  HEADS.filter(({ D }) => kernel === attentionDecode || D <= 32).map((shape) => ({
    kernel,
    shape,
    name: `${kernel.name} of ${Object.values(shape).join('×')}`,
  })),
);

describe.each([8, 64])('with workgroups of %i', (WG) => {
  it.each(DECODED)('$name is one row of full attention', async ({ kernel, shape }) => {
    const { B, T, H, D } = shape;
    const C = H * D;
    const qkv = random(B * T * 3 * C, 1);
    const pos = Array.from({ length: B }, (_, b) => (b === 0 ? T - 1 : (b * 7) % T));
    const row = (b: number, t: number) => (b * T + t) * 3 * C;
    // Rows before pos[b] are known; those from it on hold NaN, which would spread if it were read.
    const cache = new Float32Array(B * T * 2 * C).fill(Number.NaN);
    const stored = new Float32Array(cache);
    for (let b = 0; b < B; b++) {
      for (let t = 0; t <= pos[b]!; t++) {
        const kv = qkv.slice(row(b, t) + C, row(b, t) + 3 * C);
        stored.set(kv, (b * T + t) * 2 * C);
        if (t < pos[b]!) cache.set(kv, (b * T + t) * 2 * C);
      }
    }
    const now = pos.map((t, b) => qkv.slice(row(b, t), row(b, t) + 3 * C));
    const actual = await runKernel(
      kernel,
      shape,
      { qkv: now.flatMap((part) => Array.from(part)), pos, cache },
      { WG, D4: D / 4 },
    );
    const { o } = attentionForward(qkv, { B, T, C, H });
    const expected = pos.flatMap((t, b) =>
      Array.from(o.slice((b * T + t) * C, (b * T + t + 1) * C)),
    );
    // 64 exponentials and 64·D products at most: rounding of about 1e-6 of the largest value.
    expectClose(actual.out!, expected, 1e-5, 'out');
    expect(actual.cache).toEqual(stored);
  });

  it.each([attentionDecode, attentionDecodeX4])(
    '$name holds scores of ±300 without overflow',
    async (kernel) => {
      const shape = { B: 1, T: 4, H: 1, D: 4 };
      const keys = [150, -150, 149, 0];
      const cache = keys.flatMap((k) => [k, 0, 0, 0, k, 1, 0, 0]);
      const qkv = [4, 0, 0, 0, -150, 0, 0, 0, 7, 7, 7, 7];
      const { out } = await runKernel(kernel, shape, { qkv, pos: [3], cache }, { WG, D4: 1 });
      const near = Math.exp(-2);
      expectClose(out!, [(150 + 149 * near) / (1 + near), 1, 0, 0], 1e-5);
    },
  );

  it.each([
    { B: 1, S: 1, T: 1, C: 1 },
    { B: 3, S: 5, T: 7, C: 11 },
    { B: 2, S: 8, T: 16, C: 64 },
  ])('kv_store of %o fills the first rows and leaves the rest', async (shape) => {
    const { B, S, T, C } = shape;
    const qkv = random(B * S * 3 * C, 2).map(Math.fround);
    const cache = new Float32Array(B * T * 2 * C).fill(-1);
    const expected = new Float32Array(cache);
    for (let b = 0; b < B; b++) {
      for (let s = 0; s < S; s++) {
        const from = (b * S + s) * 3 * C;
        expected.set(qkv.slice(from + C, from + 3 * C), (b * T + s) * 2 * C);
      }
    }
    expect((await runKernel(kvStore, shape, { qkv, cache }, { WG })).cache).toEqual(expected);
  });

  it.each([
    { B: 1, T: 1, C: 1, V: 1, P: 1 },
    { B: 7, T: 13, C: 33, V: 29, P: 17 },
  ])('decode_embedding of %o embeds the last known token', async (shape) => {
    const { B, T, C, V, P } = shape;
    const tokens = Array.from({ length: B * T }, (_, i) => (i * 11) % V);
    const pos = Array.from({ length: B }, (_, b) => (b * 5) % T);
    const wte = random(V * C, 3);
    const wpe = random(P * C, 4);
    const { out } = await runKernel(decodeEmbedding, shape, { tokens, pos, wte, wpe }, { WG });
    const expected = pos.flatMap((t, b) =>
      Array.from({ length: C }, (_, c) => wte[tokens[b * T + t]! * C + c]! + wpe[t * C + c]!),
    );
    expectClose(out!, expected, 2e-7, 'one addition');
  });
});
