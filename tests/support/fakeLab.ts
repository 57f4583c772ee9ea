/**
 * A lab in memory for looking at the page and for its tests: it answers as the real one does, with
 * made-up curves and texts. Every call is noted in `calls`. The product never imports it.
 */
import { defaultConfig, type ExperimentConfig } from '../../src/config/experiment';
import { type ModelName, STAGES, type Stage } from '../../src/config/stages';
import type {
  Access,
  DuplicateRequest,
  Estimate,
  ExperimentSummary,
  GpuStatus,
  Inspection,
  InspectRequest,
  LabApi,
  LabEvent,
  RankingSubmission,
  Snapshot,
  StageStatus,
} from '../../src/lab/api';
import type { ProfiledStep } from '../../src/lab/profile_api';
import type { Feature } from '../../src/lab/variants';
import type { Connection } from '../../src/ui/state/lab';
import { FakeDesk } from './fakeDesk';
import { fakeInspection } from './fakeInside';
import { FakeLibrary } from './fakeLibrary';
import { FakeTuning, fakeProfile, fakeSource } from './fakeProfile';
import { FAKE_FIT } from './fakeReport';
import { FakeShelf, type Shelved } from './fakeShelf';
import { labelsOf, progressOf, snapshotOf } from './fakeSnapshot';
import { LENGTH, rowOf, TRAININGS_OF } from './fakeStages';
import { FakeStudies } from './fakeStudies';
import { ppoRow, rolloutsOf, samplesOf } from './fakeTexts';

export const FAKE_GPU: GpuStatus = {
  ok: true,
  vendor: 'fake',
  architecture: '',
  description: 'Fake adapter',
  is_fallback: true,
};

export interface FakeOptions {
  readonly gpu?: GpuStatus;
  /** Stages that are done from the start; null is a lab without any experiment. */
  readonly done?: readonly Stage[] | null;
  /** Seed of the experiment that is there from the start; 7 if not given. */
  readonly seed?: number;
  /** A stage that is paused half-way from the start. */
  readonly paused?: Stage;
  /** Milliseconds between steps of a run. */
  readonly tick?: number;
  /** Completions of a ranking item. */
  readonly k?: number;
  /** Why nothing is stored; null where it is. */
  readonly storageProblem?: string;
}

export class FakeLab implements LabApi, Connection {
  readonly calls: { name: string; args: readonly unknown[] }[] = [];
  readonly lab: LabApi = this;
  private listeners: ((events: LabEvent[]) => void)[] = [];
  private readonly shelf = new FakeShelf((name, ...args) => this.note(name, ...args));
  /** The experiment that is open. */
  private now: Shelved | null = null;
  private access: Access = 'write';
  private held = false;
  private queue: Stage[] = [];
  private readonly library = new FakeLibrary((name, ...args) => this.note(name, ...args));
  private readonly options: FakeOptions;
  /** What there is to compute on, from now on. */
  gpu: GpuStatus;
  private readonly desk: FakeDesk;
  private readonly studies: FakeStudies;

  constructor(options: FakeOptions = {}) {
    this.options = options;
    this.gpu = options.gpu ?? FAKE_GPU;
    this.desk = new FakeDesk(options.k ?? 4, (name, ...args) => this.note(name, ...args));
    this.studies = new FakeStudies(
      (name, ...args) => this.note(name, ...args),
      (event) => this.send(event),
      options.tick ?? 100,
      () => Array.from({ length: this.steps.ppo ?? 0 }, (_, i) => ppoRow(i + 1, LENGTH)),
    );
    const done = options.done === undefined ? [] : options.done;
    if (done === null) return;
    const seed = options.seed ?? 7;
    this.now = this.shelf.add(`nano ${seed}`, defaultConfig('nano', seed));
    for (const stage of done) this.finish(stage);
    if (options.paused) {
      this.stages[options.paused] = 'paused';
      this.steps[options.paused] = LENGTH / 2;
      this.queue = [options.paused];
      this.held = true;
    }
  }

  /** Every stage of the open experiment is done from now on. */
  finishAll(): void {
    for (const stage of STAGES) this.finish(stage);
  }
  get submissions(): readonly RankingSubmission[] {
    return this.desk.submissions;
  }
  private note(name: string, ...args: unknown[]): void {
    this.calls.push({ name, args });
  }
  private get stages(): Record<Stage, StageStatus> {
    return this.now!.stages;
  }
  private get steps(): Partial<Record<Stage, number>> {
    return this.now!.steps;
  }
  private finish(stage: Stage): void {
    this.stages[stage] = 'done';
    this.steps[stage] = LENGTH;
    const next = STAGES[STAGES.indexOf(stage) + 1];
    if (next && this.stages[next] === 'missing') this.stages[next] = 'ready';
  }
  private send(...events: LabEvent[]): void {
    for (const listener of this.listeners) listener(events);
  }

  listen(listener: (events: LabEvent[]) => void): Promise<void> {
    return this.subscribe(listener);
  }
  async open(): Promise<GpuStatus> {
    return { ...this.gpu };
  }
  async subscribe(listener: (events: LabEvent[]) => void): Promise<void> {
    this.listeners.push(listener);
  }
  async experiments(): Promise<ExperimentSummary[]> {
    return this.shelf.summaries();
  }
  async create(config: ExperimentConfig, name?: string): Promise<Snapshot> {
    this.note('create', config, name);
    this.now = this.shelf.add(name ?? `${config.preset} ${config.seed}`, config);
    return (await this.snapshot())!;
  }
  async select(id: string): Promise<Snapshot> {
    this.note('select', id);
    this.now = this.shelf.of(id);
    return (await this.snapshot())!;
  }
  async duplicate(request: DuplicateRequest): Promise<Snapshot> {
    this.note('duplicate', request);
    this.now = this.shelf.duplicate(request);
    return (await this.snapshot())!;
  }
  async remove(id: string): Promise<void> {
    this.note('remove', id);
    this.shelf.remove(id);
    if (this.now?.id === id) this.now = null;
  }
  removed = () => this.shelf.removed();
  restore = (id: string) => this.shelf.restore(id);
  erase = (id: string) => this.shelf.erase(id);
  sizes = () => this.shelf.sizes();
  account = (id: string) => this.shelf.account(id);
  setNotes = (id: string, text: string) => this.shelf.setNotes(id, text);
  modelFolder = async (id: string, model: ModelName) => {
    this.note('modelFolder', id, model);
    return { 'config.json': new TextEncoder().encode('{}') };
  };
  async takeOver(): Promise<Snapshot> {
    this.note('takeOver');
    this.letIn('write');
    return (await this.snapshot())!;
  }
  /** Another tab comes or goes. */
  letIn(access: Access): void {
    this.access = access;
    this.send({ type: 'access', access });
  }
  /** A stage ends with a reason. */
  fail(stage: Stage, message: string): void {
    this.stages[stage] = 'failed';
    this.send({ type: 'stage', stage, status: 'failed', message });
  }
  /** The lab reports an error outside any stage. */
  report(message: string): void {
    this.send({ type: 'log', level: 'error', message, time: 1.79e12 });
  }
  async storage() {
    return { problem: this.options.storageProblem ?? null, usage: 12e6, quota: 2e9 };
  }
  async exportExperiment(id?: string): Promise<Uint8Array<ArrayBuffer>> {
    this.note('exportExperiment', id);
    return new TextEncoder().encode('an experiment');
  }
  async importExperiment(file: Uint8Array, name?: string): Promise<Snapshot> {
    this.note('importExperiment', file.length, name);
    this.now = this.shelf.add(name ?? 'from a file', defaultConfig('nano', 7));
    return (await this.snapshot())!;
  }
  async metricsOf(id: string) {
    this.note('metricsOf', id);
    const rows = Array.from({ length: LENGTH / 2 }, (_, i) => ppoRow(i + 1, LENGTH));
    return { ppo: rows };
  }
  async estimate(): Promise<Estimate> {
    return { bytes: 310 * 2 ** 20, fit: FAKE_FIT, seconds: 1320 };
  }
  async snapshot(): Promise<Snapshot | null> {
    if (!this.now) return null;
    return snapshotOf(this.now, this.access, this.studies.results(), this.submissions);
  }

  async run(stages: readonly Stage[]): Promise<void> {
    this.note('run', stages);
    this.queue = [...stages];
    this.held = false;
    await this.work();
  }
  private async work(): Promise<void> {
    while (this.queue.length > 0 && !this.held) {
      const stage = this.queue[0]!;
      if (this.stages[stage] !== 'running') {
        this.stages[stage] = 'running';
        this.send({ type: 'stage', stage, status: 'running' });
      }
      await new Promise((resolve) => setTimeout(resolve, this.options.tick ?? 100));
      if (!this.held) this.advance(stage);
    }
  }
  private advance(stage: Stage): void {
    const step = (this.steps[stage] ?? 0) + 1;
    this.steps[stage] = step;
    for (const training of TRAININGS_OF[stage]) {
      this.send({ type: 'metrics', training, rows: [rowOf(training, step)] });
      if (step % 10 === 0)
        this.send({ type: 'samples', training, step, samples: samplesOf(training) });
    }
    if (stage === 'ppo') this.send({ type: 'rollouts', ...rolloutsOf(step) });
    this.send({ type: 'progress', progress: progressOf(this.now!, stage) });
    if (step < LENGTH) return;
    this.finish(stage);
    this.queue = this.queue.slice(1);
    this.send({ type: 'stage', stage, status: 'done' });
  }
  async pause(): Promise<void> {
    this.note('pause');
    this.held = true;
    this.studies.hold();
    this.mark('paused');
  }
  private mark(status: StageStatus): void {
    const stage = STAGES.find((s) => this.stages[s] === 'running' || this.stages[s] === 'paused');
    if (!stage) return;
    this.stages[stage] = status;
    this.send({ type: 'stage', stage, status });
  }
  async resume(): Promise<void> {
    this.note('resume');
    this.held = false;
    await this.work();
  }
  async stop(): Promise<void> {
    this.note('stop');
    this.held = true;
    const stage = this.queue[0];
    if (!stage) return;
    this.queue = [];
    this.finish(stage);
    this.send({ type: 'stage', stage, status: 'done' });
  }
  async step(): Promise<void> {
    this.note('step');
    if (this.queue[0]) this.advance(this.queue[0]);
  }
  async reset(stage: Stage): Promise<void> {
    this.note('reset', stage);
    this.queue = [];
    for (const later of STAGES.slice(STAGES.indexOf(stage))) {
      this.stages[later] = 'missing';
      this.steps[later] = 0;
    }
    this.stages[stage] = 'ready';
  }
  async set(key: string, value: number | boolean): Promise<void> {
    this.note('set', key, value);
    const { config } = this.now!;
    this.now!.config = { ...config, settings: { ...config.settings, [key]: value } };
  }

  async importBase(files: Readonly<Record<string, Uint8Array>>): Promise<Snapshot> {
    this.note('importBase', Object.keys(files));
    this.finish('base');
    return (await this.snapshot())!;
  }

  corpus: LabApi['corpus'] = (...args) => this.library.corpus(...args);
  demonstrations: LabApi['demonstrations'] = (...args) => this.library.demonstrations(...args);
  putDemonstration: LabApi['putDemonstration'] = (...args) =>
    this.library.putDemonstration(...args);
  insertDemonstration: LabApi['insertDemonstration'] = (...args) =>
    this.library.insertDemonstration(...args);
  removeDemonstration: LabApi['removeDemonstration'] = (...args) =>
    this.library.removeDemonstration(...args);
  prompts: LabApi['prompts'] = (...args) => this.library.prompts(...args);
  sample: LabApi['sample'] = (...args) => this.library.sample(...args);
  score: LabApi['score'] = (...args) => this.library.score(...args);

  async inspect(request: InspectRequest): Promise<Inspection> {
    this.note('inspect', request);
    return fakeInspection(request);
  }

  nextRanking = (labeler: string) => this.desk.nextRanking(labeler);
  async submitRanking(submission: RankingSubmission) {
    const reveal = await this.desk.submitRanking(submission);
    this.send({ type: 'labels', counts: labelsOf(this.now!, this.submissions) });
    return reveal;
  }
  undoRanking = (labeler: string) => this.desk.undoRanking(labeler);
  agreement = (labeler: string, rewardModel = false) => this.desk.agreement(labeler, rewardModel);
  exportRankings = () => this.desk.exportRankings();
  importRankings = (jsonl: string) => this.desk.importRankings(jsonl);
  nextDuel: LabApi['nextDuel'] = (a, b) => this.desk.nextDuel(a, b);
  submitDuel: LabApi['submitDuel'] = (id, choice, judge) => this.desk.submitDuel(id, choice, judge);
  duels = () => this.desk.duels();

  study: LabApi['study'] = (request) => this.studies.study(request);

  profile = async (step: ProfiledStep) => {
    this.note('profile', step);
    return fakeProfile(step);
  };
  private readonly tuned = new FakeTuning((name, ...args) => this.note(name, ...args));
  tuning = () => this.tuned.status();
  tune = (anew: boolean) => this.tuned.tune(anew);
  forgetTuning = () => this.tuned.forget();
  useFeature = (name: Feature, on: boolean) => this.tuned.useFeature(name, on);
  profileProgress = async () => 0.5;
  kernelSource = fakeSource;

  async files(): Promise<string[]> {
    return this.stages.base === 'done' ? ['experiment.json', 'report.json', 'metrics.jsonl'] : [];
  }
  async file(): Promise<Uint8Array<ArrayBuffer>> {
    return new TextEncoder().encode('{}');
  }
}
