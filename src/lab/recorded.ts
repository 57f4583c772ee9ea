/**
 * A recorded run in the place of the lab: everything of it can be looked at, ranked and judged, and
 * nothing can be computed. For machines without WebGPU, and for lectures.
 */
import type { Writer } from '../config/stages';
import { bootstrap, mean } from '../rlhf/statistics';
import { orderedPairs } from '../text/datasets/comparisons';
import { endsOf, holdingsOf } from './account';
import type {
  CorpusPage,
  DemonstrationRecord,
  DuelScore,
  ExperimentAccount,
  ExperimentSummary,
  LabApi,
  LabelerAgreement,
  RankingItem,
  RankingSubmission,
  Sample,
  Snapshot,
} from './api';
import { noStudies } from './parts';
import { studyResults } from './study_results';

type Scored = Awaited<ReturnType<LabApi['score']>>;

export interface Recording {
  readonly summary: ExperimentSummary;
  /** A run that was recorded without studies has none. */
  readonly snapshot: Omit<Snapshot, 'studies'> & Partial<Pick<Snapshot, 'studies'>>;
  readonly corpus: CorpusPage;
  readonly demonstrations: readonly DemonstrationRecord[];
  /** Prompts whose answers were recorded; the first is the one that the rooms begin with. */
  readonly prompts: readonly string[];
  readonly samples: readonly Sample[];
  readonly scores: readonly (Scored & { readonly prompt: string; readonly completion: string })[];
  readonly rankings: readonly {
    readonly prompt: string;
    readonly completions: readonly string[];
    readonly writers: readonly Writer[];
  }[];
}

/** Why something is not done. */
const only = (what: string) => new Error(`This is a recorded run: ${what}.`);

/** A page of a list that is shorter than what it was taken from. */
const part = <Item>(list: readonly Item[], from: number, count: number) =>
  list.slice(from, from + count);

/** The parts of a lab that a recording can stand in for. */
class RecordedLab implements Partial<LabApi> {
  private readonly submissions: RankingSubmission[] = [];
  private readonly verdicts: { a: Writer; b: Writer; judge: string; win: number }[] = [];
  private readonly shown = new Map<string, { a: Writer; b: Writer; swapped: boolean }>();

  constructor(private readonly recording: Recording) {}

  async open() {
    const name = { vendor: '', architecture: '', description: 'a recording', is_fallback: true };
    return { ok: true as const, ...name };
  }
  async subscribe() {}
  async experiments() {
    return [{ ...this.recording.summary, notes: '', parent: null, origin: null }];
  }
  async select() {
    return this.snapshot();
  }
  async snapshot(): Promise<Snapshot> {
    const { snapshot } = this.recording;
    const mine = this.submissions.filter(({ ranks }) => ranks);
    const items = new Map(Object.entries(snapshot.labels.byLabeler));
    for (const { labeler } of mine) items.set(labeler, (items.get(labeler) ?? 0) + 1);
    const byLabeler = Object.fromEntries(items);
    const { ppo } = snapshot.metrics;
    const studies = snapshot.studies ?? studyResults(noStudies(), ppo ?? []);
    return { ...snapshot, studies, labels: { ...snapshot.labels, byLabeler } };
  }
  async account(): Promise<ExperimentAccount> {
    const { config, stages, models, metrics } = this.recording.snapshot;
    const [summary] = await this.experiments();
    const people = { gathered: true, edited: false, ranked: 0 };
    return {
      summary: summary!,
      ...{ config, models, report: this.recording.snapshot.report!, made: {} },
      ...endsOf(metrics),
      checkpoint: null,
      holdings: holdingsOf({ config, stages }, people, models),
    };
  }
  async sizes() {
    return {};
  }
  async removed() {
    return [];
  }
  async metricsOf() {
    return this.recording.snapshot.metrics;
  }
  async storage() {
    return { problem: null, usage: null, quota: null };
  }
  async corpus(from: number, count: number): Promise<CorpusPage> {
    const { corpus } = this.recording;
    const { documents } = corpus;
    return { ...corpus, total: documents.length, documents: part(documents, from, count) };
  }
  async demonstrations(from: number, count: number) {
    const { demonstrations } = this.recording;
    return { total: demonstrations.length, items: part(demonstrations, from, count) };
  }
  async prompts(_split: string, count: number, seed: number) {
    const { prompts } = this.recording;
    return Array.from({ length: count }, (_, i) => prompts[(seed + i) % prompts.length]!);
  }

  async sample({ model, prompts, temperature, seed }: Parameters<LabApi['sample']>[0]) {
    if (temperature !== 1) throw only('its answers were sampled at temperature 1');
    return prompts.map((prompt) => {
      const known = this.recording.samples.filter(
        (sample) => sample.model === model && sample.prompt === prompt,
      );
      if (known.length === 0) {
        throw only('it has answers to its own prompts; take another prompt with the button');
      }
      return known[seed % known.length]!;
    });
  }
  async score(prompt: string, completion: string): Promise<Scored> {
    const found = this.recording.scores.find(
      (one) => one.prompt === prompt && one.completion.trim() === completion.trim(),
    );
    if (found) return found;
    const known = this.recording.scores.find((one) => one.prompt === prompt);
    throw only(
      known
        ? `of this prompt it knows the reward of “${known.completion.trim()}”`
        : 'it knows no reward of an answer to this prompt; take another one with the button',
    );
  }

  private item(index: number, labeler: string): RankingItem {
    const { rankings } = this.recording;
    const { prompt, completions } = rankings[index % rankings.length]!;
    const done = this.submissions.filter((one) => one.labeler === labeler && one.ranks).length;
    return { id: `${index}`, prompt, completions, done };
  }
  async nextRanking(labeler: string) {
    const seen = this.submissions.filter((one) => one.labeler === labeler).length;
    return this.item(seen, labeler);
  }
  async submitRanking(submission: RankingSubmission) {
    this.submissions.push(submission);
    const { rankings } = this.recording;
    const { writers } = rankings[Number(submission.id) % rankings.length]!;
    return { writers, pairs: submission.ranks ? orderedPairs([...submission.ranks]).length : 0 };
  }
  async undoRanking(labeler: string) {
    const at = this.submissions.findLastIndex((one) => one.labeler === labeler);
    if (at < 0) return null;
    const [was] = this.submissions.splice(at, 1);
    return { item: this.item(Number(was!.id), labeler), was: was! };
  }
  async agreement(): Promise<LabelerAgreement> {
    return {
      items: 0,
      self: null,
      others: [],
      simulated: null,
      betweenSimulated: null,
      rewardModel: null,
    };
  }

  async nextDuel(a: Writer, b: Writer) {
    const { prompts } = this.recording;
    const at = this.shown.size;
    const prompt = prompts[at % prompts.length]!;
    const text = async (model: Writer) => {
      const request = { model, prompts: [prompt], temperature: 1, seed: at };
      return (await this.sample(request))[0]!.completion;
    };
    const swapped = Math.random() < 0.5;
    const id = `duel-${at}`;
    this.shown.set(id, { a, b, swapped });
    const [left, right] = swapped ? [b, a] : [a, b];
    return { id, prompt, left: await text(left), right: await text(right) };
  }
  async submitDuel(id: string, choice: 'left' | 'right' | 'tie', judge: string) {
    const { a, b, swapped } = this.shown.get(id)!;
    const win = choice === 'tie' ? 0.5 : (choice === 'left') !== swapped ? 1 : 0;
    this.verdicts.push({ a, b, judge, win });
    return this.scoreOf(a, b, judge);
  }
  private scoreOf(a: Writer, b: Writer, judge: string): DuelScore {
    const wins = this.verdicts
      .filter((one) => one.a === a && one.b === b && one.judge === judge)
      .map(({ win }) => win);
    return { a, b, judge, mean: mean(wins), ci95: bootstrap(wins, 0), n: wins.length };
  }
  async duels(): Promise<DuelScore[]> {
    const keys = new Map(this.verdicts.map((one) => [`${one.a} ${one.b} ${one.judge}`, one]));
    return [...keys.values()].map(({ a, b, judge }) => this.scoreOf(a, b, judge));
  }

  async files() {
    return ['report.json'];
  }
  async file(name: string) {
    if (name !== 'report.json') throw only(`of its files it has report.json, not ${name}`);
    const text = `${JSON.stringify(this.recording.snapshot.report, null, 2)}\n`;
    return new TextEncoder().encode(text);
  }
}

/** A lab that answers from a recording, and refuses the rest in one sentence. */
export function recordedLab(recording: Recording): LabApi {
  const refuse = async () => {
    throw only('it can be looked at, ranked and judged; this needs a lab with WebGPU');
  };
  return new Proxy(new RecordedLab(recording), {
    get(lab, name) {
      // Nothing awaits a lab itself.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      const value = Reflect.get(lab, name) as unknown;
      if (typeof value !== 'function') return refuse;
      return async (...args: unknown[]) => {
        // In a task of its own, as a worker's answer comes.
        await new Promise((done) => setTimeout(done));
        return value.apply(lab, args);
      };
    },
  }) as unknown as LabApi;
}
