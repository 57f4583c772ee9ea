/**
 * What the lab has open: the GPU, the store, and one experiment, which is this tab's to change or
 * another's to be looked at. Everything that is done to an experiment is in lab.ts.
 */
import { type ExperimentConfig, parseConfig } from '../config/experiment';
import type { RankingTask } from '../rlhf/rankings';
import type { Store } from '../store/store';
import type {
  DuplicateRequest,
  Estimate,
  ExperimentAccount,
  GpuStatus,
  LabEvent,
  Snapshot,
  StorageStatus,
} from './api';
import { readBackup, writeBackup } from './backup';
import { Control } from './control';
import { copyOf } from './duplicate';
import { estimateBytes } from './estimate';
import { EventQueue } from './events';
import { Experiment } from './experiment';
import { fitInto, LAPTOP_BYTES } from './fit';
import { LabGpu } from './lab_gpu';
import { accountOf, Library } from './library';
import { runSeconds, Stopwatch } from './measure';
import type { Opponent } from './model_sizes';
import { adapterOf, newRecord } from './new_record';
import { browserEstimate } from './room';
import {
  familyOf,
  materialWith,
  openSession,
  type Prepare,
  type Session,
  snapshotOf,
} from './session';
import { Tabs } from './tabs';
import { Variants } from './variants';

/** What the lab needs from where it runs. */
export interface LabOptions {
  readonly store: Store;
  readonly version: string;
  readonly prepare: Prepare;
  /** What stands in for the browser's entry to WebGPU. */
  readonly gpu?: GPU;
}

const LOOKING_ON =
  'Another tab is at work on this experiment, and this one only looks on; take it over here first.';

export abstract class OpenLab {
  private readonly gpu: LabGpu;
  private current: (Session & { readonly control: Control }) | undefined;
  private tabs: Tabs | undefined;
  protected readonly events = new EventQueue();
  protected readonly variants: Variants;
  protected readonly library: Library;
  private readonly stopwatch: Stopwatch;
  /** Done once what was deleted long ago is gone. */
  private swept: Promise<void> | undefined;
  private openings: Promise<unknown> = Promise.resolve();

  constructor(protected readonly options: LabOptions) {
    this.variants = new Variants(options.store);
    this.stopwatch = new Stopwatch(options.store);
    this.gpu = new LabGpu(
      (message) => this.log('error', message),
      (gpu) => this.variants.load(gpu),
      options.gpu,
    );
    this.library = new Library(options.store, (message) => this.log('warn', message));
    this.events.listen((batch) => this.tabs?.broadcast(batch));
  }

  /** Fresh ranking tasks, from this number on. */
  protected abstract moreTasks(from: number): Promise<RankingTask[]>;

  async open(): Promise<GpuStatus> {
    return this.gpu.open();
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
    this.gpu.close();
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
  protected device = () => this.gpu.now();

  async experiments() {
    // What cannot be erased now is the next time.
    this.swept ??= this.library.sweep().catch(() => {});
    await this.swept;
    return this.library.summaries();
  }
  metricsOf = (id: string) => this.library.metricsOf(id);
  removed = () => this.library.removed();
  restore = (id: string) => this.library.restore(id);
  erase = (id: string) => this.library.erase(id);
  sizes = () => this.library.sizes();

  /** The open experiment as it is in memory, another as it is stored. */
  async account(id: string): Promise<ExperimentAccount> {
    const { experiment } = this.current ?? {};
    if (experiment?.id !== id || !this.tabs?.isWriter) return this.library.account(id);
    const { record, parts, models, checkpoint } = experiment;
    return accountOf(record, parts, [...models.keys()], checkpoint);
  }

  /** Another experiment than the open one, for models of both to be compared. */
  protected async opponent(id: string): Promise<Opponent> {
    const { summary, config, models } = await this.library.account(id);
    return {
      ...{ name: summary.name, config, models },
      model: async (model) => (await this.library.model(id, model)).floats,
      family: async () => {
        const { tokenizer } = await this.library.model(id, 'base');
        const raw = await this.options.prepare(config, () => {});
        return familyOf(config.settings, materialWith(raw, tokenizer));
      },
    };
  }

  async setNotes(id: string, text: string): Promise<void> {
    if (this.current?.experiment.id !== id) {
      return this.library.change(id, 'write its notes', (record) => ({ ...record, notes: text }));
    }
    const { experiment } = this.writable;
    experiment.record.notes = text;
    await experiment.save();
  }

  async estimate(config: ExperimentConfig): Promise<Estimate> {
    const { settings } = parseConfig(config);
    const status = await this.open();
    const name = status.ok ? `${status.vendor} ${status.description}` : '';
    const isFree = status.ok && this.current?.control.isRunning !== true;
    const rates = await this.stopwatch.rates(settings, isFree ? await this.device() : null, name);
    const adapter = adapterOf(status);
    const place = this.variants.placeFor(adapter, undefined);
    const bytes = await estimateBytes(settings, place);
    const fit = bytes > LAPTOP_BYTES ? await fitInto(settings, place) : null;
    return {
      bytes,
      fit: fit && fit.bytes < bytes ? fit : null,
      seconds: rates && runSeconds(settings, rates),
    };
  }

  /**
   * What opens an experiment waits for the opening before it: one that is listed while it is still
   * being made, and chosen then, would be joined twice, and be found at work elsewhere.
   */
  protected inTurn<T>(open: () => Promise<T>): Promise<T> {
    const opening = this.openings.then(open);
    this.openings = opening.catch(() => {});
    return opening;
  }

  create = (config: ExperimentConfig, name?: string) =>
    this.inTurn(() => this.createNow(config, name));
  duplicate = (request: DuplicateRequest) => this.inTurn(() => this.duplicateNow(request));
  select = (id: string) => this.inTurn(() => this.selectNow(id));
  takeOver = () => this.inTurn(() => this.takeOverNow());
  remove = (id: string) => this.inTurn(() => this.removeNow(id));
  importExperiment = (file: Uint8Array, name?: string) =>
    this.inTurn(() => this.importNow(file, name));

  private async createNow(value: ExperimentConfig, name?: string): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('make an experiment');
    const config = parseConfig(value);
    const status = await this.open();
    const record = newRecord(config, name, status);
    const tabs = await this.join(record.id);
    return this.enter(await Experiment.create(this.options.store, record), tabs);
  }

  /** The original is only read, so another tab may be at work on it; the copy is this tab's. */
  private async duplicateNow({ id, config, name, keep }: DuplicateRequest): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('make a copy');
    const parsed = parseConfig(config);
    const { store } = this.options;
    const original =
      this.current?.experiment.id === id && this.tabs?.isWriter
        ? this.current.experiment
        : await Experiment.load(store, id, false);
    const fresh = newRecord(parsed, name, await this.open());
    const { record, ...contents } = copyOf(original, fresh, keep);
    const tabs = await this.join(record.id);
    return this.enter(await Experiment.create(store, record, contents), tabs);
  }

  private async selectNow(id: string): Promise<Snapshot> {
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
    else if (experiment.record.removed !== undefined) {
      // Whoever works on a deleted experiment wants it back.
      delete experiment.record.removed;
      await experiment.save();
    }
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

  private async takeOverNow(): Promise<Snapshot> {
    const { experiment } = this.selected;
    await this.tabs!.takeOver();
    await this.enter(await Experiment.load(this.options.store, experiment.id));
    this.events.emit({ type: 'access', access: 'write' });
    return this.ownSnapshot()!;
  }

  private async removeNow(id: string): Promise<void> {
    if (this.current?.experiment.id !== id) return this.library.remove(id);
    const { control, experiment } = this.writable;
    control.refuseWhileRunning('delete this experiment');
    experiment.record.removed = Date.now();
    await experiment.save();
    this.current = undefined;
    this.tabs?.leave();
    this.tabs = undefined;
  }

  async storage(): Promise<StorageStatus> {
    const { usage = null, quota = null } = (await browserEstimate()) ?? {};
    return { problem: await this.options.store.problem(), usage, quota };
  }

  async exportExperiment(id?: string): Promise<Uint8Array<ArrayBuffer>> {
    const experiment =
      id === undefined || id === this.current?.experiment.id
        ? this.selected.experiment
        : await Experiment.load(this.options.store, id, false);
    return writeBackup(experiment) as Uint8Array<ArrayBuffer>;
  }

  private async importNow(file: Uint8Array, name = 'the file'): Promise<Snapshot> {
    this.current?.control.refuseWhileRunning('open a file');
    const { record, ...contents } = readBackup(file, name);
    const { removed: _, ...rest } = record;
    const own = { ...rest, id: crypto.randomUUID(), origin: record.origin ?? record.id };
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
