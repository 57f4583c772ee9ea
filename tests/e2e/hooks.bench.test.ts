/** `/bench.html`: training, sampling and scoring from outside, on given weights and ids. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initialWeights } from '../../src/nn/init';
import { layoutOf, namedTensors } from '../../src/nn/layout';
import { openSite, type Site } from '../support/site';

const config = { n_layer: 2, n_embd: 16, n_head: 2, vocab_size: 37, n_positions: 12, batch: 3 };
const N = config.batch * config.n_positions;
const layout = layoutOf(config, 'lm');
const weights = Object.fromEntries(
  Object.entries(namedTensors(layout, initialWeights(layout, 5))).map(([name, values]) => [
    name,
    Array.from(values),
  ]),
);
const inputIds = Array.from({ length: N }, (_, n) => (n * 7 + 3) % config.vocab_size);
const targets = inputIds.map((_, n) => (n % 5 === 0 ? -100 : inputIds[(n + 1) % N]!));

let site: Site;
let page: Page;

beforeAll(async () => {
  site = await openSite();
  page = await site.open('/bench.html');
  await page.evaluate(
    ([config, weights]) => {
      const floats = Object.fromEntries(
        Object.entries(weights).map(([name, values]) => [name, Float32Array.from(values)]),
      );
      Object.assign(window, { given: { config, weights: floats } });
    },
    [config, weights] as const,
  );
});
afterAll(() => site.close());

declare global {
  interface Window {
    given: { config: typeof config; weights: Record<string, Float32Array> };
  }
}

const train = (steps: number, drain: 'step' | 'end', ids = { inputIds, targets }) =>
  page.evaluate(
    ({ steps, drain, ids }) =>
      window.trainBench({
        ...window.given,
        inputIds: Int32Array.from(ids.inputIds),
        targets: Int32Array.from(ids.targets),
        steps,
        drain,
        lr: 1e-2,
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-8,
        weight_decay: 0.1,
        max_grad_norm: 1,
      }),
    { steps, drain, ids },
  );

const score = (ids: readonly number[]) =>
  page.evaluate(async (ids) => {
    const inputIds = Int32Array.from(ids);
    return Array.from((await window.scoreTokens({ ...window.given, inputIds })).logprobs);
  }, ids);

const sample = (temperature: number, seed: number) =>
  page.evaluate(
    async ({ temperature, seed }) => {
      const { tokens, logprobs, ...counts } = await window.sampleBench({
        ...window.given,
        prompts: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        promptLength: 4,
        newTokens: 8,
        temperature,
        top_k: 0,
        seed,
      });
      return { tokens: Array.from(tokens), logprobs: Array.from(logprobs), ...counts };
    },
    { temperature, seed },
  );

test('losses on one batch fall, from about ln V', async () => {
  const { losses, stepMs } = await train(12, 'step');
  expect(losses).toHaveLength(12);
  expect(stepMs).toHaveLength(12);
  // Weights of std 0.02 give almost equal logits.
  expect(losses[0]).toBeCloseTo(Math.log(config.vocab_size), 1);
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.5);
});

test('queued or one by one, the losses are the same bits', async () => {
  const [one, all] = [await train(6, 'step'), await train(6, 'end')];
  expect(all.losses).toEqual(one.losses);
  expect(all.stepMs).toEqual([]);
});

test('a step is one submit of the same dispatches, and makes no bind group', async () => {
  const [few, many] = [await train(2, 'end'), await train(7, 'end')];
  const dispatches = few.dispatches / 2;
  expect(dispatches).toBeGreaterThan(20);
  expect(many.dispatches).toBe(7 * dispatches);
  expect(many.submits - few.submits).toBe(5);
  expect([few.readbacks, many.readbacks]).toEqual([1, 1]);
  expect(many.bindGroups).toBe(few.bindGroups);
  expect((await train(3, 'step')).readbacks).toBe(3);
});

test('the first loss is the mean of the scored tokens', async () => {
  const next = inputIds.map((_, n) => ((n + 1) % config.n_positions ? inputIds[n + 1]! : -100));
  const { losses } = await train(1, 'step', { inputIds, targets: next });
  const logprobs = await score(inputIds);
  expect(logprobs).toHaveLength(config.batch * (config.n_positions - 1));
  const mean = logprobs.reduce((sum, value) => sum - value, 0) / logprobs.length;
  // Two f32 sums of 33 terms of about 3.6, in different orders.
  expect(mean).toBeCloseTo(losses[0]!, 5);
});

test('sampled log-probabilities are those of the full forward pass', async () => {
  const { tokens, logprobs, readbacks } = await sample(1, 11);
  const whole = [0, 1, 2].flatMap((b) => [
    ...[1, 2, 3, 4].map((id) => id + 4 * b),
    ...tokens.slice(8 * b, 8 * b + 8),
  ]);
  const scored = await score(whole);
  const wanted = [0, 1, 2].flatMap((b) => scored.slice(11 * b + 3, 11 * b + 11));
  logprobs.forEach((logprob, at) => {
    // f32, two different orders of the same sums.
    expect(logprob).toBeCloseTo(wanted[at]!, 4);
  });
  expect(readbacks).toBe(1);
});

test('a seed fixes a sample, another changes it; greedy needs none', async () => {
  const first = await sample(1, 1);
  expect((await sample(1, 1)).tokens).toEqual(first.tokens);
  expect((await sample(1, 2)).tokens).not.toEqual(first.tokens);
  expect((await sample(0, 1)).tokens).toEqual((await sample(0, 2)).tokens);
});

test.each([
  [
    { ...config, n_head: 5 },
    inputIds,
    'n_embd / n_head must be a multiple of 4 up to 128, not 3.2.',
  ],
  [{ ...config, n_layer: 0 }, inputIds, 'config.n_layer must be a whole number from 1, not 0.'],
  [config, [1, 2], 'inputIds has 2 ids; 36 are wanted.'],
  [config, inputIds.map(() => 37), 'inputIds[0] is 37; the vocabulary has 37 ids.'],
  [
    { ...config, n_positions: 11 },
    inputIds,
    'tensor transformer.wpe.weight must have shape [11,16], 176 values; it has 192',
  ],
])('%j with %j is refused in one sentence', async (config, ids, message) => {
  const met = await page.evaluate(
    ([config, ids]) =>
      window.scoreTokens({ ...window.given, config, inputIds: Int32Array.from(ids) }).then(
        () => 'no error',
        (error: Error) => error.message,
      ),
    [config, ids] as const,
  );
  expect(met).toBe(message);
});

test('no tab reports an error', () => {
  expect(site.errors).toEqual([]);
});
