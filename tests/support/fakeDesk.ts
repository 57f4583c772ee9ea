/** The ranking desk and the duels of the fake lab, in memory. */
import type {
  DuelScore,
  LabApi,
  LabelerAgreement,
  RankingItem,
  RankingSubmission,
} from '../../src/lab/api';
import { answerOf, PROMPTS } from './fakeTexts';

export class FakeDesk {
  readonly submissions: RankingSubmission[] = [];
  private scores: DuelScore[] = [];
  private judged = 0;

  constructor(
    /** Completions of an item. */
    private readonly k: number,
    private readonly note: (name: string, ...args: unknown[]) => void,
  ) {}

  private itemAt(i: number, labeler: string): RankingItem {
    const k = this.k;
    const models = ['sft', 'base', 'sft_for_rl', 'policy'] as const;
    return {
      id: `item-${i}`,
      prompt: PROMPTS[i % PROMPTS.length]!,
      completions: Array.from({ length: k }, (_, j) => answerOf(models[j % 4]!, i + (j >> 2))),
      done: this.submissions.filter((s) => s.labeler === labeler).length,
    };
  }
  async nextRanking(labeler: string): Promise<RankingItem> {
    const done = this.submissions.filter((s) => s.labeler === labeler).length;
    return this.itemAt(done, labeler);
  }
  async submitRanking(submission: RankingSubmission) {
    this.note('submitRanking', submission);
    this.submissions.push(submission);
    const ranks = submission.ranks ?? [];
    const pairs = ranks.flatMap((a, i) => ranks.slice(i + 1).filter((b) => a !== b)).length;
    const models = ['sft', 'base', 'sft_for_rl', 'policy'] as const;
    return { writers: submission.likert.map((_, i) => models[i % 4]!), pairs };
  }
  async undoRanking(labeler: string) {
    this.note('undoRanking', labeler);
    const at = this.submissions.findLastIndex((s) => s.labeler === labeler);
    if (at < 0) return null;
    const [was] = this.submissions.splice(at, 1);
    return { item: this.itemAt(Number(was!.id.slice(5)), labeler), was: was! };
  }
  async agreement(labeler: string, rewardModel: boolean): Promise<LabelerAgreement> {
    this.note('agreement', labeler, rewardModel);
    const items = this.submissions.filter((s) => s.labeler === labeler && s.ranks).length;
    const agreement = (alike: number) => ({ items, pairs: 10 * items, alike, alpha: 0.51 });
    return {
      items,
      self: null,
      others: [{ labeler: 'Ada', ...agreement(7 * items) }],
      simulated: agreement(6 * items),
      betweenSimulated: agreement(7 * items),
      rewardModel: rewardModel ? agreement(8 * items) : null,
    };
  }
  async exportRankings(): Promise<string> {
    return this.submissions.map((s) => JSON.stringify(s)).join('\n');
  }
  async importRankings(jsonl: string): Promise<number> {
    this.note('importRankings', jsonl);
    return jsonl.split('\n').filter(Boolean).length;
  }

  async nextDuel(a: Parameters<LabApi['nextDuel']>[0], b: Parameters<LabApi['nextDuel']>[1]) {
    const i = this.judged;
    return {
      id: `${a}|${b}|${i}`,
      prompt: PROMPTS[i % PROMPTS.length]!,
      left: answerOf(a, i),
      right: answerOf(b, i),
    };
  }
  async submitDuel(
    id: string,
    choice: 'left' | 'right' | 'tie',
    judge: string,
  ): Promise<DuelScore> {
    this.note('submitDuel', id, choice, judge);
    this.judged++;
    const [a, b] = id.split('|') as [DuelScore['a'], DuelScore['b']];
    const before = this.scores.find((s) => s.a === a && s.b === b);
    const n = (before?.n ?? 0) + 1;
    const won =
      (before?.mean ?? 0) * (n - 1) + (choice === 'left' ? 1 : choice === 'tie' ? 0.5 : 0);
    const mean = won / n;
    const wide = 0.98 / Math.sqrt(n);
    const score: DuelScore = {
      a,
      b,
      judge,
      mean,
      n,
      ci95: [Math.max(0, mean - wide), Math.min(1, mean + wide)],
    };
    this.scores = [...this.scores.filter((s) => s !== before), score];
    return score;
  }
  async duels(): Promise<DuelScore[]> {
    return this.scores;
  }
}
