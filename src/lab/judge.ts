/** The world's opinion: of any answer to a prompt it knows, and its simulated labelers' rankings. */
import type { Assessment } from '../rlhf/evaluate';
import type { Ranking, RankingTask } from '../rlhf/rankings';
import { type Labeler, type Prompt, rank, score, trueRewardOf, type World } from '../text/world';

export class Judge {
  private readonly briefs = new Map<string, Prompt['brief']>();
  readonly training: readonly Labeler[];
  readonly heldout: readonly Labeler[];

  constructor(private readonly world: World) {
    const { prompts, rankingPrompts } = world;
    for (const group of [...Object.values(prompts), ...Object.values(rankingPrompts)]) {
      for (const { prompt, brief } of group) this.briefs.set(prompt, brief);
    }
    this.training = world.labelers.filter(({ split }) => split === 'train');
    this.heldout = world.labelers.filter(({ split }) => split === 'heldout');
  }

  /** Null for a prompt that is not the world's. */
  score(prompt: string, completion: string) {
    const brief = this.briefs.get(prompt);
    return brief ? score(this.world, brief, completion) : null;
  }

  assess(prompt: string, completion: string): (Assessment & { explanations: string[] }) | null {
    const scored = this.score(prompt, completion);
    if (!scored) return null;
    const { helpful, honest, harmless, explanations } = scored;
    const trueReward = trueRewardOf(this.world.labelers, scored);
    return { trueReward, helpful, honest, harmless, explanations };
  }

  /** One labeler's ranking of a task. Completions of the same words are one and tie. */
  rank(labeler: Labeler, task: RankingTask, key: string): Ranking {
    const distinct = [...new Set(task.completions)];
    const scores = distinct.map((completion) => this.score(task.prompt, completion)!);
    const labels = rank(labeler, scores, key);
    const expand = <Value>(values: readonly Value[]) =>
      task.completions.map((completion) => values[distinct.indexOf(completion)]!);
    return {
      prompt: task.prompt,
      completions: task.completions,
      ranks: expand(labels.ranks),
      likert: expand(labels.likert),
      flags: expand(labels.flags),
      labeler: labeler.name,
    };
  }

  /** Mean win of the first answer over the second among the held-out labelers, a tie ½. */
  duel(prompt: string, first: string, second: string, index: number): number | null {
    if (!this.briefs.has(prompt)) return null;
    const task: RankingTask = { prompt, completions: [first, second], writers: [] };
    const wins = this.heldout.map((labeler) => {
      const { ranks } = this.rank(labeler, task, `duel ${index}`);
      return ranks[0] === ranks[1] ? 0.5 : ranks[0]! < ranks[1]! ? 1 : 0;
    });
    return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
  }
}

/** Every task ranked by one training labeler, in turn. */
export const rankOnce = (judge: Judge, tasks: readonly RankingTask[]): Ranking[] =>
  tasks.map((task, i) => judge.rank(judge.training[i % judge.training.length]!, task, `${i}`));

/** Every task ranked by two of the labelers, so that their agreement can be measured. */
export const rankTwice = (
  judge: Judge,
  labelers: readonly Labeler[],
  tasks: readonly RankingTask[],
): Ranking[] =>
  tasks.flatMap((task, i) =>
    [0, 1].map((offset) =>
      judge.rank(labelers[(i * 3 + offset) % labelers.length]!, task, `${i}.${offset}`),
    ),
  );
