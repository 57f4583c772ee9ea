/** What an experiment's settings make of the world's sizes. */
import { expect, it } from 'vitest';
import { makeMaterial, openMaterial } from '../../src/lab/material';
import { smallConfig } from '../support/lab';

it('makes a larger world when more training prompts are asked for than the preset holds', () => {
  const { world } = makeMaterial(
    smallConfig(7, {
      'data.ranked_prompts': 2100,
      'data.prompts': 2050,
      'data.demonstrations': 2025,
    }),
  );
  expect(world.rankingPrompts.train).toHaveLength(2100);
  expect(world.prompts.train).toHaveLength(2050);
  expect(world.demonstrations.train).toHaveLength(2025);
});

it('makes the usual world when fewer are asked for, so that the first of them are the same', () => {
  const few = makeMaterial(smallConfig(7, { 'data.ranked_prompts': 16 }));
  const fewer = makeMaterial(smallConfig(7, { 'data.ranked_prompts': 8 }));
  expect(fewer.world).toEqual(few.world);
});

it('knows a text that quotes the question of an evaluation prompt, wherever it stands', () => {
  const material = openMaterial(makeMaterial(smallConfig()));
  const { prompts, rankingPrompts } = material.world;
  const question = (prompt: string) => prompt.split('\n')[0]!;
  for (const { prompt } of [...prompts.test, ...prompts.val, ...rankingPrompts.heldout]) {
    expect(material.quotesEvaluation(` A boat.\n${question(prompt)}\nA: Yes.`)).toBe(true);
    expect(material.quotesEvaluation(` A boat. ${question(prompt)}`)).toBe(true);
  }
  for (const { prompt } of material.world.skillsTest) {
    expect(material.quotesEvaluation(` A boat.\n${prompt} the answer`)).toBe(true);
  }
  for (const { prompt } of prompts.train.slice(0, 200)) {
    expect(material.quotesEvaluation(` A boat.\n${question(prompt)}`)).toBe(false);
  }
});
