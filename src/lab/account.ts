/** What there is of an experiment, without its texts and weights: for comparisons and the lineage. */
import { type ModelName, TRAININGS, type Training } from '../config/stages';
import type { ExperimentAccount, MetricRow } from './api';
import { holdingsOf } from './duplicate';
import type { ExperimentRecord, Parts } from './parts';
import { summarise } from './stored';

/** Metrics of a look at the validation set. */
const LOOKS = ['val_loss', 'val_accuracy'];

export function accountOf(
  record: ExperimentRecord,
  parts: Pick<Parts, 'metrics' | 'personal' | 'imported' | 'demonstrations' | 'rankings'>,
  models: readonly ModelName[],
  checkpoint: { training: string; step: number } | undefined,
): ExperimentAccount {
  const last: Partial<Record<Training, MetricRow>> = {};
  const looks: Partial<Record<Training, MetricRow[]>> = {};
  for (const training of TRAININGS) {
    const rows = parts.metrics[training] ?? [];
    const end = rows.at(-1);
    if (end) last[training] = end;
    const seen = rows.filter((row) => LOOKS.some((name) => name in row));
    if (seen.length > 0) looks[training] = seen;
  }
  const training = TRAININGS.find((name) => name === checkpoint?.training);
  return structuredClone({
    summary: summarise(record),
    config: record.config,
    report: record.report,
    models,
    made: record.made,
    last,
    looks,
    checkpoint: training && checkpoint ? { training, step: checkpoint.step } : null,
    holdings: holdingsOf(record, parts, models),
  });
}
