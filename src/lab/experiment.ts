/**
 * One experiment: everything it has made, in memory and in the store, and nothing that computes.
 * Writes go one after the other. What belongs together (a checkpoint with its metrics, a model
 * with the end of its stage) is one transaction, so that no kill leaves half of it.
 */
import type { FieldKey } from '../config/fields';
import { type ModelName, STAGES, type Stage, type Training } from '../config/stages';
import type { Checkpoint } from '../rlhf/context';
import { Checkpoints, checkpointBytes } from '../store/checkpoints';
import { checksum } from '../store/checksum';
import type { Store } from '../store/store';
import {
  type ExperimentRecord,
  emptyParts,
  type Floats,
  MODELS_OF,
  noStudies,
  PART_NAMES,
  type Parts,
  TRAININGS_OF,
} from './parts';
import { makeRoom } from './room';
import { type Contents, readStored, VERSION } from './stored';
import { whileUnused } from './tabs';

export type {
  DuelRecord,
  ExperimentRecord,
  Parts,
  PersonalRanking,
  RankingSplit,
} from './parts';

/** Parts that follow a checkpoint: what a training writes as it goes. */
const RUNNING = ['metrics', 'samples', 'rollouts', 'lastBatch', 'log', 'traces', 'sums'] as const;

export class Experiment {
  private writing: Promise<void> = Promise.resolve();
  private frozen: string | undefined;
  private readonly unsaved = {
    models: new Set<ModelName>(),
    traces: new Map<string, Uint8Array>(),
  };

  private constructor(
    private readonly store: Store,
    private readonly checkpoints: Checkpoints,
    readonly record: ExperimentRecord,
    readonly parts: Parts,
    readonly models: Map<ModelName, Floats>,
    public checkpoint: Checkpoint | undefined,
  ) {}

  static async create(
    store: Store,
    record: Omit<ExperimentRecord, 'version' | 'used'>,
    contents: Partial<Omit<Contents, 'record'>> = {},
  ): Promise<Experiment> {
    const experiment = new Experiment(
      store,
      new Checkpoints(store, record.id),
      { ...record, version: VERSION, used: Date.now() },
      contents.parts ?? emptyParts(),
      new Map(contents.models),
      contents.checkpoint,
    );
    for (const name of experiment.models.keys()) experiment.unsaved.models.add(name);
    await experiment.save(...PART_NAMES);
    if (contents.checkpoint) await experiment.saveCheckpoint(contents.checkpoint);
    return experiment;
  }

  /** @throws in one sentence when the store has no such experiment, or none that can be read */
  static async load(store: Store, id: string, mayWrite = true): Promise<Experiment> {
    const checkpoints = new Checkpoints(store, id);
    const { record, parts, models, checkpoint } = await readStored(
      store,
      checkpoints,
      id,
      mayWrite,
    );
    const experiment = new Experiment(store, checkpoints, record, parts, models, checkpoint);
    record.used = Date.now();
    return experiment;
  }

  /** Reads what another tab has stored since. */
  async reload(): Promise<void> {
    const stored = await readStored(this.store, this.checkpoints, this.id, false);
    Object.assign(this.record, stored.record);
    Object.assign(this.parts, stored.parts);
    this.models.clear();
    for (const [name, floats] of stored.models) this.models.set(name, floats);
  }

  /** Stores nothing from now on. @param why in one sentence */
  freeze(why: string): void {
    this.frozen = why;
  }

  /** Resolves when everything asked for so far is stored. */
  settled(): Promise<void> {
    return this.writing;
  }

  get id(): string {
    return this.record.id;
  }

  /**
   * Runs writes in the order in which they were asked for, each with what there was when it was
   * asked for; one that fails stops no other.
   */
  private inOrder(
    names: readonly (keyof Parts)[],
    write: (put: Record<string, unknown>) => Promise<void>,
  ): Promise<void> {
    const put = this.changed(names);
    const done = this.writing.then(async () => {
      if (this.frozen) throw new Error(this.frozen);
      await this.sum(put);
      await write(put);
      this.stored(put);
    });
    this.writing = done.catch(() => {});
    return done;
  }

  /** The record and parts as they are now, and models and traces that are not stored yet. */
  private changed(names: readonly (keyof Parts)[]): Record<string, unknown> {
    const { models, traces } = this.unsaved;
    for (const path of traces.keys()) {
      if (!this.parts.traces.includes(path)) this.parts.traces.push(path);
    }
    const put: Record<string, unknown> = { record: structuredClone(this.record) };
    for (const name of names) put[name] = copyOf(this.parts[name]);
    for (const name of models) put[`model ${name}`] = this.models.get(name);
    if (traces.size > 0) put['traces'] = [...this.parts.traces];
    for (const [path, bytes] of traces) put[`trace ${path}`] = bytes;
    return put;
  }

  /** Adds the checksums of new models. */
  private async sum(put: Record<string, unknown>): Promise<void> {
    for (const name of this.unsaved.models) {
      const floats = put[`model ${name}`] as Floats | undefined;
      if (!floats) continue;
      this.parts.sums[name] = await checksum(floats);
      put['sums'] = { ...this.parts.sums };
    }
  }

  private stored(put: Readonly<Record<string, unknown>>): void {
    for (const name of this.unsaved.models) {
      if (put[`model ${name}`] === this.models.get(name)) this.unsaved.models.delete(name);
    }
    for (const [path, bytes] of this.unsaved.traces) {
      if (put[`trace ${path}`] === bytes) this.unsaved.traces.delete(path);
    }
  }

  /** Stores the record, the named parts and every new model in one transaction. */
  async save(...names: (keyof Parts)[]): Promise<void> {
    await this.inOrder(names, (put) => this.store.write(this.id, { put }));
  }

  /** Takes a model over; it is stored with the next `finish` or `save`. */
  setModel(name: ModelName, floats: Floats): void {
    this.models.set(name, floats);
    this.unsaved.models.add(name);
    this.disown([name]);
    this.record.made[name] = Date.now();
  }

  /** From now on these models are this experiment's own, if it has them at all. */
  private disown(names: readonly ModelName[]): void {
    const { record } = this;
    for (const name of names) delete record.made[name];
    if (!record.parent) return;
    const models = record.parent.models.filter((name) => !names.includes(name));
    record.parent = { ...record.parent, models };
  }

  /** A model's weights. @throws naming the stage that makes it */
  model(name: ModelName): Floats {
    const floats = this.models.get(name);
    if (floats) return floats;
    const stage = STAGES.find((candidate) => MODELS_OF[candidate].includes(name))!;
    throw new Error(`There is no ${name} model yet: run the stage '${stage}' first.`);
  }

  /** Keeps a file of the trace; it is stored with the checkpoint that follows it. */
  setTrace(path: string, bytes: Uint8Array): void {
    this.unsaved.traces.set(path, bytes);
  }

  tracePaths(): string[] {
    return [...new Set([...this.parts.traces, ...this.unsaved.traces.keys()])];
  }

  async trace(path: string): Promise<Uint8Array | undefined> {
    return this.unsaved.traces.get(path) ?? this.store.get<Uint8Array>(this.id, `trace ${path}`);
  }

  /**
   * The checkpoint with the metrics, samples and traces that belong to it, in one transaction.
   * @param say is told what had to go to make room
   */
  async saveCheckpoint(checkpoint: Checkpoint, say: (message: string) => void = () => {}) {
    this.checkpoint = checkpoint;
    await this.inOrder(RUNNING, async (put) => {
      const free = async (id: string, work: () => Promise<void>) =>
        void (await whileUnused(id, work));
      await makeRoom(this.store, this.id, checkpointBytes(checkpoint), say, { free });
      await this.checkpoints.write(checkpoint, { put });
    });
  }

  /** A training is over: its models and everything else it made, and its checkpoint goes. */
  async finish(...names: (keyof Parts)[]): Promise<void> {
    this.checkpoint = undefined;
    await this.inOrder([...RUNNING, ...names], async (put) => {
      await this.store.write(this.id, { put, remove: await this.checkpoints.parts() });
    });
  }

  /**
   * The checkpoint of this training, if the experiment stopped in it; metrics past it, which the
   * training will make again, are forgotten.
   */
  resumeFrom(training: Training): Checkpoint | undefined {
    const checkpoint = this.checkpoint?.training === training ? this.checkpoint : undefined;
    const rows = this.parts.metrics[training];
    const step = checkpoint?.step ?? 0;
    if (rows) this.parts.metrics[training] = rows.filter((row) => row.step <= step);
    return checkpoint;
  }

  async changeSetting(key: FieldKey, value: number | boolean): Promise<void> {
    const { config } = this.record;
    (config.settings as Record<string, number | boolean>)[key] = value;
    await this.save();
  }

  /** Throws away what a stage and all after it have made; people's labels stay. */
  async reset(from: Stage, also: () => void = () => {}): Promise<void> {
    const gone = STAGES.slice(STAGES.indexOf(from));
    const names = gone.flatMap((stage) => MODELS_OF[stage]);
    for (const name of names) {
      this.models.delete(name);
      this.unsaved.models.delete(name);
      delete this.parts.sums[name];
    }
    this.disown(names);
    const traces = this.tracePaths().filter((path) =>
      gone.some((stage) => TRAININGS_OF[stage].some((name) => path.startsWith(`${name}/`))),
    );
    for (const path of traces) this.unsaved.traces.delete(path);
    this.parts.traces = this.parts.traces.filter((path) => !traces.includes(path));
    for (const stage of gone) {
      this.record.stages[stage] = 'missing';
      for (const training of TRAININGS_OF[stage]) {
        delete this.parts.metrics[training];
        delete this.parts.samples[training];
      }
      delete this.record.report.seconds[stage];
      delete this.record.report[stage];
    }
    if (from === 'base') this.parts.tokenizer = null;
    if (gone.includes('sft')) {
      this.parts.sftEpochs = [];
      this.parts.sftTrunk = null;
    }
    if (gone.includes('reward')) {
      this.parts.rankings = {};
      this.parts.rewardRankings = null;
      this.parts.calibration = null;
      this.parts.tasks = [];
      this.parts.studies = noStudies();
    }
    if (gone.includes('ppo')) {
      this.parts.studies.modelSizes = null;
      this.parts.rollouts = null;
      this.parts.lastBatch = null;
    }
    this.parts.evaluation = [];
    this.checkpoint = undefined;
    also();
    await this.inOrder(PART_NAMES, async (put) => {
      const remove = [
        ...(await this.checkpoints.parts()),
        ...names.map((name) => `model ${name}`).filter((part) => !(part in put)),
        ...traces.map((path) => `trace ${path}`),
      ];
      await this.store.write(this.id, { put, remove });
    });
  }
}

/** Rows are only ever appended, so a copy of the lists is enough to hold a moment fast. */
function copyOf(part: Parts[keyof Parts]): unknown {
  if (Array.isArray(part)) return [...part];
  if (part === null || typeof part !== 'object' || ArrayBuffer.isView(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
  );
}
