/** What the generator promises: sizes, shares, splits that share nothing, and the same bytes. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { EOT_TOKEN } from '../../../src/text/tokenizer/tokenizer';
import { trainBpe } from '../../../src/text/tokenizer/trainBpe';
import {
  CORPUS_SHARES,
  FAMILY_NAMES,
  type Family,
  LIMITS,
  makeWorld,
  PROPORTIONS,
  type Prompt,
  score,
  type World,
} from '../../../src/text/world';
import { fingerprint, questionsIn } from './nearCopies';

/** Of all that is trained on or shown; what kind a document is only names it. */
const sha256 = ({ corpusKinds: _kinds, ...world }: World) =>
  createHash('sha256').update(JSON.stringify(world)).digest('hex');

let nano: World;
beforeAll(() => {
  nano = makeWorld({ seed: 0, preset: 'nano' });
});

const evaluationPrompts = (world: World): string[] =>
  [world.prompts.val, world.prompts.test, world.rankingPrompts.val, world.rankingPrompts.heldout]
    .flat()
    .map(({ prompt }) => prompt)
    .concat(world.demonstrations.val.map(({ prompt }) => prompt));

const trainingPrompts = (world: World): string[] =>
  [world.prompts.train, world.rankingPrompts.train, world.demonstrations.train]
    .flat()
    .map(({ prompt }) => prompt);

describe('the same seed and size', () => {
  it('give the same bytes everywhere: the whole output of seed 0 is pinned', () => {
    expect(sha256(nano)).toBe(PINNED.nano);
    expect(sha256(makeWorld({ seed: 0, preset: 'micro' }))).toBe(PINNED.micro);
  });

  it('give another world for another seed', () => {
    expect(sha256(makeWorld({ seed: 1, preset: 'nano' }))).not.toBe(PINNED.nano);
  });

  it('give as many training prompts as are asked for', () => {
    const small = makeWorld({ seed: 0, preset: 'nano', sizes: { prompts: 40, rankedPrompts: 30 } });
    expect(small.prompts.train).toHaveLength(40);
    expect(small.rankingPrompts.train).toHaveLength(30);
    expect(small.prompts.test).toEqual(nano.prompts.test);
    expect(small.corpus.train[0]).toBe(nano.corpus.train[0]);
  });
});

describe('sizes', () => {
  it('of nano are those of the preset', () => {
    expect(nano.demonstrations.train).toHaveLength(2000);
    expect(nano.prompts.train).toHaveLength(2000);
    expect(nano.prompts.test).toHaveLength(400);
    expect(nano.prompts.val).toHaveLength(200);
    expect(nano.rankingPrompts.train).toHaveLength(2000);
    expect(nano.rankingPrompts.val).toHaveLength(200);
    expect(nano.rankingPrompts.heldout).toHaveLength(200);
    const { people, animals, things, places } = nano.facts.lexicon;
    expect([people, animals, things, places].map((list) => list.length)).toEqual([12, 10, 10, 6]);
  });

  it('of the nano corpus are about 0.4 M tokens of its own vocabulary, and texts keep their limits', () => {
    const tokenizer = trainBpe(nano.corpus.train, { vocabSize: 512 });
    const tokens = (text: string) => tokenizer.encode(text).length;
    const total = nano.corpus.train.reduce((sum, document) => sum + tokens(document) + 1, 0);
    expect(total).toBeGreaterThan(380_000);
    expect(total).toBeLessThan(420_000);
    for (const prompt of [...trainingPrompts(nano), ...evaluationPrompts(nano)]) {
      expect(tokens(prompt), prompt).toBeLessThanOrEqual(LIMITS.nano.prompt);
    }
    for (const { completion } of nano.demonstrations.train) {
      expect(tokens(completion), completion).toBeLessThanOrEqual(LIMITS.nano.completion);
    }
  });
});

describe('instructions', () => {
  it('come from the ten families in the proportions of the InstructGPT prompts', () => {
    const total = FAMILY_NAMES.reduce((sum, family) => sum + PROPORTIONS[family], 0);
    const groups: Prompt[][] = [nano.prompts.train, nano.prompts.test, nano.rankingPrompts.train];
    for (const group of groups) {
      for (const family of FAMILY_NAMES) {
        const count = group.filter(({ brief }) => brief.family === family).length;
        // Largest remainders: never a whole prompt off.
        expect(Math.abs(count - (group.length * PROPORTIONS[family]) / total)).toBeLessThan(1);
      }
    }
  });

  it('are written as a question and an open answer', () => {
    for (const prompt of trainingPrompts(nano)) expect(prompt).toMatch(/^Q: [^\n]+\nA:$/);
  });

  it('have no double within a split', () => {
    for (const group of [nano.prompts.train, nano.prompts.test, nano.rankingPrompts.train]) {
      expect(new Set(group.map(({ prompt }) => prompt)).size).toBe(group.length);
    }
  });

  it('have demonstrations that begin with a space and do well', () => {
    const briefs = new Map(nano.prompts.val.map(({ prompt, brief }) => [prompt, brief]));
    const helpful = nano.demonstrations.val.map(({ prompt, completion }) => {
      expect(completion).toMatch(/^ [A-Z0-9]/);
      return score(nano, briefs.get(prompt)!, completion);
    });
    const mean = (pick: (s: ReturnType<typeof score>) => number) =>
      helpful.reduce((sum, s) => sum + pick(s), 0) / helpful.length;
    expect(mean((s) => s.helpful)).toBeGreaterThan(0.85);
    expect(mean((s) => s.honest)).toBeGreaterThan(0.9);
    expect(mean((s) => s.harmless)).toBe(1);
    expect(mean((s) => s.wellFormed)).toBeGreaterThan(0.97);
  });
});

describe('splits', () => {
  it('share no prompt and no near copy: not in prompts, not in the corpus', () => {
    for (const world of [nano, makeWorld({ seed: 3, preset: 'nano' })]) {
      const held = new Set(evaluationPrompts(world).map(fingerprint));
      const trained = [
        ...trainingPrompts(world),
        ...world.corpus.train.flatMap(questionsIn),
        ...world.corpus.val.flatMap(questionsIn),
      ];
      const leaks = trained.filter((prompt) => held.has(fingerprint(prompt)));
      expect(leaks).toEqual([]);
    }
  });

  it('share no prompt among validation, held-out and test', () => {
    const groups = [nano.prompts.val, nano.prompts.test, nano.rankingPrompts.heldout];
    const prints = groups.map((group) => new Set(group.map(({ prompt }) => fingerprint(prompt))));
    const union = new Set(prints.flatMap((set) => [...set]));
    expect(union.size).toBe(prints.reduce((sum, set) => sum + set.size, 0));
  });

  it('hold no test prompt as text anywhere in the corpus', () => {
    const text = nano.corpus.train.join('\n');
    for (const { prompt } of nano.prompts.test) expect(text.includes(prompt)).toBe(false);
  });

  it('hold out the skills by what is asked, in any order of the words', () => {
    const bag = (text: string) =>
      text
        .split(/[\s=]+/)
        .filter(Boolean)
        .sort()
        .join(' ');
    const lines = nano.corpus.train.flatMap((document) => document.split('\n'));
    const trained = new Set(lines.map(bag));
    for (const { prompt, completion } of nano.skillsTest) {
      expect(trained.has(bag(prompt + completion)), prompt).toBe(false);
    }
  });
});

describe('the corpus', () => {
  it('is stories, fact pages, forum threads and skills in their shares', () => {
    const kinds = { forum: 0, skills: 0, rest: 0 };
    for (const document of nano.corpus.train) {
      const kind = document.startsWith('Q: ')
        ? 'forum'
        : /^(Sum|Dialect|Sort|Copy): /.test(document)
          ? 'skills'
          : 'rest';
      kinds[kind] += document.length;
    }
    const total = kinds.forum + kinds.skills + kinds.rest;
    // A document more or less of a kind.
    expect(kinds.forum / total).toBeCloseTo(CORPUS_SHARES.forum / 100, 2);
    expect(kinds.skills / total).toBeCloseTo(CORPUS_SHARES.skills / 100, 2);
  });

  it('holds no end-of-text marker: whoever packs it adds it', () => {
    for (const document of nano.corpus.train) expect(document).not.toContain(EOT_TOKEN);
  });

  it('tells every fact of the town many times', () => {
    const text = nano.corpus.train.join('\n');
    for (const thing of nano.facts.lexicon.things) {
      const material = nano.facts.facts[thing]!.material!;
      expect(text.split(`he ${thing} is made of ${material}`).length).toBeGreaterThan(50);
    }
  });

  it('answers a question well in about one forum answer of three', () => {
    const briefs = new Map(nano.prompts.train.map((p) => [p.prompt, p.brief]));
    const scores = nano.corpus.train.flatMap((document) => {
      const [question, answer] = document.split('\nA:');
      const brief = briefs.get(`${question}\nA:`);
      if (!brief || answer === undefined) return [];
      return [score(nano, brief, answer.split('\nQ:')[0]!)];
    });
    const good = scores.filter((s) => s.helpful > 0.7 && s.harmless === 1 && s.honest > 0.7);
    expect(scores.length).toBeGreaterThan(200);
    expect(good.length / scores.length).toBeGreaterThan(0.2);
    expect(good.length / scores.length).toBeLessThan(0.5);
  });
});

describe('skills', () => {
  it('have right answers', () => {
    for (const { prompt, completion, skill } of nano.skillsTest) {
      const words = prompt.replace(/^\w+: | =$/g, '').split(' ');
      if (skill === 'copy') expect(completion).toBe(` ${words.join(' ')}`);
      if (skill === 'sort') expect(completion).toBe(` ${[...words].sort().join(' ')}`);
      if (skill === 'sum') {
        const [a, b] = prompt.match(/\d+/g)!.map(Number) as [number, number];
        expect(completion).toMatch(new RegExp(`^ ${a + b} `));
        expect(a + b).toBeLessThanOrEqual(10);
      }
    }
  });

  it('are tested a hundred times each', () => {
    const families = new Map<string, number>();
    for (const { skill } of nano.skillsTest) families.set(skill, (families.get(skill) ?? 0) + 1);
    expect(Object.fromEntries(families)).toEqual({ sum: 100, dialect: 100, sort: 100, copy: 100 });
  });
});

const PINNED: Record<'nano' | 'micro', string> = {
  nano: '1ed526b3f7e675d87edf4e118ced545f8bbb055b119e0aba7a77c7a369d17dd8',
  micro: '05733e2f5e35c6f7a3bf928eb8a11082baa3e08b04be01ef97ccc6dd482a596f',
};

it('briefs survive JSON', () => {
  for (const { brief } of nano.prompts.train) {
    expect(JSON.parse(JSON.stringify(brief))).toEqual(brief);
  }
  const families = new Set<Family>(nano.prompts.train.map(({ brief }) => brief.family));
  expect(families.size).toBe(10);
});
