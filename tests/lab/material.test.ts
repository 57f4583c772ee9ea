/** What an experiment's settings make of the world's sizes. */
import { expect, it } from 'vitest';
import { makeMaterial } from '../../src/lab/material';
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
