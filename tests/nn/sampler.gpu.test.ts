/** Sampling with a KV cache against the full forward pass of the reference. */
import { afterAll, describe, expect, test } from 'vitest';
import { type Sampled, Sampler, type SamplerOptions } from '../../src/nn/sampler';
import { logSoftmax } from '../reference/crossEntropy';
import { gptForward, lmLogits } from '../reference/gpt';
import { initParams } from '../reference/params';
import { philox4x32, uniformFromU32 } from '../reference/philox';
import { sampleToken } from '../reference/sampling';
import { testGpu } from '../support/kernel';
import { otherKind, rounded, uploadModel } from './support';

const gpu = await testGpu();
const model = { L: 2, C: 12, H: 3, V: 29, T: 20 };
const PAD = 28;
const EOT = 27;
const params = rounded(initParams(model, 31, { std: 0.4, noise: 0.2 }));
const weights = uploadModel(gpu, model, 'lm', params);
afterAll(() => gpu.free(weights.arena));

const settings = (changes: Partial<SamplerOptions> = {}): SamplerOptions => ({
  B: 4,
  P: 6,
  R: 9,
  temperature: 1,
  topK: 0,
  topP: 1,
  eot: EOT,
  pad: PAD,
  stopAtEot: false,
  ...changes,
});

const PROMPTS = [[3, 1, 4, 1, 5, 9], [2], [7, 18, 2], [8, 8, 8, 8]];
/** The second word of the key of every draw in sampling. */
const STREAM = 0x5a3b1;

/** Samples once with a fresh sampler. */
async function sample(
  changes: Partial<SamplerOptions>,
  prompts: readonly number[][] = PROMPTS,
  [seed, sequence]: [number, number] = [1, 0],
): Promise<Sampled> {
  const sampler = await Sampler.make(gpu, weights, settings(changes));
  sampler.start(prompts, seed, sequence);
  const result = await sampler.finish();
  sampler.free();
  return result;
}

/** The response tokens of sequence b. */
function response({ tokens, lengths }: Sampled, b: number, prompts = PROMPTS, T = 15) {
  const from = b * T + prompts[b]!.length;
  return Array.from(tokens.subarray(from, from + lengths[b]!));
}

/** The reference's logits behind the last of these tokens. */
function logitsAfter(tokens: readonly number[]): Float64Array {
  const { hidden } = gptForward(model, params, tokens, { B: 1, T: tokens.length });
  return lmLogits(model, params, hidden.slice((tokens.length - 1) * model.C));
}

/**
 * Decoding adds its sums in another order than the full pass, each of a dozen terms rounded to 6e-8,
 * through two blocks, on log-probabilities of up to ten.
 */
const LOGPROB_TOLERANCE = 2e-5;

/** Every token is what the reference draws (or takes) there, with its log-probability. */
function expectReferenceDraws(
  sampled: Sampled,
  options: SamplerOptions,
  prompts: readonly number[][],
  [seed, sequence]: [number, number],
) {
  const { R, temperature, topK, topP } = options;
  const T = options.P + R;
  prompts.forEach((prompt, b) => {
    const known = [...prompt];
    response(sampled, b, [...prompts], T).forEach((token, r) => {
      const counter = [sequence + b, known.length, 0, 0] as const;
      const u = uniformFromU32(philox4x32(counter, [seed, STREAM])[0]!);
      const wanted = sampleToken(logitsAfter(known), u, { temperature, topK, topP });
      expect(token, `token ${r} of sequence ${b}`).toBe(wanted.token);
      const off = Math.abs(sampled.logprobs[b * R + r]! - wanted.logp);
      expect(off, `logprob ${r} of sequence ${b}`).toBeLessThan(LOGPROB_TOLERANCE);
      known.push(token);
    });
  });
}

describe('each token and its log-probability are the full forward pass’s', () => {
  const cases: Record<string, Partial<SamplerOptions>> = {
    'greedy: the arg max at every position': { temperature: 0 },
    'temperature 1': {},
    'temperature 0.7': { temperature: 0.7 },
    'top-k 5': { topK: 5, temperature: 1.3 },
    'top-p 0.8': { topP: 0.8 },
    'one sequence': { B: 1 },
  };
  for (const [name, changes] of Object.entries(cases)) {
    test(`${name}, prompts of different lengths`, async () => {
      const options = settings(changes);
      const prompts = PROMPTS.slice(0, options.B);
      const sampled = await sample(changes, prompts, [7, 100]);
      expect(Array.from(sampled.lengths)).toEqual(prompts.map(() => options.R));
      expectReferenceDraws(sampled, options, prompts, [7, 100]);
    });
  }

  test('with the kernels of the other kind of adapter', async () => {
    const options = settings({ topK: 9, topP: 0.9 });
    const sampler = await Sampler.make(otherKind(gpu), weights, options);
    sampler.start(PROMPTS, 7, 100);
    const sampled = await sampler.finish();
    sampler.free();
    expectReferenceDraws(sampled, options, PROMPTS, [7, 100]);
  });

  test('a model of one block, whose prefill is keys and values alone', async () => {
    const small = { L: 1, C: 8, H: 2, V: 29, T: 15 };
    const smallParams = rounded(initParams(small, 32, { std: 0.4, noise: 0.2 }));
    const smallWeights = uploadModel(gpu, small, 'lm', smallParams);
    const sampler = await Sampler.make(gpu, smallWeights, settings({ temperature: 0 }));
    sampler.start(PROMPTS, 1, 0);
    const sampled = await sampler.finish();
    sampler.free();
    gpu.free(smallWeights.arena);
    PROMPTS.forEach((prompt, b) => {
      const known = [...prompt];
      for (const token of response(sampled, b)) {
        const { hidden } = gptForward(small, smallParams, known, { B: 1, T: known.length });
        const last = lmLogits(small, smallParams, hidden.slice((known.length - 1) * small.C));
        expect(token).toBe(last.indexOf(Math.max(...last)));
        known.push(token);
      }
    });
  });
});

describe('a response ends', () => {
  test('at its end-of-text, with padding and zeros after it', async () => {
    const free = await sample({});
    // The token that sequence 0 draws fourth stands for the end-of-text.
    const eot = response(free, 0)[3]!;
    const stopped = await sample({ eot, stopAtEot: true });
    PROMPTS.forEach((prompt, b) => {
      const all = response(free, b);
      const length = all.includes(eot) ? all.indexOf(eot) + 1 : 9;
      expect(stopped.lengths[b]).toBe(length);
      const row = Array.from(stopped.tokens.subarray(b * 15, (b + 1) * 15));
      const rest = 15 - prompt.length - length;
      expect(row).toEqual([...prompt, ...all.slice(0, length), ...Array(rest).fill(PAD)]);
      const logprobs = Array.from(stopped.logprobs.subarray(b * 9, (b + 1) * 9));
      const wanted = Array.from(free.logprobs.subarray(b * 9, b * 9 + length));
      expect(logprobs).toEqual([...wanted, ...Array(9 - length).fill(0)]);
    });
    expect(stopped.lengths[0]).toBeLessThanOrEqual(4);
  });

  test('at the limit, end-of-text drawn or not, when it may not stop there', async () => {
    const free = await sample({});
    const eot = response(free, 0)[3]!;
    const unstopped = await sample({ eot, stopAtEot: false });
    expect(unstopped).toEqual(free);
    expect(Array.from(free.lengths)).toEqual([9, 9, 9, 9]);
    // The longest prompt fills its row; after the others stands padding.
    const ends = PROMPTS.map(({ length }, b) =>
      free.tokens.subarray(b * 15 + length + 9, b * 15 + 15),
    );
    ends.forEach((end, b) => {
      expect(Array.from(end)).toEqual(Array(6 - PROMPTS[b]!.length).fill(PAD));
    });
  });

  test('after more tokens than fit one submit', async () => {
    const options = { P: 2, R: 18, temperature: 0 };
    const prompts = [[1, 2], [3]];
    const sampled = await sample(options, prompts);
    expect(Array.from(sampled.lengths.subarray(0, 2))).toEqual([18, 18]);
    expectReferenceDraws(sampled, settings(options), prompts, [1, 0]);
  });
});

describe('(seed, sequence) fixes every draw', () => {
  test('whatever else is in the batch, and whatever its size', async () => {
    const all = await sample({}, PROMPTS, [3, 40]);
    const two = await sample({ B: 2 }, PROMPTS.slice(2), [3, 42]);
    for (const b of [0, 1]) {
      expect(response(two, b, PROMPTS.slice(2))).toEqual(response(all, b + 2));
      for (let r = 0; r < 9; r++) {
        // A batch of another size may run another variant of the matrix products.
        const off = two.logprobs[b * 9 + r]! - all.logprobs[(b + 2) * 9 + r]!;
        expect(Math.abs(off)).toBeLessThan(LOGPROB_TOLERANCE);
      }
    }
  });

  test('and other seeds or sequences give others', async () => {
    const same = [[5], [5], [5], [5]];
    const [one, again] = [await sample({}, same, [3, 0]), await sample({}, same, [3, 0])];
    const other = await sample({}, same, [4, 0]);
    expect(again).toEqual(one);
    const texts = [one, other].flatMap((run) => same.map((_, b) => response(run, b, same).join()));
    expect(new Set(texts).size).toBe(8);
  });

  test('a sampler used again keeps nothing of what it sampled before', async () => {
    const sampler = await Sampler.make(gpu, weights, settings({ stopAtEot: true, eot: 4 }));
    sampler.start(PROMPTS, 1, 0);
    const first = await sampler.finish();
    sampler.start([...PROMPTS].reverse(), 2, 9);
    await sampler.finish();
    sampler.start(PROMPTS, 1, 0);
    expect(await sampler.finish()).toEqual(first);
    sampler.free();
  });
});

test('first tokens are drawn as often as softmax says', async () => {
  const [B, runs] = [256, 8];
  const prompt = [11, 3];
  const temperature = 2;
  const options = settings({ B, P: 2, R: 1, temperature });
  const sampler = await Sampler.make(gpu, weights, options);
  const counts = new Float64Array(model.V);
  for (let run = 0; run < runs; run++) {
    sampler.start(Array(B).fill(prompt), 17, run * B);
    const { tokens } = await sampler.finish();
    for (let b = 0; b < B; b++) counts[tokens[b * 3 + 2]!]!++;
  }
  sampler.free();
  const p = logSoftmax(logitsAfter(prompt).map((z) => z / temperature)).map(Math.exp);
  const n = B * runs;
  let [chi2, cells] = [0, 0];
  let [restP, restCount] = [0, 0];
  for (let v = 0; v < model.V; v++) {
    // Cells that expect fewer than ten go into one.
    if (n * p[v]! < 10) {
      restP += p[v]!;
      restCount += counts[v]!;
      continue;
    }
    chi2 += (counts[v]! - n * p[v]!) ** 2 / (n * p[v]!);
    cells++;
  }
  if (restP > 0) {
    chi2 += (restCount - n * restP) ** 2 / Math.max(n * restP, 1);
    cells++;
  }
  expect(cells).toBeGreaterThan(10);
  // χ² has mean cells − 1 and standard deviation √(2(cells − 1)); the seed is fixed.
  expect(chi2).toBeLessThan(cells - 1 + 3 * Math.sqrt(2 * (cells - 1)));
});

describe('limits', () => {
  test('a prompt and a response that exceed the positions are refused', async () => {
    await expect(Sampler.make(gpu, weights, settings({ P: 10, R: 11 }))).rejects.toThrow(
      "a prompt of 10 and a response of 11 tokens exceed the model's 20 positions",
    );
  });

  test('prompts that are empty or too long are refused by number', async () => {
    const sampler = await Sampler.make(gpu, weights, settings());
    expect(() => sampler.start([[1], []], 1, 0)).toThrow(
      'prompt 1 has 0 tokens; 1 to 6 are wanted',
    );
    expect(() => sampler.start([[1, 2, 3, 4, 5, 6, 7]], 1, 0)).toThrow('prompt 0 has 7 tokens');
    sampler.free();
  });

  test('fewer prompts than sequences are sampled all the same', async () => {
    const sampled = await sample({}, PROMPTS.slice(0, 2), [7, 100]);
    expectReferenceDraws(sampled, settings(), PROMPTS.slice(0, 2), [7, 100]);
  });
});

test('sampling reads back once, makes nothing, and a freed sampler leaves nothing', async () => {
  const { buffers, bytes } = gpu.counters;
  const sampler = await Sampler.make(gpu, weights, settings());
  sampler.start(PROMPTS, 1, 0);
  await sampler.finish();
  const before = { ...gpu.counters };
  sampler.start(PROMPTS, 2, 0);
  await sampler.finish();
  expect(gpu.counters.readbacks - before.readbacks).toBe(1);
  // The prompts, nine tokens, the copy that is read.
  expect(gpu.counters.submits - before.submits).toBe(3);
  expect(gpu.counters).toMatchObject({ bindGroups: before.bindGroups, buffers: before.buffers });
  sampler.free();
  expect(gpu.counters).toMatchObject({ buffers, bytes });
});

test('a text has the same bits alone as among others', async () => {
  // Large enough that a batch's layers take other kernels and tiles than one row's.
  const large = { L: 2, C: 128, H: 4, V: 512, T: 20 };
  const own = uploadModel(
    gpu,
    large,
    'lm',
    rounded(initParams(large, 7, { std: 0.2, noise: 0.2 })),
  );
  const prompts = Array.from({ length: 33 }, (_, b) => [3 * b, 7, 500 - b].slice(0, 1 + (b % 3)));
  const first = async (B: number) => {
    const sampler = await Sampler.make(gpu, own, settings({ B, eot: 511, pad: 510 }));
    sampler.start(prompts.slice(0, B), 5, 0);
    const { tokens, logprobs } = await sampler.finish();
    sampler.free();
    return { tokens: tokens.slice(0, 15), logprobs: logprobs.slice(0, logprobs.length / B) };
  };
  const alone = await first(1);
  expect(new Set(alone.tokens).size).toBeGreaterThan(4);
  for (const B of [3, 8, 33]) expect(await first(B)).toEqual(alone);
  gpu.free(own.arena);
});
