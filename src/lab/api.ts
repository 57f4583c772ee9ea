/**
 * What the lab offers to whoever drives it: the page, the headless command, the tests. Everything
 * here is plain data or a promise of it, so that it crosses a worker's boundary as it is.
 */
import type { ExperimentConfig } from '../config/experiment';
import type { FieldKey } from '../config/fields';
import type { ModelName, Stage, Training, Writer } from '../config/stages';
import type { Calibration } from '../rlhf/calibration';
import type { UpdateStats } from '../rlhf/ppo_update';
import type { DocumentKind } from '../text/world';
import type {
  DuelItem,
  DuelScore,
  LabelerAgreement,
  RankingItem,
  RankingReveal,
  RankingSubmission,
} from './desk_api';
import type { Fit } from './fit';
import type { Inspection, InspectRequest } from './inspect';
import type {
  DuplicateRequest,
  ExperimentAccount,
  ExperimentSummary,
  RemovedSummary,
} from './library_api';
import type { KernelSource, ProfiledStep, StepProfile } from './profile_api';
import type { StudiesApi, StudyProgress, StudyResults } from './studies_api';
import type { Feature, TuningStatus } from './variants';

export type * from './desk_api';
export type * from './library_api';
export type * from './studies_api';
export type { Calibration, DocumentKind, Inspection, InspectRequest };

/** One logged step: `step`, `seconds` since the stage began, and metrics by the names of RLHF.md. */
export type MetricRow = { step: number; seconds: number } & Record<string, number>;

export type StageStatus = 'missing' | 'ready' | 'running' | 'paused' | 'done' | 'failed';

/** Where a running stage is. `secondsLeft` is null until there is something to judge by. */
export interface Progress {
  readonly stage: Stage;
  /** What is being done, in words: 'training SFT', 'sampling completions'. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number | null;
  readonly tokensPerSecond: number | null;
}

/** A model's answer to a prompt, with what is known about it. */
export interface Sample {
  readonly model: Writer | 'demonstration';
  readonly prompt: string;
  readonly completion: string;
  /** The reward model's score, where there is one. */
  readonly reward?: number;
  /** The world's noise-free reward in [0, 1], where the world knows the prompt. */
  readonly trueReward?: number;
  /** What the scorer found: 'says the owl is red; it is green'. */
  readonly explanations?: readonly string[];
}

/** One response of a PPO batch, token by token. Arrays have one entry a response token. */
export interface RolloutView {
  readonly prompt: string;
  readonly tokens: readonly string[];
  readonly logprobs: readonly number[];
  readonly refLogprobs: readonly number[];
  readonly values: readonly number[];
  readonly rewards: readonly number[];
  readonly advantages: readonly number[];
  readonly score: number;
  readonly trueReward: number | null;
  /** Where the step was taken by itself. */
  readonly step?: {
    readonly whitened: readonly number[];
    readonly returns: readonly number[];
    /** Policy and value on the same tokens after the iteration's updates. */
    readonly logprobsAfter: readonly number[];
    readonly valuesAfter: readonly number[];
    /** Which of the iteration's updates it was in, from 1. */
    readonly update: number;
  };
}

/** The responses of an iteration that are shown. */
export interface RolloutSet {
  readonly iteration: number;
  readonly rollouts: RolloutView[];
  /** The updates, where the step was taken by itself. */
  readonly step: {
    readonly updates: readonly UpdateStats[];
    readonly lr: { readonly policy: number; readonly value: number };
    readonly cliprange: number;
    readonly cliprangeValue: number;
    readonly klCoef: number;
  } | null;
}

export type LabEvent =
  | { type: 'stage'; stage: Stage; status: StageStatus; message?: string }
  | { type: 'progress'; progress: Progress }
  | { type: 'metrics'; training: Training; rows: MetricRow[] }
  | { type: 'samples'; training: Training; step: number; samples: Sample[] }
  | ({ type: 'rollouts' } & RolloutSet)
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string; time: number }
  | { type: 'labels'; counts: LabelCounts }
  /** A study that runs; null when it has ended or is paused. */
  | { type: 'study'; progress: StudyProgress | null }
  | { type: 'studies'; results: StudyResults }
  | { type: 'access'; access: Access };

/** Whether an experiment is this tab's to change, another's to look at, or nobody's just now. */
export type Access = 'write' | 'read' | 'free';

/** Whether the lab can compute here, and on what. */
export type GpuStatus =
  | {
      readonly ok: true;
      readonly vendor: string;
      readonly architecture: string;
      readonly description: string;
      readonly is_fallback: boolean;
    }
  | {
      readonly ok: false;
      readonly problem: 'no-webgpu' | 'no-adapter' | 'limits' | 'device';
      readonly message: string;
    };

export interface LabelCounts {
  /** Ranked items by labeler's name. */
  readonly byLabeler: Readonly<Record<string, number>>;
  /** Ordered pairs (ties excluded) in the training rankings. */
  readonly pairs: number;
}

/** Everything a page needs to draw itself after a reload. */
export interface Snapshot {
  readonly id: string;
  readonly access: Access;
  readonly config: ExperimentConfig;
  readonly stages: Readonly<Record<Stage, StageStatus>>;
  readonly models: readonly ModelName[];
  readonly metrics: Readonly<Partial<Record<Training, MetricRow[]>>>;
  readonly samples: Readonly<Partial<Record<Training, { step: number; samples: Sample[] }>>>;
  readonly rollouts: RolloutSet | null;
  readonly calibration: Readonly<Record<'val' | 'heldout', Calibration>> | null;
  readonly studies: StudyResults;
  readonly labels: LabelCounts;
  readonly progress: Progress | null;
  readonly report: Report | null;
  readonly log: readonly { level: 'info' | 'warn' | 'error'; message: string; time: number }[];
}

/** `report.json` of CONTRACT.md. */
export interface Report {
  ok: boolean;
  preset: string;
  seed: number;
  adapter: { vendor: string; architecture: string; description: string; is_fallback: boolean };
  browser: string;
  seconds: Partial<Record<Stage | 'total', number>>;
  base?: { val_loss: number };
  sft?: { val_loss: number };
  reward?: {
    train_accuracy: number;
    val_accuracy: number;
    heldout_labeler_accuracy: number;
    label_agreement: number;
  };
  ppo?: {
    reward_before: number;
    reward_after: number;
    kl: number;
    true_reward_before: number;
    true_reward_after: number;
  };
  evaluate?: {
    true_reward: Record<EvaluatedModel, number>;
    helpful: Record<EvaluatedModel, number>;
    honest: Record<EvaluatedModel, number>;
    harmless: Record<EvaluatedModel, number>;
    win_rate_vs_sft: {
      mean: number;
      ci95: [number, number];
      n: number;
      judge: string;
      opponent: 'sft_for_rl';
    };
    skills: Record<EvaluatedModel, Record<string, number>>;
    pretrain_val_loss: Record<EvaluatedModel, number>;
  };
  memory: { estimated_bytes: number; peak_bytes: number };
  tokens_per_second: { train: number; sample: number };
}
export type EvaluatedModel = 'base' | 'sft' | 'sft_for_rl' | 'policy';

export interface Estimate {
  readonly bytes: number;
  /** Where that is more than a laptop may have: parts of a batch that need less, if any do. */
  readonly fit: Fit | null;
  /** Null before this adapter has been measured. */
  readonly seconds: number | null;
}

export interface DemonstrationRecord {
  readonly prompt: string;
  readonly completion: string;
}

export interface CorpusPage {
  readonly total: number;
  readonly documents: readonly { readonly kind: DocumentKind; readonly text: string }[];
  /** Share of each kind in the characters of the training corpus. */
  readonly shares: Readonly<Record<DocumentKind, number>>;
}

export interface RunOptions {
  /** Optimizer updates of each stage to trace; 0 is none. */
  readonly trace?: number;
  /** A checkpoint is taken at the first step boundary after so many ms; a minute unless given. */
  readonly checkpointMs?: number;
}

/** How far what is made here outlives the tab. */
export interface StorageStatus {
  /** Why nothing does, in one sentence; null where it does. */
  readonly problem: string | null;
  /** Bytes in use and granted; null where the browser does not say. */
  readonly usage: number | null;
  readonly quota: number | null;
}

/** The lab itself. Every method may reject with an Error whose message is one clear sentence. */
export interface LabApi extends StudiesApi {
  /** Opens storage and the GPU. Call first; a GPU that is missing is an answer, not an error. */
  open(): Promise<GpuStatus>;
  /** Events from now on, in batches, at most ten times a second. */
  subscribe(listener: (events: LabEvent[]) => void): Promise<void>;

  experiments(): Promise<ExperimentSummary[]>;
  /** Makes an experiment (and its world) and selects it. */
  create(config: ExperimentConfig, name?: string): Promise<Snapshot>;
  /** Selects an experiment; the others stay stored. */
  select(id: string): Promise<Snapshot>;
  /** Makes an experiment that another tab is at work on this tab's; the other pauses and stores. */
  takeOver(): Promise<Snapshot>;
  /** Makes a copy with another configuration, of whatever experiment, and selects it. */
  duplicate(request: DuplicateRequest): Promise<Snapshot>;
  /** What there is of any stored experiment: settings, figures, where its models came from. */
  account(id: string): Promise<ExperimentAccount>;
  /** Writes an experiment's notes; stored before it resolves. */
  setNotes(id: string, text: string): Promise<void>;
  /** Deletes an experiment so that it can be restored for a week. */
  remove(id: string): Promise<void>;
  /** Deleted experiments that are still there, latest first. */
  removed(): Promise<RemovedSummary[]>;
  restore(id: string): Promise<void>;
  /** Deletes a deleted experiment for good, now. */
  erase(id: string): Promise<void>;
  storage(): Promise<StorageStatus>;
  /** About the bytes that every stored experiment takes, deleted ones included, by id. */
  sizes(): Promise<Record<string, number>>;
  /** An experiment as one file, in any state; the open one unless another is named. */
  exportExperiment(id?: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A model of any stored experiment as a Hugging Face folder: bytes by file name. */
  modelFolder(id: string, model: ModelName): Promise<Record<string, Uint8Array<ArrayBuffer>>>;
  /** Takes such a file as a new experiment and selects it. */
  importExperiment(file: Uint8Array, name?: string): Promise<Snapshot>;
  snapshot(): Promise<Snapshot | null>;
  /** The logged metrics of any stored experiment, for charts of several runs. */
  metricsOf(id: string): Promise<Partial<Record<Training, MetricRow[]>>>;
  estimate(config: ExperimentConfig): Promise<Estimate>;

  /** Runs stages in order; resolves when the last is done, or when paused or stopped. */
  run(stages: readonly Stage[], options?: RunOptions): Promise<void>;
  /** Stops after the step in flight and saves a checkpoint; `resume` goes on bit for bit. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Ends the stage that runs or is paused with what it has learned so far; sampling and the
   * comparison, of which half is nothing, are paused. Stages that were to follow are not begun.
   */
  stop(): Promise<void>;
  /** While paused: one more step, then paused again. */
  step(): Promise<void>;
  /** Throws away a stage's outputs and of all stages after it. */
  reset(stage: Stage): Promise<void>;
  /** Changes one setting of the selected experiment; those of PPO take hold while it runs. */
  set(key: FieldKey, value: number | boolean): Promise<void>;

  /** Takes a Hugging Face folder (files by name) as the base model, with its tokenizer. */
  importBase(files: Readonly<Record<string, Uint8Array>>): Promise<Snapshot>;

  corpus(from: number, count: number): Promise<CorpusPage>;
  demonstrations(
    from: number,
    count: number,
  ): Promise<{ total: number; items: DemonstrationRecord[] }>;
  /** Adds or (with an index) replaces a demonstration of the training split. */
  putDemonstration(item: DemonstrationRecord, index?: number): Promise<void>;
  /** Puts one in before what is at `index`: a removed one back in its place. */
  insertDemonstration(item: DemonstrationRecord, index: number): Promise<void>;
  removeDemonstration(index: number): Promise<DemonstrationRecord>;
  prompts(split: 'train' | 'val' | 'test', count: number, seed: number): Promise<string[]>;

  /** Samples answers to prompts from one model. */
  sample(request: {
    model: Writer;
    prompts: readonly string[];
    temperature: number;
    seed: number;
    maxTokens?: number;
  }): Promise<Sample[]>;
  /** Reward of an answer after each of its tokens (normalised), and what the world says of it. */
  score(
    prompt: string,
    completion: string,
  ): Promise<{
    tokens: string[];
    rewards: number[];
    trueReward: number | null;
    explanations: string[];
  }>;

  /** What a model makes of a text: attention of every head, next tokens at every depth. */
  inspect(request: InspectRequest): Promise<Inspection>;

  /** The next item for this labeler; the same one after a reload until it is submitted. */
  nextRanking(labeler: string): Promise<RankingItem>;
  /** Stored before it resolves. */
  submitRanking(submission: RankingSubmission): Promise<RankingReveal>;
  /** Takes back this labeler's latest submission and returns its item as it was. */
  undoRanking(labeler: string): Promise<{ item: RankingItem; was: RankingSubmission } | null>;
  /** How far a labeler agrees with others. @param withRewardModel scores the items on the GPU */
  agreement(labeler: string, withRewardModel?: boolean): Promise<LabelerAgreement>;
  exportRankings(): Promise<string>;
  /** Adds rankings of other people from a JSONL file. @returns how many were new */
  importRankings(jsonl: string): Promise<number>;

  nextDuel(a: Writer, b: Writer): Promise<DuelItem>;
  submitDuel(id: string, choice: 'left' | 'right' | 'tie', judge: string): Promise<DuelScore>;
  duels(): Promise<DuelScore[]>;

  /**
   * Times every dispatch of a step of the open experiment, on copies of its models. Takes seconds;
   * refused while a stage runs.
   */
  profile(step: ProfiledStep): Promise<StepProfile>;
  /** The kernel variants measured on this adapter, and those that the open experiment began with. */
  tuning(): Promise<TuningStatus>;
  /**
   * Measures the variants for the open experiment's shapes, in about two seconds, and keeps the
   * choices for runs that begin from now on; without `anew` only shapes that are not known yet.
   */
  tune(anew: boolean): Promise<TuningStatus>;
  /** Back to the built-in choices. */
  forgetTuning(): Promise<TuningStatus>;
  /** Switches an optional feature of the GPU on or off for runs that begin from now on. */
  useFeature(name: Feature, on: boolean): Promise<TuningStatus>;
  /** The share of the profile in the making that is done, from 0 to 1. */
  profileProgress(): Promise<number>;
  /** The WGSL of a kernel. */
  kernelSource(kernel: string): Promise<KernelSource>;

  /** Names of every file of the contract that exists now. */
  files(): Promise<string[]>;
  /** One of them, transferred. */
  file(name: string): Promise<Uint8Array<ArrayBuffer>>;
}
