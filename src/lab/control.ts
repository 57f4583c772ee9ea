/** Starting, pausing, stepping and resuming stages of an open experiment, one at a time. */
import type { FieldKey } from '../config/fields';
import { STAGES, type Stage } from '../config/stages';
import type { Gpu } from '../gpu/device';
import { GpuFault } from '../gpu/faults';
import { Paused, type TraceSink } from '../rlhf/context';
import { type TensorToWrite, writeSafetensors } from '../text/formats/safetensors';
import type { RunOptions, StageStatus } from './api';
import type { EventQueue } from './events';
import { refuseOversized } from './limits';
import type { Parts } from './parts';
import { RUN_STAGE } from './pipeline';
import { Losses, reopen } from './recovery';
import { estimateMemory, placeOf, type Session, updateStages } from './session';
import type { Variants } from './variants';

/** Settings that are part of PPO's recorded tapes: a change needs a short stop to record anew. */
const RECORDED: readonly FieldKey[] = [
  'ppo.cliprange',
  'ppo.cliprange_value',
  'ppo.vf_coef',
  'ppo.ptx_coef',
];

export class Control {
  private running: Promise<void> | undefined;
  private unfinished: { stages: readonly Stage[]; options: RunOptions } | undefined;
  private recordAgain = false;
  private losses = new Losses();
  /** Whether what runs is a study and no stage. */
  private studying = false;

  constructor(
    private readonly session: Session,
    private readonly events: EventQueue,
    /** The GPU as it is now; a new one after the last was lost. */
    private readonly device: () => Promise<Gpu>,
    private readonly variants: Variants,
    /** Pauses between tries to open a GPU that was lost. */
    private readonly pausesMs?: readonly number[],
  ) {}

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** @throws in one sentence while a stage runs */
  refuseWhileRunning(what: string): void {
    const name = this.studying ? 'study' : 'stage';
    if (this.running) throw new Error(`A ${name} is running; pause it before you ${what}.`);
  }

  run(stages: readonly Stage[], options: RunOptions = {}): Promise<void> {
    this.refuseWhileRunning('start another');
    this.unfinished = { stages, options };
    return this.start();
  }

  /** Goes on with what was paused, for a number of steps or to the end. */
  resume(steps = Number.POSITIVE_INFINITY): Promise<void> {
    this.refuseWhileRunning('resume');
    if (!this.unfinished) {
      const { stages } = this.session.experiment.record;
      const next =
        STAGES.find((stage) => stages[stage] === 'paused') ??
        STAGES.find((stage) => stages[stage] === 'ready' || stages[stage] === 'failed');
      if (!next) return Promise.resolve();
      this.unfinished = { stages: [next], options: {} };
    }
    return this.start(steps);
  }

  /** Runs a study: no stage meanwhile, and `pause` holds it. */
  study(work: () => Promise<void>): Promise<void> {
    this.refuseWhileRunning('start a study');
    this.session.runner.resume();
    this.studying = true;
    this.running = work().finally(() => {
      this.running = undefined;
      this.studying = false;
      this.events.flush();
    });
    return this.running;
  }

  /** Resolves when the stage has stopped and its checkpoint is stored. */
  async pause(): Promise<void> {
    if (!this.running) return;
    this.session.runner.pause();
    await this.running.catch(() => {});
  }

  /**
   * Ends the stage that runs or is paused with what it has learned; stages that were to follow do
   * not. What cannot be kept half done (sampling, the comparison) is paused instead.
   */
  async stop(): Promise<void> {
    if (this.studying) return this.pause();
    const { stages } = this.session.experiment.record;
    const active = STAGES.find((one) => stages[one] === 'running' || stages[one] === 'paused');
    // A run that has only just been asked for has not turned its first stage yet.
    const first = this.running && STAGES.find((one) => this.isUnfinished(one));
    const stage = active ?? first;
    if (!stage) return;
    this.unfinished = { stages: [stage], options: this.unfinished?.options ?? {} };
    const running = this.running ?? this.start();
    this.session.runner.endEarly();
    await running.catch(() => {});
  }

  /** Forgets what was paused. */
  forget(): void {
    this.unfinished = undefined;
  }

  /** Call after a setting has changed: PPO records its tapes anew where they hold it. */
  settingChanged(key: FieldKey): void {
    const { stages } = this.session.experiment.record;
    if (!this.running || stages.ppo !== 'running' || !RECORDED.includes(key)) return;
    this.recordAgain = true;
    this.session.runner.pause();
  }

  private start(steps = Number.POSITIVE_INFINITY): Promise<void> {
    this.session.runner.resume(steps);
    this.losses = new Losses();
    this.running = this.runUnfinished().finally(() => {
      this.running = undefined;
      this.events.flush();
    });
    return this.running;
  }

  private async runUnfinished(): Promise<void> {
    await this.refuseTooLarge();
    for (const stage of STAGES) {
      if (!this.isUnfinished(stage)) continue;
      if (!(await this.runStage(stage, this.unfinished!.options, await this.device()))) return;
    }
    this.unfinished = undefined;
  }

  /** @throws before anything is begun, where a stage asks for more than the GPU can give */
  private async refuseTooLarge(): Promise<void> {
    const { adapter, device } = await this.device();
    const { settings } = this.session.experiment.record.config;
    const stages = STAGES.filter((stage) => this.isUnfinished(stage));
    const place = placeOf(this.session, adapter, this.variants);
    await refuseOversized(stages, settings, place, device.limits);
  }

  private isUnfinished(stage: Stage): boolean {
    const { stages } = this.session.experiment.record;
    return this.unfinished!.stages.includes(stage) && stages[stage] !== 'done';
  }

  private turn(stage: Stage, status: StageStatus, message?: string): void {
    this.session.experiment.record.stages[stage] = status;
    updateStages(this.session);
    this.events.emit({ type: 'stage', stage, status, ...(message ? { message } : {}) });
  }

  /** @returns whether the stage is done; false when it was paused */
  private async runStage(stage: Stage, options: RunOptions, gpu: Gpu): Promise<boolean> {
    const { experiment, material, judge, runner } = this.session;
    const ctx = runner.context(gpu, this.traceSink(options.trace ?? 0));
    const { record } = experiment;
    const anew = stage === 'base' && record.stages.base === 'ready';
    record.kernels = this.variants.use(gpu, anew ? undefined : record.kernels);
    await estimateMemory(this.session, gpu.adapter, this.variants);
    this.turn(stage, 'running');
    runner.begin(stage, options.checkpointMs);
    try {
      await RUN_STAGE[stage]({ ctx, experiment, material, judge, emit: this.events.emit });
      runner.end();
      this.turn(stage, 'done');
      this.updateReport(gpu);
      await this.keep();
      return true;
    } catch (cause) {
      runner.end();
      if (cause instanceof Paused && this.recordAgain) {
        this.recordAgain = false;
        runner.resume();
        return this.runStage(stage, options, await this.device());
      }
      const next = await this.afterLoss(gpu, cause);
      if (next.gpu) return this.runStage(stage, options, next.gpu);
      if (!(next.cause instanceof Paused)) return this.fail(stage, gpu, next.cause);
      this.turn(stage, 'paused');
      await this.keep('metrics', 'samples', 'log');
      return false;
    }
  }

  /** A device to go on with, where the stage ended because its device was lost; else why not. */
  private async afterLoss(gpu: Gpu, cause: unknown): Promise<{ gpu?: Gpu; cause: unknown }> {
    if (cause instanceof Paused || !(await gpu.wasLost())) return { cause: gpu.failure ?? cause };
    const { experiment, runner } = this.session;
    const { checkpoint, record } = experiment;
    try {
      runner.log('warn', this.losses.note(gpu.failure, { checkpoint, progress: record.progress }));
      return { gpu: await reopen(this.device, () => runner.isPauseWanted, this.pausesMs), cause };
    } catch (reason) {
      return { cause: reason };
    }
  }

  /** Ends a stage with its reason; what it needs to be taken up again stays. */
  private async fail(stage: Stage, gpu: Gpu, cause: unknown): Promise<never> {
    const { experiment, runner } = this.session;
    const message = cause instanceof Error ? cause.message : String(cause);
    this.turn(stage, 'failed', message);
    // An error of the device was told when it came.
    if (cause !== gpu.failure) runner.log('error', message);
    const isDevice = gpu.failure !== undefined || cause instanceof GpuFault;
    // Whatever was half made goes with its device; the next use opens another.
    if (isDevice) gpu.close();
    // A stage that cannot go on from where it was learns from what there is when it begins again.
    else experiment.parts.rewardRankings = null;
    await this.keep('metrics', 'samples', 'log', 'rewardRankings');
    throw cause instanceof Error ? cause : new Error(message);
  }

  /** Stores parts, or the end of a stage. What cannot be stored stays in the tab, and is told. */
  private async keep(...parts: (keyof Parts)[]): Promise<void> {
    const { experiment, runner } = this.session;
    try {
      await (parts.length > 0
        ? experiment.save(...parts)
        : experiment.finish('evaluation', 'calibration', 'rewardRankings'));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      runner.log('error', `${why} Until then it is in this tab only.`);
    }
  }

  private traceSink(updates: number): TraceSink | undefined {
    if (updates <= 0) return undefined;
    return {
      updates,
      write: (path, tensors, metadata) => {
        const entries = Object.entries(tensors).map(
          ([name, { shape, data }]) => [name, { shape, data } as TensorToWrite] as const,
        );
        const strings = Object.entries(metadata).map(([key, value]) => [key, String(value)]);
        this.session.experiment.setTrace(
          path,
          writeSafetensors(entries, Object.fromEntries(strings)),
        );
      },
    };
  }

  private updateReport(gpu: Gpu): void {
    const { report, stages } = this.session.experiment.record;
    report.seconds.total = STAGES.reduce((sum, stage) => sum + (report.seconds[stage] ?? 0), 0);
    report.memory.peak_bytes = Math.max(report.memory.peak_bytes, gpu.counters.peakBytes);
    report.ok = STAGES.every((stage) => stages[stage] === 'done');
  }
}
