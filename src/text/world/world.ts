/**
 * The whole bundled world from a seed and a size: facts, corpus, prompts, demonstrations, ranking
 * prompts and labelers, with no evaluation prompt in any training text.
 */
import { composeAnswer } from './compose';
import { makeCorpus } from './corpus';
import { makeFacts } from './facts';
import { FAMILIES, familiesInProportion } from './families';
import type { Scale } from './families/family';
import { asPrompt } from './forum';
import { makeLabelers } from './labelers';
import { fitsLimits, LIMITS } from './limits';
import { Random } from './random';
import { drawSkillsTest } from './skills';
import type { Demonstration, FactTable, Prompt, World, WorldPreset } from './types';

/** Numbers of training prompts. */
export interface TrainingSizes {
  demonstrations: number;
  rankedPrompts: number;
  /** For reinforcement learning. */
  prompts: number;
}

interface Sizes extends TrainingSizes {
  scale: Scale;
  /** Characters of the training corpus; a token is about 3 of them in `nano`. */
  characters: number;
  test: number;
  skillTests: number;
}

const SIZES: Readonly<Record<WorldPreset, Sizes>> = {
  nano: {
    scale: { entities: 3, story: [2, 3], list: 4, sum: 10 },
    characters: 1_190_000,
    demonstrations: 2000,
    rankedPrompts: 2000,
    prompts: 2000,
    test: 400,
    skillTests: 100,
  },
  micro: {
    scale: { entities: 4, story: [3, 5], list: 6, sum: 20 },
    characters: 6_400_000,
    demonstrations: 3000,
    rankedPrompts: 2000,
    prompts: 4000,
    test: 400,
    skillTests: 100,
  },
  mini: {
    scale: { entities: 4, story: [3, 5], list: 6, sum: 20 },
    characters: 26_000_000,
    demonstrations: 4000,
    rankedPrompts: 3000,
    prompts: 8000,
    test: 400,
    skillTests: 100,
  },
};

/** How many training prompts of each kind a preset's world holds, unless more are asked for. */
export function trainingSizes(preset: WorldPreset): TrainingSizes {
  const { demonstrations, rankedPrompts, prompts } = SIZES[preset];
  return { demonstrations, rankedPrompts, prompts };
}

/** Prompts of the validation split, and of the split that the held-out labelers rank. */
const VALIDATION = 200;

interface Keyed extends Prompt {
  key: string;
}

/** `count` prompts in the families' proportions, no two of one text; `accepts` sees their keys. */
function drawPrompts(
  town: FactTable,
  preset: WorldPreset,
  count: number,
  accepts: (key: string) => boolean,
  random: Random,
): Keyed[] {
  const texts = new Set<string>();
  return familiesInProportion(count, random).map((family) => {
    for (;;) {
      const task = FAMILIES[family].draw(town, SIZES[preset].scale, random);
      const prompt = asPrompt(task.instruction);
      if (texts.has(prompt) || !accepts(task.key)) continue;
      if (!fitsLimits(prompt, LIMITS[preset].prompt)) continue;
      texts.add(prompt);
      return { prompt, brief: task.brief, key: task.key };
    }
  });
}

function withoutKeys(prompts: readonly Keyed[]): Prompt[] {
  return prompts.map(({ prompt, brief }) => ({ prompt, brief }));
}

function demonstrate(
  town: FactTable,
  preset: WorldPreset,
  prompts: readonly Prompt[],
  random: Random,
): Demonstration[] {
  return prompts.map(({ prompt, brief }) => {
    for (;;) {
      const completion = ` ${composeAnswer(town, brief, random)}`;
      if (fitsLimits(completion, LIMITS[preset].completion)) return { prompt, completion };
    }
  });
}

/** What makes a world. */
export interface WorldOptions {
  seed: number;
  preset: WorldPreset;
  /** Other numbers of training prompts than the preset's. */
  sizes?: Partial<TrainingSizes>;
}

/** The world of a seed and a size: the same on every machine. */
export function makeWorld({ seed, preset, sizes: wanted = {} }: WorldOptions): World {
  const town = makeFacts(seed, preset);
  const sizes = { ...SIZES[preset], ...wanted };
  const stream = (label: string) => new Random(seed, `${preset}:${label}`);
  const reserved = new Set<string>();
  const evaluation = (label: string, count: number): Keyed[] => {
    // Each key is reserved at once, so that no two evaluation prompts share one.
    return drawPrompts(
      town,
      preset,
      count,
      (key) => !reserved.has(key) && reserved.add(key).has(key),
      stream(label),
    );
  };
  const test = evaluation('prompts.test', sizes.test);
  const val = evaluation('prompts.val', VALIDATION);
  const heldout = evaluation('prompts.heldout', VALIDATION);
  const skillsTest = drawSkillsTest(town, preset, sizes.skillTests, stream('skills'));
  for (const { key } of skillsTest) reserved.add(key);
  const training = (label: string, count: number): Keyed[] =>
    drawPrompts(town, preset, count, (key) => !reserved.has(key), stream(label));
  const corpus = (label: string, characters: number) =>
    makeCorpus(town, preset, sizes.scale, reserved, characters, stream(label));
  const train = corpus('corpus.train', sizes.characters);
  const held = corpus('corpus.val', Math.floor(Math.min(sizes.characters, 2_000_000) / 20));
  return {
    seed,
    preset,
    facts: town,
    corpus: {
      train: train.map(({ text }) => text),
      val: held.map(({ text }) => text),
    },
    corpusKinds: {
      train: train.map(({ kind }) => kind),
      val: held.map(({ kind }) => kind),
    },
    skillsTest: skillsTest.map(({ skill, prompt, completion }) => ({ skill, prompt, completion })),
    prompts: {
      train: withoutKeys(training('prompts.train', sizes.prompts)),
      val: withoutKeys(val),
      test: withoutKeys(test),
    },
    demonstrations: {
      train: demonstrate(
        town,
        preset,
        training('demonstrations.train', sizes.demonstrations),
        stream('demonstrations.train.answers'),
      ),
      val: demonstrate(town, preset, val, stream('demonstrations.val.answers')),
    },
    rankingPrompts: {
      train: withoutKeys(training('rankings.train', sizes.rankedPrompts)),
      val: withoutKeys(val),
      heldout: withoutKeys(heldout),
    },
    labelers: makeLabelers(),
  };
}
