/** The recorded run that comes with the page: small, of a real run, and a lab to look at. */
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { STAGES, TRAININGS } from '../../src/config/stages';
import { type Recording, recordedLab } from '../../src/lab/recorded';

const FILE = 'public/recorded/run.json';
const recording = JSON.parse(readFileSync(FILE, 'utf8')) as Recording;
const lab = () => recordedLab(recording);

test('is under 400 KB and has curves, samples, rollouts and the report of every stage', () => {
  expect(statSync(FILE).size).toBeLessThan(400_000);
  const { snapshot } = recording;
  for (const stage of STAGES) expect(snapshot.stages[stage]).toBe('done');
  for (const training of TRAININGS.filter((name) => name !== 'evaluate')) {
    expect(snapshot.metrics[training]!.length, training).toBeGreaterThan(20);
  }
  expect(snapshot.rollouts!.rollouts.length).toBeGreaterThan(4);
  expect(snapshot.report!.evaluate!.win_rate_vs_sft.n).toBe(400);
});

test('answers its own prompts with what was written then, and says so for others', async () => {
  const [prompt] = await lab().prompts('test', 1, 0);
  const request = { model: 'policy' as const, prompts: [prompt!], temperature: 1, seed: 0 };
  const [answer] = await lab().sample(request);
  expect(recording.samples).toContainEqual(answer);
  await expect(lab().sample({ ...request, prompts: ['Q: Who?\nA:'] })).rejects.toThrow(
    'This is a recorded run: it has answers to its own prompts; take another prompt',
  );
  const scored = await lab().score(prompt!, answer!.completion);
  expect(scored.rewards).toHaveLength(scored.tokens.length);
  expect(scored.rewards.at(-1)).toBeCloseTo(answer!.reward!, 2);
});

test('can be ranked, with undo, and shows what wrote each answer after', async () => {
  const desk = lab();
  const first = await desk.nextRanking('me');
  const none = {
    likert: first.completions.map(() => null),
    flags: first.completions.map(() => []),
  };
  const ranks = first.completions.map((_, at) => at + 1);
  const given = { id: first.id, labeler: 'me', ranks, seconds: 1, ...none };
  const { writers, pairs } = await desk.submitRanking(given);
  expect(writers).toHaveLength(ranks.length);
  expect(pairs).toBe((ranks.length * (ranks.length - 1)) / 2);
  expect((await desk.nextRanking('me')).prompt).not.toBe(first.prompt);
  expect((await desk.undoRanking('me'))!.item.completions).toEqual(first.completions);
  expect(await desk.undoRanking('me')).toBeNull();
});

test('lets one judge blind pairs and counts the wins', async () => {
  const desk = lab();
  const duel = await desk.nextDuel('policy', 'base');
  const score = await desk.submitDuel(duel.id, 'tie', 'me');
  expect(score).toMatchObject({ a: 'policy', b: 'base', mean: 0.5, n: 1 });
  expect(await desk.duels()).toEqual([score]);
});

test('has an account of itself, with the last figures of every training', async () => {
  const [summary] = await lab().experiments();
  const account = await lab().account(summary!.id);
  expect(account.summary).toEqual({ ...recording.summary, notes: '', parent: null, origin: null });
  expect(account.last.ppo).toEqual(recording.snapshot.metrics.ppo!.at(-1));
  expect(account.holdings.outputs).toContain('evaluate');
  expect(await lab().removed()).toEqual([]);
});

describe('what it cannot do', () => {
  test('is refused in one sentence', async () => {
    await expect(lab().run(['ppo'])).rejects.toThrow(
      /^This is a recorded run: it can be looked at/,
    );
    await expect(lab().file('data/rollouts.jsonl')).rejects.toThrow(/not data\/rollouts\.jsonl\.$/);
  });
});
