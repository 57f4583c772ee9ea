/**
 * What the lab has open: the GPU, the store, and one experiment, which is this tab's to change or
 * another's to be looked at. Everything that is done to an experiment is in lab.ts.
 */
import { type ExperimentConfig, parseConfig } from '../config/experiment';
import { type Gpu, GpuUnavailable } from '../gpu/device';
import { openGpu } from '../kernels/trust';
import type { RankingTask } from '../rlhf/rankings';
import type { Store } from '../store/store';
import type { Estimate, GpuStatus, LabEvent, Snapshot, StorageStatus } from './api';
import { readBackup, writeBackup } from './backup';
import { Control } from './control';
import { estimateBytes } from './estimate';
import { EventQueue } from './events';
import { Experiment } from './experiment';
import { fitInto, LAPTOP_BYTES } from './fit';
import { Library } from './library';
import { runSeconds, Stopwatch } from './measure';
import { adapterOf, newRecord } from './new_record';
import { browserEstimate } from './room';
import { openSession, type Prepare, type Session, snapshotOf } from './session';
import { Tabs, whileUnused } from './tabs';
import { Variants } from './variants';

/** What the lab needs from where it runs. */
export interface LabOptions {
  readonly store: Store;
  readonly version: string;
  readonly prepare: Prepare;
}

const LOOKING_ON =
  'Another tab is at work on this experiment, and this one only looks on; take it over here first.';

export abstract class OpenLab {
  private gpu: Gpu | undefined;
  private gpuStatus: GpuStatus | undefined;
  private current: (Session & { readonly control: Control }) | undefined;
  private tabs: Tabs | undefined;
  protected readonly events = new EventQueue();
  protected readonly variants: Variants;
  private readonly library: Library;
  private readonly stopwatch: Stopwatch;

  constructor(protected readonly options: LabOptions) {
    this.variants = new Variants(options.store);
    this.stopwatch = new Stopwatch(options.store);
    this.library = new Library(options.store, (message) => this.log('warn', message));
    this.events.listen((batch) => this.tabs?.broadcast(batch));
  }

  /** Fresh ranking tasks, from this number on. */
  protected abstract moreTasks(from: number): Promise<RankingTask[]>;

  async open(): Promise<GpuStatus> {
    if (this.gpuStatus?.ok && !this.gpu?.isLost) return this.gpuStatus;
    try {
      const gpu = await openGpu();
      gpu.onError = (message) => this.log('error', `The GPU reported: ${message}`);
      await this.variants.load(gpu);
      this.gpu = gpu;
      this.gpuStatus = { ok: true, ...gpu.adapter };
    } catch (cause) {
      if (!(cause instanceof GpuUnavailable)) throw cause;
      this.gpuStatus = { ok: false, problem: cause.problem, message: cause.message };
    }
    return this.gpuStatus;
  }

  async subscribe(listener: (events: LabEvent[]) => void): Promise<void> {
    this.events.listen(listener);
  }

  protected log(level: 'info' | 'warn' | 'error', message: string): void {
    if (this.current) this.current.runner.log(level, message);
    else this.events.emit({ type: 'log', level, message, time: Date.now() });
  }

  /** Lets go of the experiment and the GPU; a worker that ends does so by itself. */
  close(): void {
    this.tabs?.leave();
    this.gpu?.close();
  }

  /** The open experiment. @throws when none is */
  protected get selected() {
    if (!this.current) throw new Error('No experiment is open; make one or choose one first.');
    return this.current;
  }

  /** The open experiment, to be changed. @throws when another tab is at work on it */
  protected get writable() {
    const { selected } = this;
    if (!this.tabs?.isWriter) throw new Error(LOOKING_ON);
    return selected;
  }

  /** The GPU, opened anew where the last one was lost. @throws with the reason there is none */
  protected device = async (): Promise<Gpu> => {
    const status = await this.open();
    if (!status.ok) throw new Error(status.message);
    return this.gpu!;
  };

  experiments = () => this.library.summaries();
  metricsOf = (id: string) => this.library.metricsOf(id);

  async estimate(config: ExperimentConfig): Promise<Estimate> {
    const { settings } = parseConfig(config);
    const status = await this.open();
    const name = status.ok ? `${status.vendor} ${status.description}` : '';
    const isFree = status.ok && this.current?.control.isRunning !== true;
    const rates = await this.stopwatch.rates(settings, isFree ? this.gpu! : null, name);
    const adapter = adapterOf(status);
    const place = { adapter, variants: this.variants.namesFor(adapter, undefined) };
    const bytes = await estimateBytes(settings, place);
    const fit = bytes > LAPTOP_BYTES ? await fitInto(settings, place) : null;
    return {
      bytes,
      fit: fit && fit.bytes < bytes ? fit : null,
      seconds: rates && runSeconds(settings, rates),
    };
  }

  async create(value: ExperimentConfig, name?: string): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('make an experiment');
    const config = parseConfig(value);
    const status = await this.open();
    const record = newRecord(config, name, status);
    const tabs = await this.join(record.id);
    return this.enter(await Experiment.create(this.options.store, record), tabs);
  }

  async select(id: string): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('open another experiment');
    const again = this.current?.experiment.id === id ? this.tabs : undefined;
    const tabs = again ?? (await this.join(id));
    try {
      const experiment = await Experiment.load(this.options.store, id, tabs.isWriter);
      await this.enter(experiment, tabs);
    } catch (cause) {
      if (tabs !== this.tabs) tabs.leave();
      throw cause;
    }
    return (await this.snapshot())!;
  }

  /** Makes an experiment the open one. */
  protected async enter(experiment: Experiment, tabs = this.tabs!): Promise<Snapshot> {
    const { events, options } = this;
    const session = await openSession(
      experiment,
      options.prepare,
      this.variants,
      events.emit,
      (from) => this.moreTasks(from),
    );
    if (tabs !== this.tabs) this.tabs?.leave();
    this.tabs = tabs;
    if (!tabs.isWriter) experiment.freeze(LOOKING_ON);
    this.current = {
      ...session,
      control: new Control(session, events, this.device, this.variants),
    };
    events.progress = null;
    return this.ownSnapshot()!;
  }

  private join(id: string): Promise<Tabs> {
    const isOpen = () => this.current?.experiment.id === id;
    const lookOn = () => {
      this.current?.experiment.freeze(LOOKING_ON);
      this.events.emit({ type: 'access', access: 'read' });
      this.events.flush();
    };
    return Tabs.join(id, {
      yield: async () => {
        if (!isOpen()) return;
        const { control, experiment } = this.selected;
        await control.pause();
        await experiment.settled();
        lookOn();
      },
      stolen: () => {
        if (!isOpen()) return;
        lookOn();
        void this.selected.control.pause();
      },
      free: () => {
        if (isOpen()) this.events.emit({ type: 'access', access: 'free' });
      },
      events: (batch) => {
        if (isOpen()) this.follow(batch);
      },
      snapshot: () => (isOpen() ? this.ownSnapshot() : null),
    });
  }

  /** What the writing tab tells is told here too; what it stores at a stage's end is read. */
  private follow(batch: LabEvent[]): void {
    for (const event of batch) this.events.emit(event);
    if (batch.some((event) => event.type === 'stage' && event.status === 'done')) {
      void this.selected.experiment.reload().catch(() => {});
    }
  }

  async takeOver(): Promise<Snapshot> {
    const { experiment } = this.selected;
    await this.tabs!.takeOver();
    await this.enter(await Experiment.load(this.options.store, experiment.id));
    this.events.emit({ type: 'access', access: 'write' });
    return this.ownSnapshot()!;
  }

  async remove(id: string): Promise<void> {
    const { store } = this.options;
    if (this.current?.experiment.id === id) {
      this.writable.control.refuseWhileRunning('delete this experiment');
      this.current = undefined;
      this.tabs?.leave();
      this.tabs = undefined;
      return store.removeAll(id);
    }
    if (await whileUnused(id, () => store.removeAll(id))) return;
    throw new Error('The experiment is open in another tab; close it there, then delete it.');
  }

  async storage(): Promise<StorageStatus> {
    const { usage = null, quota = null } = (await browserEstimate()) ?? {};
    return { problem: await this.options.store.problem(), usage, quota };
  }

  async exportExperiment(): Promise<Uint8Array<ArrayBuffer>> {
    return writeBackup(this.selected.experiment) as Uint8Array<ArrayBuffer>;
  }

  async importExperiment(file: Uint8Array, name = 'the file'): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('open a file');
    const { record, ...contents } = readBackup(file, name);
    const own = { ...record, id: crypto.randomUUID() };
    const tabs = await this.join(own.id);
    return this.enter(await Experiment.create(this.options.store, own, contents), tabs);
  }

  async snapshot(): Promise<Snapshot | null> {
    if (!this.current || this.tabs?.isWriter) return this.ownSnapshot();
    const told = await this.tabs?.ask();
    return told ? { ...told, access: 'read' } : this.ownSnapshot();
  }

  private ownSnapshot(): Snapshot | null {
    const { current } = this;
    if (!current) return null;
    const progress = current.control.isRunning ? this.events.progress : null;
    return { ...snapshotOf(current, progress), access: this.tabs?.isWriter ? 'write' : 'read' };
  }
}
