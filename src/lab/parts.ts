/** What an experiment consists of, part by part, as it is in memory and in the store. */
import type { ExperimentConfig } from '../config/experiment';
import type { ModelName, Stage, Training } from '../config/stages';
import type { Calibration } from '../rlhf/calibration';
import type { EvaluationRow } from '../rlhf/evaluate';
import type { PpoBatch } from '../rlhf/ppo';
import type { Ranking, RankingTask } from '../rlhf/rankings';
import type { SftEpoch } from '../rlhf/sft';
import type {
  DemonstrationRecord,
  LabEvent,
  MetricRow,
  Progress,
  Report,
  RolloutSet,
  Sample,
  StageStatus,
} from './api';
import type { Parent } from './library_api';
import type {
  BestOfNRequest,
  LabelCurve,
  LabelPoint,
  ModelSizesRequest,
  Whose,
} from './studies_api';
import type { RunVariants } from './variants';

export type Floats = Float32Array<ArrayBuffer>;
export type RankingSplit = 'train' | 'val' | 'heldout';

/** The small, always rewritten part. */
export interface ExperimentRecord {
  /** Form of what is stored; see stored.ts. */
  version: number;
  id: string;
  name: string;
  created: number;
  /** When it was last opened. */
  used: number;
  config: ExperimentConfig;
  stages: Record<Stage, StageStatus>;
  report: Report;
  /** The kernel variants that it began with; from its first stage on. */
  kernels?: RunVariants;
  /** Where the stage that runs or is paused was when this was stored. */
  progress?: Progress;
  /** Free text by whoever works on it. */
  notes: string;
  /** What it is a copy of. */
  parent?: Parent;
  /** The id that it had where it was made, if it came as a file. */
  origin?: string;
  /** When each model was finished, where that is known; milliseconds since 1970. */
  made: Partial<Record<ModelName, number>>;
  /** When it was deleted; it can be restored for a while. */
  removed?: number;
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

/** Best of n so far: a value a sample, prompt after prompt. */
export interface StoredBestOfN {
  readonly request: BestOfNRequest;
  /** Ranked prompts that each reward model learned from. */
  readonly labels: readonly number[];
  /** By reward model, [prompts·N]. */
  learned: Float32Array[];
  truth: Float32Array;
  /** The reward model of few labels, until it is needed no more. */
  few: Floats | null;
}

export interface StoredLabelCurve {
  /** Rankings there were. */
  readonly ranked: number;
  points: LabelPoint[];
  readonly agreement: LabelCurve['agreement'];
}

export interface StoredModelSizes {
  readonly request: ModelSizesRequest;
  readonly name: string;
  readonly parameters: Readonly<Record<Whose, number>>;
  readonly reference: Whose;
  /** By `this sft`, `other policy` and so on; what the reference is held against is `fresh`. */
  answers: Record<string, string[]>;
  /** Wins by prompt, of the same names and `headline`; null until all have answered. */
  wins: Record<string, number[]> | null;
}

export interface StoredStudies {
  bestOfN: StoredBestOfN | null;
  labelCurve: StoredLabelCurve | null;
  modelSizes: StoredModelSizes | null;
}

/** The parts that are stored one by one, each with its type. */
export interface Parts {
  metrics: Partial<Record<Training, MetricRow[]>>;
  samples: Partial<Record<Training, { step: number; samples: Sample[] }>>;
  rollouts: RolloutSet | null;
  lastBatch: PpoBatch | null;
  rankings: Partial<Record<RankingSplit, Ranking[]>>;
  /** The reward model's, on pairs of training and of held-out labelers. */
  calibration: Record<'val' | 'heldout', Calibration> | null;
  tasks: RankingTask[];
  /** What the reward model that is being trained learns from, whatever is ranked meanwhile. */
  rewardRankings: Ranking[] | null;
  personal: PersonalRanking[];
  imported: Ranking[];
  demonstrations: DemonstrationRecord[] | null;
  /** The weights after each epoch of SFT, among which the reward model chooses. */
  sftEpochs: SftEpoch[];
  /** SFT's weights with the lowest validation loss: the reward model's trunk. */
  sftTrunk: Floats | null;
  evaluation: EvaluationRow[];
  duels: DuelRecord[];
  studies: StoredStudies;
  /** An imported base model's `tokenizer.json`; null where it is trained on the corpus. */
  tokenizer: string | null;
  log: Extract<LabEvent, { type: 'log' }>[];
  /** Files of the trace by path; their bytes are parts of their own. */
  traces: string[];
  /** SHA-256 of each stored model. */
  sums: Partial<Record<ModelName, string>>;
}

export const noStudies = (): StoredStudies => ({
  bestOfN: null,
  labelCurve: null,
  modelSizes: null,
});

export const emptyParts = (): Parts => ({
  metrics: {},
  samples: {},
  rollouts: null,
  lastBatch: null,
  rankings: {},
  calibration: null,
  tasks: [],
  rewardRankings: null,
  personal: [],
  imported: [],
  demonstrations: null,
  sftEpochs: [],
  sftTrunk: null,
  evaluation: [],
  duels: [],
  studies: noStudies(),
  tokenizer: null,
  log: [],
  traces: [],
  sums: {},
});
export const PART_NAMES = Object.keys(emptyParts()) as (keyof Parts)[];

/** Outputs of each stage, thrown away when it is reset. */
export const MODELS_OF: Readonly<Record<Stage, readonly ModelName[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['policy', 'policy_raw', 'value'],
  evaluate: [],
};
export const TRAININGS_OF: Readonly<Record<Stage, readonly Training[]>> = {
  base: ['base'],
  sft: ['sft', 'sft_for_rl'],
  reward: ['reward'],
  ppo: ['ppo'],
  evaluate: ['evaluate'],
};
