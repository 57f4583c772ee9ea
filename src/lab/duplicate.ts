/** A copy of an experiment with another configuration: what is taken along, part by part. */
import type { ExperimentConfig } from '../config/experiment';
import { type ModelName, STAGES } from '../config/stages';
import { holdingsOf, peopleOf } from './account';
import {
  type Choice,
  changesBetween,
  type Inheritance,
  inherits,
  MODELS_OF_OUTPUT,
  type Output,
  stagesOf,
} from './inheritance';
import { type ExperimentRecord, emptyParts, type Floats, type Parts, TRAININGS_OF } from './parts';
import { rankingOf } from './pipeline';
import type { Contents } from './stored';

/**
 * Contents of a copy.
 * @param fresh the record of a new experiment with the copy's configuration
 * @param choice what a person wants to take along, as far as it is still right
 */
export function copyOf(
  original: Omit<Contents, 'checkpoint'>,
  fresh: Omit<ExperimentRecord, 'version' | 'used'>,
  choice: Choice,
): Omit<Contents, 'checkpoint' | 'record'> & { record: typeof fresh } {
  const { record, parts } = original;
  const holdings = holdingsOf(record, peopleOf(parts), [...original.models.keys()]);
  const kept = inherits(holdings, fresh.config, choice);
  const models = modelsOf(original, kept.outputs);
  const same = [...models.keys()].filter((name) => models.get(name) === original.models.get(name));
  const made = Object.fromEntries(
    Object.entries(record.made).filter(([name]) => same.some((one) => one === name)),
  );
  return {
    record: {
      ...fresh,
      stages: { ...fresh.stages, ...statusesOf(kept.outputs) },
      report: reportOf(original, fresh, kept.outputs),
      made,
      ...(kept.outputs.size > 0 && record.kernels ? { kernels: record.kernels } : {}),
      parent: {
        id: record.id,
        name: record.name,
        changes: changesBetween(record.config, fresh.config),
        models: same,
      },
    },
    parts: { ...partsOf(parts, kept), log: [noteOf(record, kept, fresh.config)] },
    models,
  };
}

function statusesOf(outputs: ReadonlySet<Output>): Partial<ExperimentRecord['stages']> {
  return Object.fromEntries(stagesOf(outputs).map((stage) => [stage, 'done']));
}

/**
 * SFT's weights from before the original's reward model chose among its epochs, where that has
 * happened and is to happen anew.
 */
function unchosenSft(
  { record, parts }: Pick<Contents, 'record' | 'parts'>,
  outputs: ReadonlySet<Output>,
): Floats | null {
  const { config, stages } = record;
  const chosen = config.settings['sft.choose_by_reward'] && stages.reward === 'done';
  return chosen && outputs.has('sft') && !outputs.has('reward') ? parts.sftTrunk : null;
}

function modelsOf(
  original: Omit<Contents, 'checkpoint'>,
  outputs: ReadonlySet<Output>,
): Map<ModelName, Floats> {
  const kept = new Map<ModelName, Floats>();
  for (const output of outputs) {
    for (const name of MODELS_OF_OUTPUT[output]) kept.set(name, original.models.get(name)!);
  }
  const trunk = unchosenSft(original, outputs);
  if (trunk) kept.set('sft', trunk);
  return kept;
}

function reportOf(
  { record, parts }: Pick<Contents, 'record' | 'parts'>,
  fresh: Pick<ExperimentRecord, 'report'>,
  outputs: ReadonlySet<Output>,
): ExperimentRecord['report'] {
  const report = { ...fresh.report, seconds: {} as ExperimentRecord['report']['seconds'] };
  const { report: from } = record;
  const stages = stagesOf(outputs);
  for (const stage of stages) {
    Object.assign(report, { [stage]: from[stage] });
    if (from.seconds[stage] !== undefined) report.seconds[stage] = from.seconds[stage];
  }
  if (stages.length === 0) return report;
  report.seconds.total = Object.values(report.seconds).reduce((sum, seconds) => sum + seconds, 0);
  report.ok = stages.length === STAGES.length;
  report.adapter = from.adapter;
  report.browser = from.browser;
  report.memory = { ...report.memory, peak_bytes: from.memory.peak_bytes };
  report.tokens_per_second = from.tokens_per_second;
  const losses = (parts.metrics.sft ?? []).flatMap(({ val_loss: loss }) => loss ?? []);
  if (report.sft && unchosenSft({ record, parts }, outputs) && losses.length > 0) {
    report.sft = { val_loss: Math.min(...losses) };
  }
  return report;
}

function partsOf(parts: Parts, kept: Inheritance): Parts {
  const { outputs, items, demonstrations, rankings } = kept;
  const copy = emptyParts();
  const trainings = STAGES.flatMap((stage) => TRAININGS_OF[stage]).filter((training) =>
    outputs.has(training),
  );
  for (const training of trainings) {
    if (parts.metrics[training]) copy.metrics[training] = parts.metrics[training];
    if (parts.samples[training]) copy.samples[training] = parts.samples[training];
  }
  if (outputs.has('base')) copy.tokenizer = parts.tokenizer;
  if (demonstrations) copy.demonstrations = parts.demonstrations;
  if (outputs.has('sft')) {
    copy.sftEpochs = parts.sftEpochs;
    copy.sftTrunk = parts.sftTrunk;
  }
  if (outputs.has('rankings')) copy.rankings = parts.rankings;
  if (items) copy.tasks = parts.tasks;
  if (rankings) {
    // Rankings of items that will not be shown here count like those that came in a file.
    const own = items ? [] : parts.personal.filter(({ again }) => !again).map(rankingOf);
    copy.personal = items ? parts.personal : [];
    copy.imported = [...parts.imported, ...own.filter((ranking) => ranking !== null)];
  }
  if (outputs.has('reward')) copy.calibration = parts.calibration;
  if (outputs.has('ppo')) {
    copy.rollouts = parts.rollouts;
    copy.lastBatch = parts.lastBatch;
    if (rankings) copy.duels = parts.duels;
  }
  if (outputs.has('evaluate')) copy.evaluation = parts.evaluation;
  return copy;
}

function noteOf(
  { name }: Pick<ExperimentRecord, 'name'>,
  { outputs }: Inheritance,
  config: ExperimentConfig,
): Parts['log'][number] {
  const stages = stagesOf(outputs);
  const what = stages.length > 0 ? `with ${stages.join(', ')}` : 'with its settings alone';
  const message = `Copied from “${name}” ${what}, seed ${config.seed}.`;
  return { type: 'log', level: 'info', message, time: Date.now() };
}
