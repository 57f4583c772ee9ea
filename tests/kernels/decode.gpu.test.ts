/**
 * The kernels around one decoded token: which sequences still run, the token's embedding, the cache
 * of keys and values, its attention.
 */
import { describe, expect, it } from 'vitest';
import {
  attentionDecode,
  attentionDecodeX4,
  decodeCompact,
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
  { B: 1, T: 5, H: 1, D: 68 },
];

const NONE = 0xffffffff;

/** Row r is that of sequence B − 1 − r, and the first sequence has ended (where it is not the only one). */
const reversed = (B: number) =>
  Array.from({ length: B }, (_, r) => (r === B - 1 && B > 1 ? NONE : B - 1 - r));

/** The kernel with the shapes that it takes. */
const DECODED = [attentionDecode, attentionDecodeX4].flatMap((kernel) =>
  HEADS.filter(({ D }) => kernel === attentionDecode || D <= 64).map((shape) => ({
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
    const rows = reversed(B);
    // What has ended is not stored, and its row of the output stays as it was.
    if (rows.includes(NONE)) stored.set(cache.slice(0, T * 2 * C));
    const now = rows.flatMap((b) => {
      const at = b === NONE ? 0 : row(b, pos[b]!);
      return Array.from(qkv.slice(at, at + 3 * C));
    });
    const actual = await runKernel(
      kernel,
      shape,
      { rows, qkv: now, pos, cache, out: new Float32Array(B * C).fill(7) },
      { WG, D4: D / 4 },
    );
    const { o } = attentionForward(qkv, { B, T, C, H });
    const expected = rows.flatMap((b) => {
      const at = (b * T + pos[b]!) * C;
      return b === NONE ? new Array<number>(C).fill(7) : Array.from(o.slice(at, at + C));
    });
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
      const { out } = await runKernel(
        kernel,
        shape,
        { rows: [0], qkv, pos: [3], cache },
        { WG, D4: 1 },
      );
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
    const rows = reversed(B);
    const before = new Float32Array(B * C).fill(7);
    const inputs = { rows, tokens, pos, wte, wpe, out: before };
    const { out } = await runKernel(decodeEmbedding, shape, inputs, { WG });
    const expected = rows.flatMap((b) =>
      Array.from({ length: C }, (_, c) => {
        const t = pos[b] ?? 0;
        return b === NONE ? 7 : wte[tokens[b * T + t]! * C + c]! + wpe[t * C + c]!;
      }),
    );
    expectClose(out!, expected, 2e-7, 'one addition');
  });

  it.each([1, 2, 63, 64, 65, 200])('decode_compact lists those of %i that still run', async (B) => {
    for (const ended of [
      () => false,
      () => true,
      (b: number) => b % 3 === 1,
      (b: number) => b > 1,
    ]) {
      const done = Array.from({ length: B }, (_, b) => (ended(b) ? 1 : 0));
      const { rows } = await runKernel(decodeCompact, { B }, { done }, { WG });
      const running = done.flatMap((is, b) => (is ? [] : [b]));
      const none = new Array<number>(B - running.length).fill(NONE);
      expect(Array.from(rows!)).toEqual([...running, ...none]);
    }
  });
});
