/** One experiment: everything it has made, in memory and in the store, and nothing that computes. */
import type { ExperimentConfig } from '../config/experiment';
import type { FieldKey } from '../config/fields';
import { type ModelName, STAGES, type Stage, type Training } from '../config/stages';
import type { Checkpoint } from '../rlhf/context';
import type { EvaluationRow } from '../rlhf/evaluate';
import type { PpoBatch } from '../rlhf/ppo';
import type { Ranking, RankingTask } from '../rlhf/rankings';
import type { Store } from '../store/store';
import type {
  DemonstrationRecord,
  ExperimentSummary,
  LabEvent,
  MetricRow,
  Report,
  RolloutView,
  Sample,
  StageStatus,
} from './api';

type Floats = Float32Array<ArrayBuffer>;
export type RankingSplit = 'train' | 'val' | 'heldout';

/** The small, always rewritten part. */
export interface ExperimentRecord {
  id: string;
  name: string;
  created: number;
  config: ExperimentConfig;
  stages: Record<Stage, StageStatus>;
  report: Report;
}

/** A person's judgement of a task, with the order in which the completions were shown. */
export interface PersonalRanking {
  readonly id: string;
  readonly task: RankingTask;
  /** Position in what was shown → index in the task. */
  readonly order: readonly number[];
  readonly labeler: string;
  /** In shown order; null when skipped. */
  readonly ranks: readonly number[] | null;
  readonly likert: readonly (number | null)[];
  readonly flags: readonly (readonly string[])[];
  readonly seconds: number;
  /** Why it was skipped. */
  readonly reason?: string;
  /** The item's second showing: it measures self-agreement and trains nothing. */
  readonly again?: true;
}

export interface DuelRecord {
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  readonly judge: string;
  /** Win of `a`: 1, ½ or 0. */
  readonly win: number;
}

/** The parts that are stored one by one, each with its type. */
export interface Parts {
  metrics: Partial<Record<Training, MetricRow[]>>;
  samples: Partial<Record<Training, { step: number; samples: Sample[] }>>;
  rollouts: { iteration: number; rollouts: RolloutView[] } | null;
  lastBatch: PpoBatch | null;
  rankings: Partial<Record<RankingSplit, Ranking[]>>;
  tasks: RankingTask[];
  personal: PersonalRanking[];
  imported: Ranking[];
  demonstrations: DemonstrationRecord[] | null;
  evaluation: EvaluationRow[];
  duels: DuelRecord[];
  /** An imported base model's `tokenizer.json`; null where it is trained on the corpus. */
  tokenizer: string | null;
  log: Extract<LabEvent, { type: 'log' }>[];
}

const emptyParts = (): Parts => ({
  metrics: {},
  samples: {},
  rollouts: null,
  lastBatch: null,
  rankings: {},
  tasks: [],
  personal: [],
  imported: [],
  demonstrations: null,
  evaluation: [],
  duels: [],
  tokenizer: null,
  log: [],
});
const PART_NAMES = Object.keys(emptyParts()) as (keyof Parts)[];

/** Outputs of each stage, thrown away when it is reset. */
const MODELS_OF: Readonly<Record<Stage, readonly ModelName[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['policy', 'policy_raw', 'value'],
  evaluate: [],
};
const TRAININGS_OF: Readonly<Record<Stage, readonly Training[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['ppo'],
  evaluate: ['evaluate'],
};

export class Experiment {
  private constructor(
    private readonly store: Store,
    readonly record: ExperimentRecord,
    readonly parts: Parts,
    readonly models: Map<ModelName, Floats>,
    public checkpoint: Checkpoint | undefined,
  ) {}

  static async create(store: Store, record: ExperimentRecord): Promise<Experiment> {
    const experiment = new Experiment(store, record, emptyParts(), new Map(), undefined);
    await experiment.save();
    return experiment;
  }

  /** @throws when the store has no such experiment */
  static async load(store: Store, id: string): Promise<Experiment> {
    const record = await store.get<ExperimentRecord>(id, 'record');
    if (!record) throw new Error(`There is no experiment ${id}.`);
    const parts = emptyParts() as unknown as Record<string, unknown>;
    for (const name of PART_NAMES) {
      const stored = await store.get(id, name);
      if (stored !== undefined) parts[name] = stored;
    }
    const models = new Map<ModelName, Floats>();
    for (const stage of STAGES) {
      for (const name of MODELS_OF[stage]) {
        const floats = await store.get<Floats>(id, `model ${name}`);
        if (floats) models.set(name, floats);
      }
      // A stage that was running when the tab died goes on from its checkpoint.
      if (record.stages[stage] === 'running') record.stages[stage] = 'paused';
    }
    const checkpoint = await store.get<Checkpoint>(id, 'checkpoint');
    return new Experiment(store, record, parts as unknown as Parts, models, checkpoint);
  }

  get id(): string {
    return this.record.id;
  }

  get summary(): ExperimentSummary {
    const { id, name, created, config, stages } = this.record;
    return { id, name, created, preset: config.preset, seed: config.seed, stages };
  }

  /** Stores the record and the named parts in one transaction. */
  async save(...names: (keyof Parts)[]): Promise<void> {
    await this.store.setAll(this.id, {
      record: this.record,
      ...Object.fromEntries(names.map((name) => [name, this.parts[name]])),
    });
  }

  async saveModel(name: ModelName, floats: Floats): Promise<void> {
    this.models.set(name, floats);
    await this.store.set(this.id, `model ${name}`, floats);
  }

  /** A model's weights. @throws naming the stage that makes it */
  model(name: ModelName): Floats {
    const floats = this.models.get(name);
    if (floats) return floats;
    const stage = STAGES.find((candidate) => MODELS_OF[candidate].includes(name))!;
    throw new Error(`There is no ${name} model yet: run the stage '${stage}' first.`);
  }

  /** The checkpoint with the metrics and samples that belong to it, in one transaction. */
  async saveCheckpoint(checkpoint: Checkpoint | undefined): Promise<void> {
    this.checkpoint = checkpoint;
    const { metrics, samples, rollouts, lastBatch, log } = this.parts;
    await this.store.setAll(this.id, {
      record: this.record,
      checkpoint,
      metrics,
      samples,
      rollouts,
      lastBatch,
      log,
    });
  }

  /** Forgets metrics that a resumed training will make again. */
  rewind(training: Training, step: number): void {
    const rows = this.parts.metrics[training];
    if (rows) this.parts.metrics[training] = rows.filter((row) => row.step <= step);
  }

  async changeSetting(key: FieldKey, value: number | boolean): Promise<void> {
    const { config } = this.record;
    (config.settings as Record<string, number | boolean>)[key] = value;
    await this.save();
  }

  /** Throws away what a stage and all after it have made; people's labels stay. */
  async reset(from: Stage): Promise<void> {
    const gone = STAGES.slice(STAGES.indexOf(from));
    const names = gone.flatMap((stage) => MODELS_OF[stage]);
    for (const name of names) this.models.delete(name);
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
    if (gone.includes('reward')) {
      this.parts.rankings = {};
      this.parts.tasks = [];
    }
    if (gone.includes('ppo')) {
      this.parts.rollouts = null;
      this.parts.lastBatch = null;
    }
    this.parts.evaluation = [];
    this.checkpoint = undefined;
    await this.store.remove(this.id, ['checkpoint', ...names.map((name) => `model ${name}`)]);
    await this.save(...PART_NAMES);
  }
}
