/**
 * The lab: one GPU, one store, one selected experiment, and the stages that run on it. This is the
 * object behind the worker's protocol; the headless command and the tests use it the same way.
 */
import { type ExperimentConfig, parseConfig } from '../config/experiment';
import type { FieldKey } from '../config/fields';
import { STAGES, type Stage, type Writer } from '../config/stages';
import { Gpu, GpuUnavailable } from '../gpu/device';
import { Paused, type TraceSink } from '../rlhf/context';
import { sampleTasks } from '../rlhf/rankings';
import type { Store } from '../store/store';
import { writeSafetensors } from '../text/formats/safetensors';
import type {
  DemonstrationRecord,
  Estimate,
  GpuStatus,
  LabApi,
  LabEvent,
  Progress,
  RankingSubmission,
  RunOptions,
  Snapshot,
} from './api';
import { DESK_BATCH, Desk } from './desk';
import { estimateBytes } from './estimate';
import { Experiment, type ExperimentRecord } from './experiment';
import { experimentFiles } from './files';
import { Judge } from './judge';
import { type Material, openMaterial, type RawMaterial } from './material';
import { demonstrationsOf, labelCounts, RUN_STAGE } from './pipeline';
import { sampleAnswers, scoreAnswer } from './playground';
import { Runner } from './runner';

/** What the lab needs from where it runs. */
export interface LabOptions {
  readonly store: Store;
  readonly version: string;
  /** Makes an experiment's material; in the page, in the text worker. */
  prepare(config: ExperimentConfig, report: (what: string) => void): Promise<RawMaterial>;
}

/** A selected experiment with what was made for it in memory. */
interface Open {
  readonly experiment: Experiment;
  readonly material: Material;
  readonly judge: Judge;
  readonly desk: Desk;
  readonly runner: Runner;
  readonly trace: Map<string, Uint8Array>;
}

const EVENT_MS = 100;
/** Settings that are part of PPO's recorded tapes: a change needs a short stop to record them anew. */
const RECORDED: readonly FieldKey[] = ['ppo.cliprange', 'ppo.cliprange_value', 'ppo.vf_coef'];

export class Lab implements LabApi {
  private gpu: Gpu | undefined;
  private gpuStatus: GpuStatus | undefined;
  private listener: ((events: LabEvent[]) => void) | undefined;
  private queued: LabEvent[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private current: Open | undefined;
  private running: Promise<void> | undefined;
  private unfinished: { stages: readonly Stage[]; options: RunOptions } | undefined;
  private lastProgress: Progress | null = null;
  private recordAgain = false;

  constructor(private readonly options: LabOptions) {}

  async open(): Promise<GpuStatus> {
    if (this.gpuStatus?.ok) return this.gpuStatus;
    try {
      this.gpu = await Gpu.open();
      this.gpu.onError = (message) => this.log('error', `The GPU reported: ${message}`);
      this.gpuStatus = { ok: true, ...this.gpu.adapter };
    } catch (cause) {
      if (!(cause instanceof GpuUnavailable)) throw cause;
      this.gpuStatus = { ok: false, problem: cause.problem, message: cause.message };
    }
    return this.gpuStatus;
  }

  async subscribe(listener: (events: LabEvent[]) => void): Promise<void> {
    this.listener = listener;
  }

  private emit = (event: LabEvent): void => {
    if (event.type === 'progress') {
      this.lastProgress = event.progress;
      this.queued = this.queued.filter(({ type }) => type !== 'progress');
    }
    this.queued.push(event);
    this.flushing ??= setTimeout(() => this.flush(), EVENT_MS);
  };

  private flush(): void {
    clearTimeout(this.flushing);
    this.flushing = undefined;
    const events = this.queued;
    this.queued = [];
    if (events.length > 0) this.listener?.(events);
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    if (this.current) this.current.runner.log(level, message);
    else this.emit({ type: 'log', level, message, time: Date.now() });
  }

  /** The selected experiment. @throws when none is */
  private get selected(): Open {
    if (!this.current) throw new Error('No experiment is open; make one or choose one first.');
    return this.current;
  }

  /** The GPU. @throws with the reason there is none */
  private get device(): Gpu {
    if (this.gpu) return this.gpu;
    const status = this.gpuStatus;
    throw new Error(status && !status.ok ? status.message : 'The lab has not been opened yet.');
  }

  async experiments() {
    const ids = await this.options.store.ids();
    const all = await Promise.all(
      ids.map((id) => this.options.store.get<ExperimentRecord>(id, 'record')),
    );
    return all
      .filter((record) => record !== undefined)
      .map(({ id, name, created, config, stages }) => ({
        id,
        name,
        created,
        preset: config.preset,
        seed: config.seed,
        stages,
      }))
      .sort((a, b) => b.created - a.created);
  }

  async create(value: ExperimentConfig, name?: string): Promise<Snapshot> {
    this.refuseWhileRunning('make an experiment');
    const config = parseConfig(value);
    const status = await this.open();
    const { vendor, architecture, description, is_fallback } = status.ok
      ? status
      : { vendor: '', architecture: '', description: 'none', is_fallback: true };
    const record: ExperimentRecord = {
      id: crypto.randomUUID(),
      name: name ?? `${config.preset}, seed ${config.seed}`,
      created: Date.now(),
      config,
      stages: {
        base: 'ready',
        sft: 'missing',
        reward: 'missing',
        ppo: 'missing',
        evaluate: 'missing',
      },
      report: {
        ok: false,
        preset: config.preset,
        seed: config.seed,
        adapter: { vendor, architecture, description, is_fallback },
        browser: globalThis.navigator?.userAgent ?? '',
        seconds: {},
        memory: { estimated_bytes: estimateBytes(config.settings), peak_bytes: 0 },
        tokens_per_second: { train: 0, sample: 0 },
      },
    };
    return this.enter(await Experiment.create(this.options.store, record));
  }

  async select(id: string): Promise<Snapshot> {
    this.refuseWhileRunning('open another experiment');
    return this.enter(await Experiment.load(this.options.store, id));
  }

  private async enter(experiment: Experiment): Promise<Snapshot> {
    const { config } = experiment.record;
    const material = openMaterial(
      await this.options.prepare(config, (what) =>
        this.emit({ type: 'log', level: 'info', message: `${what}…`, time: Date.now() }),
      ),
    );
    const judge = new Judge(material.world);
    const runner = new Runner(experiment, material, judge, this.emit);
    const desk = new Desk(experiment, (from) => this.moreTasks(from));
    this.current = { experiment, material, judge, desk, runner, trace: new Map() };
    this.unfinished = undefined;
    this.lastProgress = null;
    this.updateStages();
    return this.snapshotOf(this.current);
  }

  /** A stage is ready when the one before it is done. */
  private updateStages(): void {
    const { stages } = this.selected.experiment.record;
    STAGES.forEach((stage, at) => {
      const open = at === 0 || stages[STAGES[at - 1]!] === 'done';
      if (stages[stage] === 'missing' && open) stages[stage] = 'ready';
      else if (stages[stage] === 'ready' && !open) stages[stage] = 'missing';
    });
  }

  async remove(id: string): Promise<void> {
    if (this.current?.experiment.id === id) {
      this.refuseWhileRunning('delete this experiment');
      this.current = undefined;
    }
    await this.options.store.removeAll(id);
  }

  async snapshot(): Promise<Snapshot | null> {
    return this.current ? this.snapshotOf(this.current) : null;
  }

  private snapshotOf({ experiment }: Open): Snapshot {
    const { record, parts, models } = experiment;
    return structuredClone({
      id: record.id,
      config: record.config,
      stages: record.stages,
      models: [...models.keys()],
      metrics: parts.metrics,
      samples: parts.samples,
      rollouts: parts.rollouts,
      labels: labelCounts(experiment),
      progress: this.running ? this.lastProgress : null,
      report: record.report,
      log: parts.log.slice(-200),
    });
  }

  async estimate(config: ExperimentConfig): Promise<Estimate> {
    return { bytes: estimateBytes(parseConfig(config).settings), seconds: null };
  }

  private refuseWhileRunning(what: string): void {
    if (this.running) throw new Error(`A stage is running; pause it before you ${what}.`);
  }

  async run(stages: readonly Stage[], options: RunOptions = {}): Promise<void> {
    this.refuseWhileRunning('start another');
    this.unfinished = { stages, options };
    this.selected.runner.resume();
    await this.runUnfinished();
  }

  private runUnfinished(): Promise<void> {
    this.running = this.runAll().finally(() => {
      this.running = undefined;
      this.flush();
    });
    return this.running;
  }

  private async runAll(): Promise<void> {
    const { stages, options } = this.unfinished!;
    for (const stage of STAGES.filter((candidate) => stages.includes(candidate))) {
      if (this.selected.experiment.record.stages[stage] === 'done') continue;
      if (!(await this.runStage(stage, options))) return;
    }
    this.unfinished = undefined;
  }

  /** @returns whether the stage is done; false when it was paused */
  private async runStage(stage: Stage, { trace = 0 }: RunOptions): Promise<boolean> {
    const open = this.selected;
    const { experiment, material, judge, runner } = open;
    const { record } = experiment;
    const gpu = this.device;
    const turn = (status: (typeof record.stages)[Stage], message?: string) => {
      record.stages[stage] = status;
      this.updateStages();
      this.emit({ type: 'stage', stage, status, ...(message ? { message } : {}) });
    };
    const sink = {
      updates: trace,
      write: (...[path, tensors, metadata]: Parameters<TraceSink['write']>) => {
        const text = Object.entries(metadata).map(([key, value]) => [key, String(value)]);
        open.trace.set(
          path,
          writeSafetensors(
            Object.entries(tensors).map(
              ([name, { shape, data }]) => [name, { shape, data } as never] as const,
            ),
            Object.fromEntries(text),
          ),
        );
      },
    };
    const ctx = runner.context(gpu, trace > 0 ? sink : undefined);
    turn('running');
    runner.begin(stage);
    try {
      await RUN_STAGE[stage]({ ctx, experiment, material, judge, emit: this.emit });
      runner.end();
      turn('done');
      this.updateReport();
      await experiment.saveCheckpoint(undefined);
      return true;
    } catch (cause) {
      runner.end();
      if (cause instanceof Paused) {
        if (this.recordAgain) {
          this.recordAgain = false;
          runner.resume();
          return this.runStage(stage, { trace });
        }
        turn('paused');
        await experiment.save();
        return false;
      }
      const message = cause instanceof Error ? cause.message : String(cause);
      turn('failed', message);
      runner.log('error', message);
      await experiment.save('metrics', 'samples', 'log');
      throw cause instanceof Error ? cause : new Error(message);
    }
  }

  private updateReport(): void {
    const { record } = this.selected.experiment;
    const { report, stages } = record;
    const { total: _, ...parts } = report.seconds;
    report.seconds.total = Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
    report.memory.peak_bytes = Math.max(report.memory.peak_bytes, this.device.counters.peakBytes);
    report.ok = STAGES.every((stage) => stages[stage] === 'done');
  }

  async pause(): Promise<void> {
    if (!this.running) return;
    this.selected.runner.pause();
    await this.running.catch(() => {});
  }

  async resume(): Promise<void> {
    this.refuseWhileRunning('resume');
    const { record } = this.selected.experiment;
    this.unfinished ??= {
      stages: [STAGES.find((stage) => record.stages[stage] === 'paused')!],
      options: {},
    };
    this.selected.runner.resume();
    await this.runUnfinished();
  }

  async step(): Promise<void> {
    this.refuseWhileRunning('step');
    const { record } = this.selected.experiment;
    this.unfinished ??= {
      stages: [STAGES.find((stage) => ['paused', 'ready'].includes(record.stages[stage]))!],
      options: {},
    };
    this.selected.runner.resume(1);
    await this.runUnfinished();
  }

  async reset(stage: Stage): Promise<void> {
    this.refuseWhileRunning('reset a stage');
    await this.selected.experiment.reset(stage);
    this.unfinished = undefined;
    this.updateStages();
  }

  async set(key: FieldKey, value: number | boolean): Promise<void> {
    const { experiment, runner } = this.selected;
    const { config } = experiment.record;
    parseConfig({ ...config, settings: { ...config.settings, [key]: value } });
    await experiment.changeSetting(key, value);
    const tapesChange = RECORDED.includes(key) || key === 'ppo.ptx_coef';
    if (this.running && tapesChange && experiment.record.stages.ppo === 'running') {
      this.recordAgain = true;
      runner.pause();
    }
  }

  async corpus(from: number, count: number) {
    const { train } = this.selected.material.world.corpus;
    return {
      total: train.length,
      documents: train.slice(from, from + count).map((text) => ({ kind: '', text })),
    };
  }

  async demonstrations(from: number, count: number) {
    const { experiment, material } = this.selected;
    const all = demonstrationsOf(experiment, material);
    return { total: all.length, items: all.slice(from, from + count) };
  }

  async putDemonstration(item: DemonstrationRecord, index?: number): Promise<void> {
    const { experiment, material } = this.selected;
    if (item.prompt.trim() === '' || item.completion.trim() === '') {
      throw new Error('A demonstration needs a prompt and an answer.');
    }
    const completion = /^\s/.test(item.completion) ? item.completion : ` ${item.completion}`;
    const all = [...demonstrationsOf(experiment, material)];
    all.splice(index ?? all.length, index === undefined ? 0 : 1, {
      prompt: item.prompt,
      completion,
    });
    experiment.parts.demonstrations = all;
    await experiment.save('demonstrations');
  }

  async removeDemonstration(index: number): Promise<DemonstrationRecord> {
    const { experiment, material } = this.selected;
    const all = [...demonstrationsOf(experiment, material)];
    const [removed] = all.splice(index, 1);
    if (!removed) throw new Error(`There is no demonstration ${index}.`);
    experiment.parts.demonstrations = all;
    await experiment.save('demonstrations');
    return removed;
  }

  async prompts(split: 'train' | 'val' | 'test', count: number, seed: number): Promise<string[]> {
    const all = this.selected.material.world.prompts[split];
    const from = seed % Math.max(1, all.length - count + 1);
    return all.slice(from, from + count).map(({ prompt }) => prompt);
  }

  async sample(request: Parameters<LabApi['sample']>[0]) {
    const { experiment, judge, runner } = this.selected;
    return sampleAnswers(runner.context(this.device, undefined), experiment, judge, request);
  }

  async score(prompt: string, completion: string) {
    const { experiment, judge, runner } = this.selected;
    const ctx = runner.context(this.device, undefined);
    return scoreAnswer(ctx, experiment, judge, prompt, completion);
  }

  /** Fresh tasks for a person, of training prompts that have none yet. */
  private async moreTasks(from: number) {
    const { experiment, material, runner } = this.selected;
    const prompts = material.world.rankingPrompts.train
      .slice(from, from + DESK_BATCH)
      .map(({ prompt }) => prompt);
    if (prompts.length === 0) throw new Error('Every prompt has been ranked; there are no more.');
    const models = { sft: experiment.model('sft'), base: experiment.model('base') };
    const ctx = {
      ...runner.context(this.device, undefined),
      progress: () => {},
      breathe: async () => {},
    };
    return sampleTasks(ctx, prompts, models, from);
  }

  nextRanking = (labeler: string) => this.selected.desk.next(labeler);

  async submitRanking(submission: RankingSubmission) {
    const { desk, experiment } = this.selected;
    const reveal = await desk.submit(submission);
    this.emit({ type: 'labels', counts: labelCounts(experiment) });
    return reveal;
  }

  async undoRanking(labeler: string) {
    const { desk, experiment } = this.selected;
    const undone = await desk.undo(labeler);
    this.emit({ type: 'labels', counts: labelCounts(experiment) });
    return undone;
  }

  async exportRankings() {
    return this.selected.desk.export();
  }

  async importRankings(jsonl: string) {
    const { desk, experiment } = this.selected;
    const count = await desk.import(jsonl);
    this.emit({ type: 'labels', counts: labelCounts(experiment) });
    return count;
  }

  async nextDuel(a: Writer, b: Writer) {
    const { desk, experiment, material } = this.selected;
    const all = material.world.prompts.test;
    const { prompt } = all[experiment.parts.duels.length % all.length]!;
    const seed = Date.now() >>> 0;
    const answers = await Promise.all(
      [a, b].map((model, index) =>
        this.sample({ model, prompts: [prompt], temperature: 1, seed: seed + index }),
      ),
    );
    const text = (index: number) => answers[index]![0]!.completion;
    return desk.nextDuel(prompt, { a: text(0), b: text(1) }, a, b);
  }

  async submitDuel(id: string, choice: 'left' | 'right' | 'tie', judge: string) {
    return this.selected.desk.submitDuel(id, choice, judge);
  }

  async duels() {
    return this.selected.desk.duelScores();
  }

  private contractFiles() {
    const { experiment, material, trace } = this.selected;
    const { adapter, browser } = experiment.record.report;
    const facts = { adapter, browser, version: this.options.version };
    return experimentFiles(experiment, material, facts, trace);
  }

  async files(): Promise<string[]> {
    return [...this.contractFiles().keys()];
  }

  async file(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const make = this.contractFiles().get(name);
    if (!make) throw new Error(`There is no file ${name} yet.`);
    const content = make();
    return typeof content === 'string'
      ? new TextEncoder().encode(content)
      : (content.slice() as Uint8Array<ArrayBuffer>);
  }
}
