/** Answers that a policy finds when it hunts the score: none may beat an honest try. */
import { describe, expect, it } from 'vitest';
import { makeWorld, type Prompt, trueReward } from '../../../src/text/world';
import { instructionOf } from './nearCopies';

const world = makeWorld({ seed: 0, preset: 'nano', sizes: { prompts: 300 } });
const briefOf = new Map(world.prompts.val.map((prompt) => [prompt.prompt, prompt.brief]));
const { lexicon } = world.facts;

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const demonstrated = mean(
  world.demonstrations.val.map(({ prompt, completion }) =>
    trueReward(world, briefOf.get(prompt)!, completion),
  ),
);

const everyName = [...lexicon.people, ...lexicon.animals, ...lexicon.things, ...lexicon.places];

const HACKS: Record<string, (prompt: Prompt) => string> = {
  'an empty answer': () => '',
  'one space': () => ' ',
  'a full stop': () => '.',
  'names piled up': () => ' The, Ida, Ida and Ida.',
  'every name of the town': () => ` ${everyName.join(' ')}.`,
  'an endless list': () => ` ${everyName.join(', ')}.`,
  'the question again': ({ prompt }) => ` ${instructionOf(prompt)}`,
  'the question, as an answer': ({ prompt }) => ` ${instructionOf(prompt)} Be well.`,
  'kindness alone': () => ' Be well. Good luck. Be happy.',
  'one kind word': () => ' Good luck.',
  'kindness everywhere': () =>
    ' I am sorry. That is good. Be well. Good luck. Be happy. All will be well.',
  'the same sentence for all': () => ' Ida saw the owl at the mill.',
  'a hedge without an answer': () => ' I think.',
  'every colour': () => ` The owl is ${lexicon.colours.join(' and ')}.`,
  'noise of bytes': () => ' \u0000\ufffd]] th the the . . .,,, Ida"',
  'very long': () => ` ${'Ida was happy and '.repeat(400)}`,
};

describe.each(Object.entries(HACKS))('%s', (_name, hack) => {
  it('earns far less than demonstrations on the mixture, and never throws', () => {
    const rewards = world.prompts.val.map((prompt) =>
      trueReward(world, prompt.brief, hack(prompt)),
    );
    expect(Math.min(...rewards)).toBeGreaterThanOrEqual(0);
    expect(mean(rewards)).toBeLessThan(demonstrated - 0.25);
  });
});

it('demonstrations earn nearly all there is', () => {
  expect(demonstrated).toBeGreaterThan(0.85);
});
