/** What the lab says of any stored experiment, and what is done with those that are not open. */
import type { ExperimentConfig } from '../config/experiment';
import type { ModelName, Stage, Training } from '../config/stages';
import type { MetricRow, Report, StageStatus } from './api';
import type { Change, Choice, Holdings } from './inheritance';

/** Where a copy came from. */
export interface Parent {
  /** The experiment that was copied; it may be gone. */
  readonly id: string;
  readonly name: string;
  readonly changes: readonly Change[];
  /** Models that are still the very ones of the parent. */
  readonly models: readonly ModelName[];
}

export interface ExperimentSummary {
  readonly id: string;
  readonly name: string;
  readonly preset: string;
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly stages: Readonly<Record<Stage, StageStatus>>;
  /** Free text; '' without any. */
  readonly notes: string;
  readonly parent: Parent | null;
  /** The id that it had where it was made, if it came as a file. */
  readonly origin: string | null;
}

/** A deleted experiment that can be restored. */
export interface RemovedSummary extends ExperimentSummary {
  /** When it was deleted, and when it goes for good. */
  readonly removed: number;
  readonly until: number;
}

/** An experiment as a whole, without its texts and weights. */
export interface ExperimentAccount {
  readonly summary: ExperimentSummary;
  readonly config: ExperimentConfig;
  readonly report: Report;
  readonly models: readonly ModelName[];
  /** When each model was finished, where that is known. */
  readonly made: Readonly<Partial<Record<ModelName, number>>>;
  /** The last logged row of each training. */
  readonly last: Readonly<Partial<Record<Training, MetricRow>>>;
  /** Rows that look at the validation set, of each training that does. */
  readonly looks: Readonly<Partial<Record<Training, readonly MetricRow[]>>>;
  /** The training that stands half-way, and its step. */
  readonly checkpoint: { readonly training: Training; readonly step: number } | null;
  readonly holdings: Holdings;
}

export interface DuplicateRequest {
  readonly id: string;
  readonly config: ExperimentConfig;
  readonly name: string;
  readonly keep: Choice;
}
