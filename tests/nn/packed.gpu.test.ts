/**
 * A step whose rows are packed is the step of one sequence a row, against f64: losses, gradients,
 * dropout, scores; and fewer rows go through the model.
 */
import { describe, expect, test } from 'vitest';
import { ADAMW } from '../../src/nn/adamw';
import { type LmStep, LmTrainer } from '../../src/nn/trainer';
import { LmEvaluator } from '../../src/rlhf/losses';
import { RewardTrainer } from '../../src/rlhf/reward_trainer';
import { Scorer } from '../../src/rlhf/scorer';
import type { Tokenizer } from '../../src/text/tokenizer/tokenizer';
import { expectClose, random } from '../reference/compare';
import { gptForward } from '../reference/gpt';
import { lmLoss, rewardLoss } from '../reference/losses';
import { initParams } from '../reference/params';
import { scoreHeadForward } from '../reference/scoreHead';
import { testGpu } from '../support/kernel';
import { expectGradients, readTensors, rounded, TOLERANCE, uploadModel } from './support';

const gpu = await testGpu();
const model = { L: 2, C: 12, H: 3, V: 53, T: 16 };
const { T } = model;
const id = (z: number) => Math.floor(Math.abs(z) * 1000) % model.V;

/** Completions of these lengths, a row each; the first third of a row is its prompt. */
function batch(lengths: readonly number[], seed: number) {
  const B = lengths.length;
  const ended = (i: number) => {
    const length = lengths[Math.floor(i / T)]!;
    return i % T >= length || i % T < Math.floor(length / 3);
  };
  return {
    inputIds: Int32Array.from(random(B * T, 2 * seed), id),
    targets: Int32Array.from(random(B * T, 2 * seed + 1), (z, i) => (ended(i) ? -100 : id(z))),
  };
}

async function step(lengths: readonly number[], { packed = true, dropout = 0, seed = 1 } = {}) {
  const params = rounded(initParams(model, 21, { std: 0.3, noise: 0.2 }));
  const weights = uploadModel(gpu, model, 'lm', params);
  const met: LmStep[] = [];
  const options = { B: lengths.length, T, packed, dropout, seed: 5, adamw: ADAMW };
  const trainer = await LmTrainer.make(gpu, weights, options, (row) => met.push(row));
  // Another batch first: nothing of it may be left where the second has less.
  await trainer.step(
    1,
    0,
    batch(
      lengths.map(() => T),
      7,
    ),
  );
  await trainer.step(2, 0, batch(lengths, seed));
  await trainer.drain();
  const grads = await readTensors(gpu, trainer.grads);
  const masks = await trainer.masks();
  const { tokens, rows } = trainer;
  trainer.free();
  gpu.free(weights.arena);
  const { inputIds, targets } = batch(lengths, seed);
  const dropoutMasks = Object.fromEntries(
    masks.flatMap((block, layer) =>
      (['attn', 'mlp'] as const).map((site) => [
        `h.${layer}.${site}`,
        Float64Array.from(block[site]),
      ]),
    ),
  );
  const shape = { B: lengths.length, T, ...(dropout > 0 ? { dropoutMasks } : {}) };
  return {
    met: met[1]!,
    grads,
    tokens,
    rows,
    expected: lmLoss(model, params, inputIds, targets, shape),
  };
}

const LENGTHS: Record<string, number[]> = {
  'short answers': [5, 3, 7, 4, 6, 2, 8, 5, 3, 9],
  'full rows and one of each': [16, 1, 2, 3, 16, 15, 16],
  'one row': [6],
  'a row without a target': [4, 0, 9, 0, 0],
  'nothing to save': [16, 16, 16, 16],
};

describe('a language model’s step, packed', () => {
  test.each(Object.keys(LENGTHS))('of %s has the reference’s loss and gradients', async (name) => {
    const lengths = LENGTHS[name]!;
    const { met, grads, tokens, expected } = await step(lengths);
    expectClose([met.loss], [expected.loss], TOLERANCE, 'loss');
    expectGradients(grads, expected.grads);
    expect(tokens).toBe(lengths.reduce((sum, length) => sum + length, 0));
  });

  test('drops what its masks say', async () => {
    const { met, grads, expected } = await step(LENGTHS['short answers']!, { dropout: 0.25 });
    expectClose([met.loss], [expected.loss], TOLERANCE, 'loss');
    expectGradients(grads, expected.grads);
    const without = await step(LENGTHS['short answers']!);
    expect(Math.abs(met.loss - without.met.loss)).toBeGreaterThan(1e-3);
  });

  test('gives the same bits twice, and needs fewer rows', async () => {
    const lengths = LENGTHS['short answers']!;
    const [one, again] = [await step(lengths), await step(lengths)];
    expect(again.grads).toEqual(one.grads);
    const whole = await step(lengths, { packed: false });
    expectClose([one.met.loss], [whole.met.loss], TOLERANCE, 'loss');
    expect(whole.tokens).toBe(lengths.length * T);
    // 52 tokens in rows of 16, of which 10 and 8, 6, 5, 4, … are recorded.
    expect([one.rows, whole.rows]).toEqual([4, 10]);
  });
});

test.each(Object.keys(LENGTHS))('log-probabilities of %s are the reference’s', async (name) => {
  const lengths = LENGTHS[name]!;
  const params = rounded(initParams(model, 23, { std: 0.3, noise: 0.2 }));
  const weights = uploadModel(gpu, model, 'lm', params);
  const evaluator = await LmEvaluator.make(gpu, weights, lengths.length, T);
  await evaluator.logprobs(batch(lengths, 9));
  const { inputIds, targets } = batch(lengths, 2);
  const logprobs = await evaluator.logprobs({ inputIds, targets });
  evaluator.free();
  gpu.free(weights.arena);
  const { logp } = lmLoss(model, params, inputIds, targets, { B: lengths.length, T });
  expectClose(logprobs, logp, TOLERANCE);
});

test('a text’s scores are the same alone and among others in a row', async () => {
  const params = rounded(initParams(model, 24, { std: 0.3, noise: 0.2, scoreHead: true }));
  const weights = uploadModel(gpu, model, 'score', params);
  const tokenizer = {
    encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0) % 50),
    eot: 51,
    pad: 52,
  } as unknown as Tokenizer;
  const texts = ['Otter', 'A', 'swims', 'in the sea', 'No', 'bat', 'owl', 'hen, fox'].map(
    (completion, at) => ({ prompt: 'Q'.repeat(1 + (at % 3)), completion }),
  );
  const scorer = await Scorer.make(gpu, weights, tokenizer, 5);
  const rows = await scorer.rows(texts);
  scorer.free();
  gpu.free(weights.arena);
  for (const [at, { prompt, completion }] of texts.entries()) {
    const ids = [...tokenizer.encode(prompt + completion), tokenizer.eot];
    const { hidden } = gptForward(model, params, ids, { B: 1, T: ids.length });
    const expected = scoreHeadForward(hidden, params['score.weight']!, ids.length, model.C);
    expectClose(rows[at]!, expected, TOLERANCE, completion);
  }
});

test('a reward model’s step, packed, has the reference’s scores, loss and gradients', async () => {
  const params = rounded(initParams(model, 22, { std: 0.3, noise: 0.2, scoreHead: true }));
  const weights = uploadModel(gpu, model, 'score', params);
  const group = Int32Array.of(0, 0, 0, -1, 1, 1, 1, 1, -1, -1);
  const rank = Int32Array.of(1, 2, 2, 0, 3, 1, 2, 4, 0, 0);
  const lengths = Int32Array.of(5, 9, 3, 1, 16, 2, 7, 4, 1, 1);
  const S = group.length;
  const ids = Int32Array.from(random(S * T, 3), id);
  const filled = [0, 1, 2, 4, 5, 6, 7];
  const weight = Float32Array.from(group, (g) => (g === 0 ? 1 / 4 : 1 / 12));
  let row = new Float32Array();
  const trainer = await RewardTrainer.make(gpu, weights, [{ from: 0, count: S }], (_, metrics) => {
    row = metrics.slice();
  });
  await trainer.step(1, 0, { ids, lengths, group, rank, weight, filled });
  await trainer.drain();
  const scores = await trainer.scores();
  const grads = await readTensors(gpu, trainer.grads);
  // 46 tokens in rows of 16, ten of which would be one a completion.
  expect([trainer.tokens, trainer.rows]).toEqual([46, 3]);
  trainer.free();
  gpu.free(weights.arena);
  const of = (values: Int32Array, width = 1) =>
    filled.flatMap((s) => Array.from(values.subarray(s * width, (s + 1) * width)));
  const N = filled.length;
  const given = [of(ids, T), of(lengths), of(group), of(rank)] as const;
  const expected = rewardLoss(model, params, ...given, { N, T });
  expectClose(
    filled.map((s) => scores[s]!),
    expected.scores,
    TOLERANCE,
    'scores',
  );
  expectClose([row[0]!], [expected.loss], TOLERANCE, 'loss');
  expect([row[1], row[2]]).toEqual([expected.correct, expected.pairs]);
  expectGradients(grads, expected.grads, TOLERANCE, ['transformer.ln_f.bias']);
});
