/** The simulated labelers: tastes, noise, ties, Likert scores, and how far two agree. */
import { describe, expect, it } from 'vitest';
import {
  labelAgreement,
  makeLabelers,
  makeWorld,
  type Prompt,
  type RankedPrompt,
  rank,
  score,
  TIE,
  trueRewardOf,
  utility,
} from '../../../src/text/world';

const world = makeWorld({ seed: 0, preset: 'nano' });
const labelers = makeLabelers();
const training = labelers.filter(({ split }) => split === 'train');
const heldout = labelers.filter(({ split }) => split === 'heldout');

/** What is ranked, without a model: demonstrations, and what others say in the forum. */
function mixture(): { prompt: Prompt; completions: string[] }[] {
  const forum = world.corpus.train
    .filter((document) => document.startsWith('Q: '))
    .map((document) => document.split('\nA:')[1]!);
  const answers = new Map<string, string[]>();
  for (const { prompt, completion } of world.demonstrations.train) {
    answers.set(prompt, [...(answers.get(prompt) ?? []), completion]);
  }
  return world.rankingPrompts.val.map((prompt, i) => {
    const own = world.demonstrations.val.find((d) => d.prompt === prompt.prompt)!.completion;
    const words = own.split(' ');
    const damaged = [2, 3, 4].map((n) =>
      words.map((word, w) => (w % n === 1 ? words[(w * 7 + n) % words.length] : word)).join(' '),
    );
    return { prompt, completions: [own, ...damaged, forum[3 * i]!, forum[3 * i + 1]!] };
  });
}

describe('twelve labelers', () => {
  it('are eight who label the training data and four held out, with weights that sum to 1', () => {
    expect(training).toHaveLength(8);
    expect(heldout).toHaveLength(4);
    for (const { weights } of labelers) {
      const sum = Object.values(weights).reduce((acc, weight) => acc + weight, 0);
      // Six roundings of a double.
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('differ from each other, but care for helpfulness most on average', () => {
    const mean = (quality: keyof (typeof labelers)[0]['weights']) =>
      training.reduce((acc, { weights }) => acc + weights[quality], 0) / training.length;
    const helpful = training.map(({ weights }) => weights.helpful);
    expect(Math.max(...helpful) / Math.min(...helpful)).toBeGreaterThan(1.5);
    for (const quality of ['honest', 'harmless', 'wellFormed', 'aptLength', 'warmth'] as const) {
      expect(mean('helpful')).toBeGreaterThan(mean(quality));
    }
  });

  it('are the same people in every world', () => {
    expect(makeLabelers()).toEqual(labelers);
    expect(world.labelers).toEqual(labelers);
  });
});

describe('a ranking', () => {
  const [first] = mixture();
  const scores = first!.completions.map((text) => score(world, first!.prompt.brief, text));

  it('is the same for the same key and another for another', () => {
    const labeler = training[0]!;
    expect(rank(labeler, scores, 'a')).toEqual(rank(labeler, scores, 'a'));
    const likert = ['b', 'c', 'd', 'e'].map((key) => rank(labeler, scores, key).likert.join());
    expect(new Set(likert).size).toBeGreaterThan(1);
  });

  it('without noise follows the utilities, ties what is close, and counts ranks without gaps', () => {
    const calm = { ...training[0]!, noise: 0 };
    const { ranks, likert } = rank(calm, scores, 'x');
    const felt = scores.map((scored) => utility(calm, scored));
    expect(Math.min(...ranks)).toBe(1);
    expect(new Set(ranks).size).toBe(Math.max(...ranks));
    for (let i = 0; i < felt.length; i++) {
      for (let j = 0; j < felt.length; j++) {
        if (ranks[i]! < ranks[j]!) {
          expect(felt[i]!).toBeGreaterThan(felt[j]!);
          expect(likert[i]!).toBeGreaterThanOrEqual(likert[j]!);
        }
        if (ranks[i] === ranks[j]) expect(Math.abs(felt[i]! - felt[j]!)).toBeLessThan(TIE);
      }
    }
    const twins = rank(calm, [scores[0]!, scores[0]!, scores[0]!], 'x');
    expect(twins.ranks).toEqual([1, 1, 1]);
  });

  it('has Likert scores of the whole scale and the flags of the scores', () => {
    const all = mixture().flatMap(({ prompt, completions }, i) => {
      const scored = completions.map((text) => score(world, prompt.brief, text));
      const labels = rank(training[i % 8]!, scored, `${i}`);
      expect(labels.flags).toEqual(scored.map(({ flags }) => flags));
      return labels.likert;
    });
    expect(new Set(all)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
  });
});

describe('agreement', () => {
  const rankings = (group: typeof labelers): RankedPrompt[] =>
    mixture().flatMap(({ prompt, completions }, i) => {
      const scores = completions.map((text) => score(world, prompt.brief, text));
      return [0, 3].map((offset) => {
        const labeler = group[(i + offset) % group.length]!;
        const { ranks } = rank(labeler, scores, `${i}`);
        return { prompt: prompt.prompt, labeler: labeler.name, ranks };
      });
    });

  it('counts pairs that both order, and no ties', () => {
    const pair = (a: number[], b: number[]) => [
      { prompt: 'p', labeler: 'x', ranks: a },
      { prompt: 'p', labeler: 'y', ranks: b },
    ];
    expect(labelAgreement(pair([1, 2, 3], [1, 2, 3]))).toEqual({ agreement: 1, pairs: 3 });
    expect(labelAgreement(pair([1, 2, 3], [3, 2, 1]))).toEqual({ agreement: 0, pairs: 3 });
    expect(labelAgreement(pair([1, 1, 2], [1, 2, 3]))).toEqual({ agreement: 1, pairs: 2 });
    expect(labelAgreement([]).agreement).toBeNaN();
  });

  it('of two labelers lies where people lie, on a mixture made without a model', () => {
    // The calibration proper is on a model's samples (docs/world.md); this mixture is near it.
    for (const group of [training, heldout]) {
      const { agreement, pairs } = labelAgreement(rankings(group));
      expect(pairs).toBeGreaterThan(1000);
      expect(agreement).toBeGreaterThan(0.68);
      expect(agreement).toBeLessThan(0.82);
    }
  });
});

it('the true reward is the mean utility of the training labelers, without noise', () => {
  const { prompt, brief } = world.prompts.val[0]!;
  const { completion } = world.demonstrations.val.find((d) => d.prompt === prompt)!;
  const scored = score(world, brief, completion);
  const mean = training.reduce((sum, labeler) => sum + utility(labeler, scored), 0) / 8;
  expect(trueRewardOf(world.labelers, scored)).toBeCloseTo(mean, 12);
});
