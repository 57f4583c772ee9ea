/** A person at the ranking desk: nothing that was submitted is lost, and every step can be undone. */
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

describe('the ranking desk', () => {
  const store = memoryStore();
  let { lab } = testLab(store);
  let id = '';
  const submission = (item: { id: string; completions: readonly string[] }) => ({
    id: item.id,
    labeler: 'Ada',
    ranks: item.completions.map((_, k) => k + 1),
    likert: item.completions.map(() => 4),
    flags: item.completions.map(() => []),
    seconds: 3,
  });

  beforeAll(async () => {
    ({ id } = await lab.create(smallConfig()));
    await lab.run(['base', 'sft']);
  }, 120_000);

  it('shows the same item in the same order until it is submitted, also after a reload', async () => {
    const item = await lab.nextRanking('Ada');
    expect(await lab.nextRanking('Ada')).toEqual(item);
    ({ lab } = testLab(store));
    await lab.select(id);
    expect(await lab.nextRanking('Ada')).toEqual(item);
  });

  it('stores a submission, says what wrote each, and goes on to another prompt', async () => {
    const item = await lab.nextRanking('Ada');
    const { writers, pairs } = await lab.submitRanking(submission(item));
    const K = item.completions.length;
    expect(writers).toHaveLength(K);
    expect(pairs).toBe((K * (K - 1)) / 2);
    const next = await lab.nextRanking('Ada');
    expect(next.prompt).not.toBe(item.prompt);
    expect(next.done).toBe(1);
    ({ lab } = testLab(store));
    await lab.select(id);
    expect((await lab.snapshot())!.labels.byLabeler['Ada']).toBe(1);
  });

  it('undoes one submission after another and returns what was said', async () => {
    const second = await lab.nextRanking('Ada');
    await lab.submitRanking(submission(second));
    const undone = await lab.undoRanking('Ada');
    expect(undone!.item.prompt).toBe(second.prompt);
    expect(undone!.was.ranks).toEqual(submission(second).ranks);
    expect(await lab.undoRanking('Ada')).not.toBeNull();
    expect(await lab.undoRanking('Ada')).toBeNull();
    expect((await lab.snapshot())!.labels.byLabeler['Ada']).toBeUndefined();
  });

  it('refuses ranks that do not fit the item in one sentence', async () => {
    const item = await lab.nextRanking('Ada');
    const wrong = { ...submission(item), ranks: [1] };
    await expect(lab.submitRanking(wrong)).rejects.toThrow(/each needs a rank from 1 to/);
  });

  it('exports rankings that another experiment takes in once', async () => {
    await lab.submitRanking(submission(await lab.nextRanking('Ada')));
    const file = await lab.exportRankings();
    const other = testLab();
    await other.lab.create(smallConfig());
    expect(await other.lab.importRankings(file)).toBe(1);
    expect(await other.lab.importRankings(file)).toBe(0);
  });

  it('shows one item in eight again, shuffled anew, and learns nothing from it', async () => {
    const ranked: { prompt: string; completions: readonly string[] }[] = [];
    const rank = async () => {
      const item = await lab.nextRanking('Eve');
      const reveal = await lab.submitRanking({ ...submission(item), labeler: 'Eve' });
      ranked.push(item);
      return reveal;
    };
    for (let i = 0; i < 8; i++) expect((await rank()).again).toBeUndefined();
    const { again, pairs } = await rank();
    expect(ranked[8]!.prompt).toBe(ranked[2]!.prompt);
    expect([...ranked[8]!.completions].sort()).toEqual([...ranked[2]!.completions].sort());
    expect(again!.pairs).toBeGreaterThan(0);
    expect(pairs).toBe(0);
    expect((await lab.snapshot())!.labels.byLabeler['Eve']).toBe(8);
    expect((await lab.nextRanking('Eve')).prompt).not.toBe(ranked[2]!.prompt);
    const agreement = await lab.agreement('Eve');
    expect(agreement.self).toMatchObject({ items: 1, ...again });
    expect(agreement.simulated!.items).toBe(64);
    expect(agreement.rewardModel).toBeNull();
  });

  it('keeps the reason of a skip', async () => {
    const item = await lab.nextRanking('Joe');
    await lab.submitRanking({
      ...{ ...submission(item), labeler: 'Joe', ranks: null },
      reason: 'The prompt makes no sense',
    });
    expect((await lab.undoRanking('Joe'))!.was.reason).toBe('The prompt makes no sense');
  });

  it('ranks in the order of the task whatever order was shown', async () => {
    const row = JSON.parse((await lab.exportRankings()).split('\n')[0]!) as {
      completions: string[];
      ranks: number[];
    };
    const tasks = await store.get<{ completions: string[] }[]>(id, 'tasks');
    expect(row.completions).toEqual(tasks![0]!.completions);
    expect([...row.ranks].sort((a, b) => a - b)).toEqual(row.completions.map((_, k) => k + 1));
  });
});
