/**
 * What the lab finds out beyond its stages, on request: best of n beside PPO (over-optimization),
 * and the reward model's accuracy against the number of labels. Plain data.
 */
import type { BestOfNPoint } from '../rlhf/best_of_n';
import type { Accuracy } from '../rlhf/label_curve';
import type { Compared } from '../rlhf/model_sizes';
import type { DistanceFit, DistancePoint } from '../rlhf/over_optimization';
import type { Estimated } from '../rlhf/statistics';

export type { Accuracy, BestOfNPoint, Compared, DistanceFit, DistancePoint };

export interface BestOfNRequest {
  readonly study: 'best_of_n';
  /** Answers sampled to each prompt, 4 to 1024. */
  readonly samples: number;
  /** Test prompts. */
  readonly prompts: number;
  /** Whether a second reward model is trained, on an eighth of the ranked prompts. */
  readonly few: boolean;
}
/** This experiment's models against those of another one in the same town. */
export interface ModelSizesRequest {
  readonly study: 'model_sizes';
  /** Id of the other experiment; its SFT is trained. */
  readonly other: string;
  /** Test prompts. */
  readonly prompts: number;
}
export type StudyRequest = BestOfNRequest | ModelSizesRequest | { readonly study: 'label_curve' };
export type StudyName = StudyRequest['study'];

export interface StudyProgress {
  readonly study: StudyName;
  /** What is being done, in words. */
  readonly phase: string;
  /** Of this phase, from 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number | null;
}

/** Fits of learned and true reward; null where there are too few points. */
export interface Fits {
  readonly learned: DistanceFit | null;
  readonly truth: DistanceFit | null;
}

export interface BestOfNResult {
  readonly request: BestOfNRequest;
  /** Prompts that are done; fewer than asked for while it runs or is paused. */
  readonly done: number;
  /** A curve for each reward model, that of the experiment first. */
  readonly curves: readonly {
    /** Ranked prompts that the reward model learned from. */
    readonly labels: number;
    readonly points: readonly BestOfNPoint[];
    readonly fits: Fits;
  }[];
}

/** PPO's iterations by distance; rewards above the fitted level at d = 0. */
export interface PpoByDistance {
  readonly learned: readonly DistancePoint[];
  readonly truth: readonly DistancePoint[];
  readonly fits: Fits;
}

export interface LabelPoint {
  /** Of the ranked prompts. */
  readonly share: number;
  readonly prompts: number;
  /** Ordered pairs that these give. */
  readonly pairs: number;
  /** On held-out pairs of training labelers and of held-out labelers. */
  readonly val: Accuracy;
  readonly heldout: Accuracy;
}

export interface LabelCurve {
  /** By share, smallest first; fewer than all while it runs or is paused. */
  readonly points: readonly LabelPoint[];
  readonly whole: boolean;
  /** Rankings that there were when it was measured. */
  readonly ranked: number;
  /** How often two labelers of either kind agree: the human ceiling. */
  readonly agreement: Readonly<Record<'val' | 'heldout', number>>;
}

export type Whose = 'this' | 'other';

export interface ModelSizes {
  readonly request: ModelSizesRequest;
  /** The other experiment's name. */
  readonly name: string;
  readonly parameters: Readonly<Record<Whose, number>>;
  /** Whose SFT all are held against: the larger one's. */
  readonly reference: Whose;
  /** Wins against it over prompts, a tie ½, of the models that there are; empty until all have answered. */
  readonly wins: readonly {
    readonly whose: Whose;
    readonly writer: Compared;
    readonly win: Estimated;
  }[];
  /** The smaller policy against the larger base model; null where there is no policy. */
  readonly headline: Estimated | null;
  readonly whole: boolean;
}

export interface StudyResults {
  readonly bestOfN: BestOfNResult | null;
  readonly ppo: PpoByDistance | null;
  readonly labelCurve: LabelCurve | null;
  readonly modelSizes: ModelSizes | null;
}

/** The studies of an experiment, and starting them. */
export interface StudiesApi {
  /**
   * Runs a study; resolves when it is done or paused (`pause`). One that was paused goes on where
   * it is asked for alike; asked for otherwise, it begins anew. Refused while a stage runs, and no stage runs meanwhile.
   */
  study(request: StudyRequest): Promise<void>;
}
