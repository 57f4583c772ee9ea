/** Randomness and sampling: Philox bit by bit, draws against the reference and by their distribution. */
import { describe, expect, it } from 'vitest';
import { ceil4 } from '../../src/gpu/kernel';
import { sampleIterations } from '../../src/kernels/decode_choice';
import { dropoutMask } from '../../src/kernels/dropout';
import { sampleToken } from '../../src/kernels/sampling';
import { rowWorkgroupSize } from '../../src/kernels/workgroup';
import { expectClose, random } from '../reference/compare';
import { logSoftmax } from '../reference/crossEntropy';
import { dropoutMask as referenceMask } from '../reference/dropout';
import { philox4x32, uniformFromU32 } from '../reference/philox';
import * as reference from '../reference/sampling';
import { runKernel } from '../support/kernel';
import { inRows } from '../support/rows';

const KEY = [0xdeadbeef, 12345] as const;

interface Draw {
  V: number;
  temperature: number;
  top_k?: number;
  top_p?: number;
}

/** One token for each row of logits, from fresh sequences of one token; B follows from the logits. */
async function draw(WG: number, logits: ArrayLike<number>, settings: Draw, first = 1000) {
  const B = logits.length / settings.V;
  const fresh = { tokens: new Int32Array(B * 2), pos: zeros(B), done: zeros(B), length: zeros(B) };
  const rows = Array.from({ length: B }, (_, b) => b);
  const out = await runKernel(
    sampleToken,
    { B, T: 2, R: 1, top_k: 0, top_p: 1, eot: 0, stop_at_eot: 0, ...settings },
    {
      rows,
      logits: inFours(logits, settings.V),
      step: [...KEY, first, 0],
      ...fresh,
      logprobs: zeros(B),
    },
    { WG },
  );
  const tokens = Array.from({ length: B }, (_, b) => out.tokens![2 * b + 1]!);
  return { tokens, logprobs: out.logprobs!, out };
}

const inFours = (logits: ArrayLike<number>, V: number) => inRows(logits, V, ceil4(V));
const zeros = (size: number) => new Uint32Array(size);
const uniformOf = (sequence: number, position: number) =>
  uniformFromU32(philox4x32([sequence, position, 0, 0], KEY)[0]!);

describe.each([8, 64])('with workgroups of %i', (WG) => {
  it.each([1, 3, 4, 257, 1030])(
    'dropout_mask of three places of %i elements is the reference’s',
    async (N) => {
      const [first, S, update, p] = [5, 3, 3, 0.25];
      const { mask } = await runKernel(
        dropoutMask,
        { first, S, N, skip: 0, p },
        { step: [...KEY, update, 0] },
        { WG },
      );
      const uniforms = Array.from({ length: S * N }, (_, index) => {
        const [place, i] = [Math.floor(index / N), index % N];
        return uniformFromU32(
          philox4x32([Math.floor(i / 4), first + place, update, 1], KEY)[i % 4]!,
        );
      });
      expect(mask).toEqual(Float32Array.from(referenceMask(uniforms, p)));
      // From the second four of each place on: what the whole has there.
      if (N <= 4) return;
      const tail = await runKernel(
        dropoutMask,
        { first, S, N: N - 4, skip: 1, p },
        { step: [...KEY, update, 0] },
        { WG },
      );
      expect(tail.mask).toEqual(mask!.filter((_, i) => i % N >= 4));
    },
  );

  it('dropout_mask drops below a uniform’s 24 bits exactly', async () => {
    const step = [...KEY, 9, 0];
    for (let i = 0; i < 8; i++) {
      const u = uniformFromU32(philox4x32([i >> 2, 5, 9, 1], KEY)[i % 4]!);
      const at = async (p: number) =>
        (await runKernel(dropoutMask, { first: 5, S: 1, N: 8, skip: 0, p }, { step }, { WG }))
          .mask![i];
      expect(await at(u), `element ${i} kept at p = u`).not.toBe(0);
      expect(await at(u + 2 ** -24), `element ${i} dropped just above`).toBe(0);
    }
  });

  it('sample_token draws with Philox’s published answer for counter 0 and key 0', async () => {
    const V = 4096;
    const { tokens } = await runKernel(
      sampleToken,
      { B: 1, V, T: 1, R: 1, temperature: 1, top_k: 0, top_p: 1, eot: 0, stop_at_eot: 0 },
      // Position −1, so that the new token's position is 0.
      {
        rows: [0],
        logits: new Float32Array(V),
        step: zeros(4),
        tokens: [0],
        pos: [0xffffffff],
        done: [0],
        length: [0],
        logprobs: [0],
      },
      { WG },
    );
    expect(tokens![0]).toBe(0x6627e8d5 >>> 20);
  });

  const CASES: Draw[] = [
    { V: 1, temperature: 1 },
    { V: 2, temperature: 1 },
    { V: 7, temperature: 0.7 },
    { V: 97, temperature: 1 },
    { V: 97, temperature: 1.3, top_k: 5 },
    { V: 97, temperature: 0.9, top_p: 0.6 },
    { V: 97, temperature: 1, top_k: 20, top_p: 0.8 },
    { V: 512, temperature: 1 },
    { V: 513, temperature: 0.5, top_k: 512 },
    { V: 2053, temperature: 1, top_k: 40, top_p: 0.95 },
  ];
  it.each(CASES)('%o: the drawn token’s slice of the CDF holds the uniform', async (settings) => {
    const { V, temperature, top_k: topK = 0, top_p: topP = 1 } = settings;
    const B = 37;
    const logits = Float32Array.from(random(B * V, V), (x) => 2 * x);
    const iterations = sampleIterations(V, topK, topP);
    const threads = rowWorkgroupSize('sample_token', iterations, { software: WG === 8 });
    const { tokens, logprobs } = await draw(threads, logits, settings);
    const expected = tokens.map((token, b) => {
      const row = logits.slice(b * V, (b + 1) * V);
      const u = uniformOf(1000 + b, 1);
      const { probs } = reference.sampleToken(row, u, { temperature, topK, topP });
      const before = probs.slice(0, token).reduce((sum, p) => sum + p, 0);
      expect(probs[token], `token ${token} of row ${b} is kept`).toBeGreaterThan(0);
      // The cumulative sums of f32 are off by about 1e-6 of the mass.
      expect(u).toBeGreaterThan(before - 1e-5);
      expect(u).toBeLessThan(before + probs[token]! + 1e-5);
      return logSoftmax(row.map((x) => x / temperature))[token]!;
    });
    expectClose(logprobs, expected, 1e-5, 'log-probability over the whole vocabulary');
  });

  it('temperature 0 takes the lowest of the largest logits, with its log-probability', async () => {
    const V = 70;
    const rows = [3, 64, 0, 69].map((place) => {
      const row = Float32Array.from(random(V, place), (x) => -Math.abs(x) - 2);
      row[place] = -1;
      row[V - 1] = -1;
      return row;
    });
    const logits = rows.flatMap((row) => Array.from(row));
    const { tokens, logprobs } = await draw(WG, logits, { V, temperature: 0 });
    expect(tokens).toEqual([3, 64, 0, 69]);
    const expected = rows.map((row) => reference.sampleToken(row, 0, { temperature: 0 }).logp);
    expectClose(logprobs, expected, 1e-5);
  });

  /** Counts of many draws from one row, against the reference's distribution. */
  async function chiSquare(row: number[], settings: Omit<Draw, 'V'>) {
    const B = 1024;
    const V = row.length;
    const logits = Array.from({ length: B }, () => row).flat();
    const { tokens } = await draw(WG, logits, { V, ...settings }, 50_000);
    const { temperature, top_k: topK = 0, top_p: topP = 1 } = settings;
    const { probs } = reference.sampleToken(row, 0, { temperature, topK, topP });
    const counts = new Float64Array(V);
    for (const token of tokens) counts[token]!++;
    let chi2 = 0;
    let kept = 0;
    probs.forEach((p, v) => {
      if (p === 0) expect(counts[v], `token ${v} was cut`).toBe(0);
      else {
        chi2 += (counts[v]! - B * p) ** 2 / (B * p);
        kept++;
      }
    });
    // Mean k − 1, variance 2(k − 1): five standard deviations, with a fixed seed.
    expect(chi2).toBeLessThan(kept - 1 + 5 * Math.sqrt(2 * (kept - 1)) + 1e-9);
    return kept;
  }

  it('1,024 draws follow the distribution asked for', async () => {
    const row = Array.from(random(16, 3), Math.fround);
    expect(await chiSquare(row, { temperature: 1 })).toBe(16);
    expect(await chiSquare(row, { temperature: 0.6 })).toBe(16);
    expect(await chiSquare(row, { temperature: 1, top_k: 4 })).toBe(4);
    expect(await chiSquare(row, { temperature: 1, top_k: 1 })).toBe(1);
    expect(await chiSquare(row, { temperature: 1, top_p: 1e-6 })).toBe(1);
  });

  it('ties at either cut stay together', async () => {
    // Masses 8, 4, 4, 2, 2, 1, 1, 1, 1 of 24, exact in f32 but for exp's rounding.
    const row = [8, 4, 1, 4, 2, 1, 2, 1, 1].map(Math.log);
    expect(await chiSquare(row, { temperature: 1, top_k: 2 })).toBe(3);
    expect(await chiSquare(row, { temperature: 1, top_k: 4 })).toBe(5);
    expect(await chiSquare(row, { temperature: 1, top_p: 0.3 })).toBe(1);
    expect(await chiSquare(row, { temperature: 1, top_p: 0.4 })).toBe(3);
    expect(await chiSquare(row, { temperature: 1, top_p: 0.8 })).toBe(5);
    expect(await chiSquare(row, { temperature: 1, top_p: 0.9 })).toBe(9);
    expect(await chiSquare([0, -0, 0, -1], { temperature: 1, top_k: 1 })).toBe(3);
  });

  it('a top-p after a top-k counts the mass of what top-k left', async () => {
    const row = [8, 4, 4, 2, 2, 1].map(Math.log);
    // The 8 alone is half of 8 + 4 + 4, but only 0.38 of all.
    expect(await chiSquare(row, { temperature: 1, top_k: 2, top_p: 0.45 })).toBe(1);
    expect(await chiSquare(row, { temperature: 1, top_k: 0, top_p: 0.45 })).toBe(3);
  });

  it('the same seed gives the same tokens and bits, another seed others', async () => {
    const V = 97;
    const logits = Float32Array.from(random(40 * V, 5));
    const once = await draw(WG, logits, { V, temperature: 1 });
    const twice = await draw(WG, logits, { V, temperature: 1 });
    expect(twice).toEqual(once);
    const other = await draw(WG, logits, { V, temperature: 1 }, 1001);
    // Sequence b + 1 of one call is sequence b of the next: the counter is the sequence, not the row.
    const shared = Float32Array.from(
      Array.from({ length: 40 }, () => Array.from(logits.slice(0, V))).flat(),
    );
    const a = await draw(WG, shared, { V, temperature: 1 }, 1000);
    const b = await draw(WG, shared, { V, temperature: 1 }, 1001);
    expect(b.tokens.slice(0, -1)).toEqual(a.tokens.slice(1));
    expect(other.tokens).not.toEqual(once.tokens);
  });

  it('a sequence ends at end-of-text, at R tokens or at T − 1, and then stands still', async () => {
    const [B, V, T, R, eot] = [6, 5, 6, 3, 4];
    // Greedy rows: sequences 0 and 5 draw the end-of-text, the rest token 2.
    const logits = Array.from({ length: B * V }, (_, i) =>
      i % V === ([0, 5].includes(Math.floor(i / V)) ? eot : 2) ? 9 : 0,
    );
    const before = {
      tokens: new Int32Array(B * T).fill(-1),
      pos: [1, 1, 1, 4, 5, 1],
      done: [0, 0, 0, 0, 0, 1],
      length: [0, 0, 2, 0, 0, 1],
      logprobs: new Float32Array(B * R).fill(-7),
    };
    const params = { B, V, T, R, temperature: 0, top_k: 0, top_p: 1, eot };
    const rows = [0, 1, 2, 3, 4, 5];
    const given = { rows, logits: inFours(logits, V), step: [1, 2, 3, 0], ...before };
    const out = await runKernel(sampleToken, { ...params, stop_at_eot: 1 }, given, { WG });
    // Stopped: 0 by its token, 2 by R, 3 by T; 4 had no room; 5 was done; 1 goes on.
    expect(Array.from(out.pos!)).toEqual([2, 2, 2, 5, 5, 1]);
    expect(Array.from(out.length!)).toEqual([1, 1, 3, 1, 0, 1]);
    expect([0, 1, 2, 3, 5].map((b) => out.done![b])).toEqual([1, 0, 1, 1, 1]);
    const written = Array.from(out.tokens!).flatMap((token, i) => (token < 0 ? [] : [[i, token]]));
    expect(written).toEqual([
      [0 * T + 2, eot],
      [1 * T + 2, 2],
      [2 * T + 2, 2],
      [3 * T + 5, 2],
    ]);
    const filled = Array.from(out.logprobs!).flatMap((x, i) => (x === -7 ? [] : [i]));
    expect(filled).toEqual([0 * R, 1 * R, 2 * R + 2, 3 * R]);
    const on = await runKernel(sampleToken, { ...params, stop_at_eot: 0 }, given, { WG });
    expect(on.done![0], 'end-of-text is a token like others without stop_at_eot').toBe(0);
    expect(on.tokens![2]).toBe(eot);
  });

  it('a row of logits is that of the sequence listed for it, and a row of none draws nothing', async () => {
    const [B, V, T, R] = [4, 3, 3, 1];
    const token = (row: number) => (row + 1) % V;
    const logits = Array.from({ length: B * V }, (_, i) =>
      i % V === token(Math.floor(i / V)) ? 9 : 0,
    );
    const rows = [3, 1, 0xffffffff, 0xffffffff];
    const before = {
      tokens: new Int32Array(B * T).fill(-1),
      pos: zeros(B),
      done: zeros(B),
      length: zeros(B),
      logprobs: new Float32Array(B).fill(-7),
    };
    const params = { B, V, T, R, temperature: 0, top_k: 0, top_p: 1, eot: 0, stop_at_eot: 0 };
    const given = { rows, logits: inFours(logits, V), step: [1, 2, 3, 0], ...before };
    const out = await runKernel(sampleToken, params, given, { WG });
    expect(Array.from(out.pos!)).toEqual([0, 1, 0, 1]);
    expect([1, 3].map((b) => out.tokens![b * T + 1])).toEqual([token(1), token(0)]);
    expect([0, 2].map((b) => out.logprobs![b])).toEqual([-7, -7]);
  });
});
