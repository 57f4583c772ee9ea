/**
 * The ranking desk and the duels: which item a person gets next, and what becomes of the answer.
 * Every submission is stored before it is confirmed.
 */
import type { Writer } from '../config/stages';
import { agreementOf, pairedRankings } from '../rlhf/agreement';
import { type RankingTask, shuffledOrder } from '../rlhf/rankings';
import { estimated } from '../rlhf/statistics';
import { orderedPairs } from '../text/datasets/comparisons';
import { parseJsonl, writeJsonl } from '../text/datasets/jsonl';
import { randomBelow } from '../text/datasets/philox';
import type { DuelItem, DuelScore, RankingItem, RankingReveal, RankingSubmission } from './api';
import type { Experiment, PersonalRanking } from './experiment';
import { rankingOf, trainingRankings } from './pipeline';

/** A number from a name, for a labeler's own shuffles. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 16_777_619);
  return value >>> 0;
}

/** After so many items of a labeler, one of them comes a second time. */
const BLOCK = 8;
/** Which of each block comes again: five others lie between its two showings. */
const REPEATED = 2;
/** Shuffles of second showings are drawn apart from those of first ones. */
const SECOND = 1_000_000;

/** Items that are sampled at a time where no rankings have been gathered yet. */
export const DESK_BATCH = 6;

/** Pairs that a labeler ordered at both showings of an item, and those ordered alike. */
function sameTwice(before: PersonalRanking, now: PersonalRanking) {
  const pairs = pairedRankings([rankingOf(before)!], [rankingOf(now)!]);
  const { pairs: both, alike } = agreementOf(pairs);
  return { pairs: both, alike };
}

export class Desk {
  private readonly duelItems = new Map<
    string,
    { prompt: string; a: Writer; b: Writer; swapped: boolean }
  >();
  private duelCount = 0;

  constructor(
    private readonly experiment: Experiment,
    /** Samples more tasks; called when a person has ranked all there are. */
    private readonly more: (from: number) => Promise<RankingTask[]>,
  ) {}

  private shownOrder(task: RankingTask, labeler: string, index: number): number[] {
    const { seed } = this.experiment.record.config;
    return shuffledOrder(task.completions.length, (seed ^ hash(labeler)) >>> 0, index);
  }

  private item(id: string, task: RankingTask, order: readonly number[], labeler: string) {
    const { personal } = this.experiment.parts;
    return {
      id,
      prompt: task.prompt,
      completions: order.map((at) => task.completions[at]!),
      done: personal.filter((one) => one.labeler === labeler && one.ranks && !one.again).length,
    };
  }

  /** The ranking whose item is due a second time, if one is. */
  private due(labeler: string): PersonalRanking | undefined {
    const mine = this.experiment.parts.personal.filter((one) => one.labeler === labeler);
    const first = mine.filter((one) => !one.again && one.ranks);
    const block = mine.filter((one) => one.again).length;
    return first.length >= (block + 1) * BLOCK ? first[block * BLOCK + REPEATED] : undefined;
  }

  /** The item that an id names, with the order in which it is shown. */
  private shown(id: string, labeler: string) {
    const { parts } = this.experiment;
    const [number = '', again] = id.split('.');
    const index = Number(number);
    const before = parts.personal.find((one) => one.labeler === labeler && one.id === number);
    const task = again ? before?.task : parts.tasks[index];
    if (!task) throw new Error(`There is no ranking item ${id}.`);
    const order = this.shownOrder(task, labeler, again ? index + SECOND : index);
    return { task, order, before: again ? before : undefined };
  }

  /** The first task that this labeler has neither ranked nor skipped. */
  async next(labeler: string): Promise<RankingItem> {
    const { parts } = this.experiment;
    const due = this.due(labeler);
    if (due) {
      const id = `${due.id}.2`;
      const { task, order } = this.shown(id, labeler);
      return this.item(id, task, order, labeler);
    }
    const seen = new Set(
      parts.personal.filter((one) => one.labeler === labeler).map(({ id }) => id),
    );
    let index = 0;
    while (seen.has(`${index}`)) index++;
    // After a reset there may be fewer tasks than this labeler has ranked.
    while (index >= parts.tasks.length) {
      parts.tasks.push(...(await this.more(parts.tasks.length)));
      await this.experiment.save('tasks');
    }
    const task = parts.tasks[index]!;
    return this.item(`${index}`, task, this.shownOrder(task, labeler, index), labeler);
  }

  /** @throws when the ranks do not fit the item */
  async submit(submission: RankingSubmission): Promise<RankingReveal> {
    const { parts } = this.experiment;
    const { id, labeler, likert, flags, seconds, reason } = submission;
    const { task, order, before } = this.shown(id, labeler);
    const K = task.completions.length;
    const { ranks } = submission;
    if (ranks && (ranks.length !== K || ranks.some((rank) => !(rank >= 1 && rank <= K)))) {
      throw new Error(`The item has ${K} completions; each needs a rank from 1 to ${K}.`);
    }
    const ranking: PersonalRanking = {
      ...{ id, task, order, labeler, ranks, likert, flags, seconds },
      ...(reason === undefined ? {} : { reason }),
      ...(before ? { again: true } : {}),
    };
    parts.personal = parts.personal.filter((one) => one.id !== id || one.labeler !== labeler);
    parts.personal.push(ranking);
    await this.experiment.save('personal');
    return {
      writers: order.map((at) => task.writers[at]!),
      // A second showing gives none to learn from; it says how steady the labeler is.
      pairs: ranks && !before ? orderedPairs([...ranks]).length : 0,
      ...(before && ranks ? { again: sameTwice(before, ranking) } : {}),
    };
  }

  async undo(labeler: string): Promise<{ item: RankingItem; was: RankingSubmission } | null> {
    const { parts } = this.experiment;
    const last = parts.personal.findLast((one) => one.labeler === labeler);
    if (!last) return null;
    parts.personal = parts.personal.filter((one) => one !== last);
    await this.experiment.save('personal');
    const { id, task, order, ranks, likert, flags, seconds, reason } = last;
    return {
      item: this.item(id, task, order, labeler),
      was: {
        ...{ id, labeler, ranks, likert, flags, seconds },
        ...(reason === undefined ? {} : { reason }),
      },
    };
  }

  /** People's rankings, a line each, in the form that is imported again. */
  export(): string {
    const simulated = new Set(this.experiment.parts.rankings.train ?? []);
    return writeJsonl(trainingRankings(this.experiment).filter((row) => !simulated.has(row)));
  }

  /** Adds rankings from a file; those that are there already are passed over. */
  async import(jsonl: string): Promise<number> {
    const { parts } = this.experiment;
    const keyOf = (row: { labeler: string; prompt: string; completions: readonly string[] }) =>
      JSON.stringify([row.labeler, row.prompt, row.completions]);
    const known = new Set(trainingRankings(this.experiment).map(keyOf));
    const fresh = parseJsonl(jsonl, 'ranking', 'the rankings file')
      .map(({ prompt, completions, ranks, likert, flags, labeler }) => ({
        prompt,
        completions,
        ranks,
        likert: ranks.map((_, at) => likert?.[at] ?? 4),
        flags: flags ?? ranks.map(() => []),
        labeler,
      }))
      .filter((row) => !known.has(keyOf(row)));
    parts.imported.push(...fresh);
    await this.experiment.save('imported');
    return fresh.length;
  }

  /** A blind pair of answers; which side is whose is known here only. */
  nextDuel(
    prompt: string,
    answers: Readonly<Record<'a' | 'b', string>>,
    a: Writer,
    b: Writer,
  ): DuelItem {
    const id = `duel-${this.duelCount++}`;
    const { seed } = this.experiment.record.config;
    const swapped =
      randomBelow(2, seed, 0x4455454c, this.experiment.parts.duels.length, this.duelCount) === 1;
    this.duelItems.set(id, { prompt, a, b, swapped });
    const [left, right] = swapped ? [answers.b, answers.a] : [answers.a, answers.b];
    return { id, prompt, left, right };
  }

  async submitDuel(
    id: string,
    choice: 'left' | 'right' | 'tie',
    judge: string,
  ): Promise<DuelScore> {
    const item = this.duelItems.get(id);
    if (!item) throw new Error('This pair has been judged already; take the next one.');
    this.duelItems.delete(id);
    const { prompt, a, b, swapped } = item;
    const win = choice === 'tie' ? 0.5 : (choice === 'left') !== swapped ? 1 : 0;
    this.experiment.parts.duels.push({ prompt, a, b, judge, win });
    await this.experiment.save('duels');
    return this.duelScores().find((one) => one.a === a && one.b === b && one.judge === judge)!;
  }

  duelScores(): DuelScore[] {
    const groups = new Map<string, Pick<DuelScore, 'a' | 'b' | 'judge'> & { wins: number[] }>();
    for (const { a, b, judge, win } of this.experiment.parts.duels) {
      const key = JSON.stringify([a, b, judge]);
      const group = groups.get(key) ?? { a: a as Writer, b: b as Writer, judge, wins: [] };
      group.wins.push(win);
      groups.set(key, group);
    }
    return [...groups.values()].map(({ wins, ...rest }) => ({ ...rest, ...estimated(wins, 0) }));
  }
}
