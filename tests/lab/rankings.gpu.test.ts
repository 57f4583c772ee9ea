/** Sampling what is ranked: completions that must not be shown are drawn anew. */
import { expect, it } from 'vitest';
import { makeMaterial, openMaterial } from '../../src/lab/material';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import type { StageContext } from '../../src/rlhf/context';
import { sampleTasks } from '../../src/rlhf/rankings';
import { testGpu } from '../support/kernel';
import { smallConfig } from '../support/lab';

const gpu = await testGpu();
const { seed, settings } = smallConfig();
const { tokenizer, world, promptTokens } = openMaterial(makeMaterial(smallConfig()));
const model = { n_layer: 1, n_embd: 16, n_head: 4, n_positions: 64, vocab_size: 512 };
const ctx = {
  gpu,
  settings,
  seed,
  model,
  tokenizer,
  promptTokens,
  progress: () => {},
  sampled: () => {},
  breathe: async () => {},
} as unknown as StageContext;
const weights = initialWeights(layoutOf(model, 'lm'), 3);
const prompts = world.rankingPrompts.train.slice(0, 24).map(({ prompt }) => prompt);

it('replaces unwanted completions and leaves all others as they were', async () => {
  const models = { sft: weights, base: weights };
  const usual = await sampleTasks(ctx, prompts, models, 0);
  const unwanted = (completion: string) => completion.length % 3 === 0;
  const kept = await sampleTasks(ctx, prompts, models, 0, { unwanted });
  const before = usual.flatMap(({ completions }) => completions);
  const after = kept.flatMap(({ completions }) => completions);
  // An untrained model's lengths are anything, so about a third are drawn anew, and 8 draws more
  // leave an unwanted one with a chance of 3⁻⁸ each.
  expect(before.filter(unwanted).length).toBeGreaterThan(10);
  expect(after.filter(unwanted)).toEqual([]);
  before.forEach((completion, i) => {
    if (!unwanted(completion)) expect(after[i]).toBe(completion);
  });
});
