/**
 * Between the lab and a running stage: progress with time left, metrics and samples into the
 * experiment, checkpoints when due, and pausing.
 */
import type { Stage, Training } from '../config/stages';
import type { Gpu } from '../gpu/device';
import { configOf } from '../nn/layout';
import {
  type Checkpoint,
  type Metrics,
  Paused,
  type ShownSample,
  type StageContext,
  type TraceSink,
} from '../rlhf/context';
import type { LabEvent, MetricRow, Progress, Sample } from './api';
import type { Experiment } from './experiment';
import type { Judge } from './judge';
import type { Material } from './material';

/** A checkpoint is taken at least this often while a stage runs, unless a run asks for another. */
export const CHECKPOINT_MS = 60_000;
/** Prompts whose answers are shown beside the curves. */
const SHOWN = 4;

export class Runner {
  private pauseWanted = false;
  private endWanted = false;
  private stepsLeft = Number.POSITIVE_INFINITY;
  private startedAt = 0;
  private secondsBefore = 0;
  private lastCheckpoint = 0;
  private phase = '';
  private phaseStart = 0;
  private phaseDone = 0;
  private tokens = 0;
  private sampledTokens = 0;
  private sampledSeconds = 0;
  private stage: Stage = 'base';
  private checkpointMs = CHECKPOINT_MS;
  private writing: Promise<void> = Promise.resolve();
  private complaint = '';

  constructor(
    private readonly experiment: Experiment,
    private readonly material: Material,
    private readonly judge: Judge,
    private readonly emit: (event: LabEvent) => void,
  ) {}

  pause(): void {
    this.pauseWanted = true;
  }

  /** Whether somebody waits for the stage to stop. */
  get isPauseWanted(): boolean {
    return this.pauseWanted || this.endWanted;
  }

  /** Ends the training that runs at its next boundary, with what it has learned. */
  endEarly(): void {
    this.endWanted = true;
  }

  /** Takes a pause back and lets `steps` more steps run (all of them unless said). */
  resume(steps = Number.POSITIVE_INFINITY): void {
    this.pauseWanted = false;
    this.endWanted = false;
    this.stepsLeft = steps;
  }

  /** Seconds that the stage has run, over all its pauses. */
  get seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }

  begin(stage: Stage, checkpointMs = CHECKPOINT_MS): void {
    this.stage = stage;
    this.checkpointMs = checkpointMs;
    this.complaint = '';
    this.secondsBefore = this.experiment.record.report.seconds[stage] ?? 0;
    this.startedAt = performance.now();
    this.lastCheckpoint = this.startedAt;
    this.phase = '';
  }

  /** Notes the seconds of the stage so far in the report. */
  end(): void {
    this.experiment.record.report.seconds[this.stage] = this.seconds;
  }

  context(gpu: Gpu, trace: TraceSink | undefined): StageContext {
    const { experiment, material } = this;
    const { config } = experiment.record;
    const { settings } = config;
    return {
      gpu,
      settings,
      seed: config.seed,
      model: configOf(settings),
      tokenizer: material.tokenizer,
      promptTokens: material.promptTokens,
      shown: material.world.prompts.val.slice(0, SHOWN).map(({ prompt }) => prompt),
      trace,
      watched: () => Number.isFinite(this.stepsLeft),
      progress: (phase, done, total, tokens = 0) => this.progress(phase, done, total, tokens),
      sampled: (work) => this.sampled(work),
      metrics: (training, step, metrics) => this.metrics(training, step, metrics),
      samples: (training, step, samples) => this.samples(training, step, samples),
      log: (message) => this.log('info', message),
      boundary: (save) => this.boundary(save),
      kept: (training) => {
        const { checkpoint } = experiment;
        return checkpoint?.training === training ? checkpoint.step : 0;
      },
      breathe: () => this.breathe(),
    };
  }

  log(level: 'info' | 'warn' | 'error', message: string): void {
    const event = { type: 'log', level, message, time: Date.now() } as const;
    this.experiment.parts.log.push(event);
    this.emit(event);
  }

  private progress(phase: string, done: number, total: number, tokens: number): void {
    const now = performance.now();
    if (phase !== this.phase) {
      this.phase = phase;
      this.phaseStart = now;
      this.phaseDone = Math.max(0, done - 1);
      this.tokens = 0;
    }
    this.tokens += tokens;
    const elapsed = (now - this.phaseStart) / 1000;
    const made = done - this.phaseDone;
    const progress: Progress = {
      stage: this.stage,
      phase,
      done,
      total,
      secondsLeft: made > 1 && elapsed > 1 ? ((total - done) * elapsed) / made : null,
      tokensPerSecond: elapsed > 1 && this.tokens > 0 ? this.tokens / elapsed : null,
    };
    this.experiment.record.progress = progress;
    this.emit({ type: 'progress', progress });
  }

  private sampled({ tokens, seconds }: { tokens: number; seconds: number }): void {
    this.sampledTokens += tokens;
    this.sampledSeconds += seconds;
    const { report } = this.experiment.record;
    report.tokens_per_second.sample = this.sampledTokens / this.sampledSeconds;
  }

  private metrics(training: Training, step: number, metrics: Metrics): void {
    const row: MetricRow = { step, seconds: this.seconds, ...metrics };
    const { parts } = this.experiment;
    const rows = parts.metrics[training] ?? [];
    rows.push(row);
    parts.metrics[training] = rows;
    this.emit({ type: 'metrics', training, rows: [row] });
  }

  private samples(training: Training, step: number, shown: readonly ShownSample[]): void {
    const samples = shown.map(({ prompt, completion }): Sample => {
      const model = training === 'ppo' ? 'policy' : (training as 'base' | 'sft' | 'sft_for_rl');
      const assessment = this.judge.assess(prompt, completion);
      if (!assessment) return { model, prompt, completion };
      const { trueReward, explanations } = assessment;
      return { model, prompt, completion, trueReward, explanations };
    });
    this.experiment.parts.samples[training] = { step, samples };
    this.emit({ type: 'samples', training, step, samples });
  }

  private async boundary(save: () => Promise<Checkpoint>): Promise<boolean> {
    if (this.endWanted) {
      this.endWanted = false;
      const { phase, done, total } = this.experiment.record.progress!;
      this.log('info', `Ended early: ${phase}, step ${done} of ${total}. What it learned is kept.`);
      return true;
    }
    this.stepsLeft--;
    const stop = this.pauseWanted || this.stepsLeft <= 0;
    const due = performance.now() - this.lastCheckpoint > this.checkpointMs;
    if (!stop && !due) return false;
    await this.writing;
    const checkpoint = await save();
    this.lastCheckpoint = performance.now();
    this.end();
    this.writing = this.store(checkpoint);
    // The training goes on while the disk is busy; a pause waits for it.
    if (!stop) return false;
    await this.writing;
    throw new Paused('paused');
  }

  /** A checkpoint that cannot be stored ends no training: it is told, once, with what to do. */
  private async store(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.experiment.saveCheckpoint(checkpoint, (message) => this.log('warn', message));
      this.complaint = '';
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (why === this.complaint) return;
      this.complaint = why;
      const { step, training } = checkpoint;
      this.log('error', `${why} Step ${step} of ${training} is in this tab only; it goes on.`);
    }
  }

  private async breathe(): Promise<void> {
    // What is repeated rather than resumed has nothing that could be kept half done.
    if (this.pauseWanted || this.endWanted) throw new Paused('paused');
  }
}
