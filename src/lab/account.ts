/** What there is of an experiment, without its texts and weights: for comparisons and the lineage. */
import type { ExperimentConfig } from '../config/experiment';
import { type ModelName, type Stage, TRAININGS, type Training } from '../config/stages';
import type { ExperimentAccount, MetricRow, StageStatus } from './api';
import { type Holdings, MODELS_OF_OUTPUT, OUTPUTS, type Output } from './inheritance';
import type { Parts } from './parts';

/** Metrics of a look at the validation set. */
const LOOKS = ['val_loss', 'val_accuracy'];

/** The last row of each training, and its looks at the validation set. */
export function endsOf(metrics: Parts['metrics']): Pick<ExperimentAccount, 'last' | 'looks'> {
  const last: Partial<Record<Training, MetricRow>> = {};
  const looks: Partial<Record<Training, MetricRow[]>> = {};
  for (const training of TRAININGS) {
    const rows = metrics[training] ?? [];
    const end = rows.at(-1);
    if (end) last[training] = end;
    const seen = rows.filter((row) => LOOKS.some((name) => name in row));
    if (seen.length > 0) looks[training] = seen;
  }
  return { last, looks };
}

/** What people did in an experiment, and whether simulated labelers have ranked. */
interface People {
  readonly gathered: boolean;
  readonly edited: boolean;
  readonly ranked: number;
}

export function peopleOf(
  parts: Pick<Parts, 'personal' | 'imported' | 'demonstrations' | 'rankings'>,
): People {
  const own = parts.personal.filter(({ ranks, again }) => ranks && !again);
  return {
    gathered: parts.rankings.heldout !== undefined,
    edited: parts.demonstrations !== null,
    ranked: own.length + parts.imported.length,
  };
}

/** What is finished of an experiment, and what people did in it. */
export function holdingsOf(
  { config, stages }: { config: ExperimentConfig; stages: Readonly<Record<Stage, StageStatus>> },
  { gathered, edited, ranked }: People,
  models: readonly ModelName[],
): Holdings {
  const isDone = (output: Output): boolean => {
    // Rankings and the first recipe of SFT are there before their stage is done.
    if (output === 'rankings') return gathered;
    if (output === 'sft') return true;
    return stages[output === 'sft_for_rl' ? 'sft' : output] === 'done';
  };
  const outputs = OUTPUTS.filter(
    (output) => isDone(output) && MODELS_OF_OUTPUT[output].every((name) => models.includes(name)),
  );
  return { config, outputs, edited, ranked };
}

/** Names the training that a checkpoint belongs to; null for none. */
export function checkpointOf(
  place: { readonly training: string; readonly step: number } | undefined,
): ExperimentAccount['checkpoint'] {
  const training = TRAININGS.find((name) => name === place?.training);
  return training && place ? { training, step: place.step } : null;
}
