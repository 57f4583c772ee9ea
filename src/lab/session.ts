/** An experiment that is open: with its world, tokenizer, judge, desk and runner in memory. */
import type { ExperimentConfig } from '../config/experiment';
import type { Settings } from '../config/fields';
import { STAGES } from '../config/stages';
import type { AdapterName } from '../gpu/device';
import { configOf } from '../nn/layout';
import type { Family } from '../rlhf/model_sizes';
import type { RankingTask } from '../rlhf/rankings';
import { packDocuments } from '../text/datasets/packing';
import { Tokenizer } from '../text/tokenizer/tokenizer';
import type { LabEvent, Snapshot } from './api';
import { Desk } from './desk';
import { estimateBytes, type RunPlace } from './estimate';
import type { Experiment } from './experiment';
import { Judge } from './judge';
import { type Material, openMaterial, type RawMaterial } from './material';
import { labelCounts } from './pipeline';
import { Runner } from './runner';
import { studyResults } from './study_results';
import type { Variants } from './variants';

/** Makes an experiment's material; in the page, in the text worker. */
export type Prepare = (
  config: ExperimentConfig,
  report: (what: string) => void,
) => Promise<RawMaterial>;

export interface Session {
  readonly experiment: Experiment;
  readonly material: Material;
  readonly judge: Judge;
  readonly desk: Desk;
  readonly runner: Runner;
}

export async function openSession(
  experiment: Experiment,
  prepare: Prepare,
  variants: Variants,
  emit: (event: LabEvent) => void,
  moreTasks: (from: number) => Promise<RankingTask[]>,
): Promise<Session> {
  const { config } = experiment.record;
  const raw = await prepare(config, (what) =>
    emit({ type: 'log', level: 'info', message: `${what}…`, time: Date.now() }),
  );
  const material = materialWith(raw, experiment.parts.tokenizer);
  const judge = new Judge(material.world);
  const session: Session = {
    experiment,
    material,
    judge,
    desk: new Desk(experiment, moreTasks),
    runner: new Runner(experiment, material, judge, emit),
  };
  await estimateMemory(session, experiment.record.report.adapter, variants);
  updateStages(session);
  return session;
}

/**
 * Notes what a run would hold on an adapter: with its settings of now, the longest prompt of its
 * texts, and the kernel variants that it began with or would begin with.
 */
export async function estimateMemory(
  session: Pick<Session, 'experiment' | 'material'>,
  adapter: AdapterName,
  variants: Variants,
): Promise<void> {
  const { config, report } = session.experiment.record;
  const place = placeOf(session, adapter, variants);
  report.memory.estimated_bytes = await estimateBytes(config.settings, place);
}

/** What the stages of an experiment are planned for on an adapter. */
export function placeOf(
  { experiment, material }: Pick<Session, 'experiment' | 'material'>,
  adapter: AdapterName,
  variants: Variants,
): RunPlace {
  const place = variants.placeFor(adapter, experiment.record.kernels);
  return { ...place, promptTokens: material.promptTokens };
}

/** What the models of an experiment have in common. */
export const familyOf = (
  settings: Settings,
  { tokenizer, promptTokens }: Pick<Material, 'tokenizer' | 'promptTokens'>,
): Family => ({ settings, model: configOf(settings), tokenizer, promptTokens });

/** An experiment's material, with an imported base model's tokenizer if there is one. */
export const materialWith = (raw: RawMaterial, tokenizer: string | null): Material =>
  openMaterial(withTokenizer(raw, tokenizer));

function withTokenizer(raw: RawMaterial, json: string | null): RawMaterial {
  if (json === null) return raw;
  const tokenizer = Tokenizer.fromJSON(json);
  return {
    world: raw.world,
    tokenizerJson: json,
    train: packDocuments(raw.world.corpus.train, tokenizer),
    val: packDocuments(raw.world.corpus.val, tokenizer),
  };
}

/** A stage is ready when the one before it is done. */
export function updateStages({ experiment }: Pick<Session, 'experiment'>): void {
  const { stages } = experiment.record;
  STAGES.forEach((stage, at) => {
    const open = at === 0 || stages[STAGES[at - 1]!] === 'done';
    if (stages[stage] === 'missing' && open) stages[stage] = 'ready';
    else if (stages[stage] === 'ready' && !open) stages[stage] = 'missing';
  });
}

/** What a page needs to draw itself; `running` is the progress of a stage that runs now. */
export function snapshotOf(
  { experiment }: Session,
  running: Snapshot['progress'],
): Omit<Snapshot, 'access'> {
  const { record, parts, models } = experiment;
  const held = record.progress && record.stages[record.progress.stage] === 'paused';
  const progress = running ?? (held ? record.progress! : null);
  return structuredClone({
    id: record.id,
    config: record.config,
    stages: record.stages,
    models: [...models.keys()],
    metrics: parts.metrics,
    samples: parts.samples,
    rollouts: parts.rollouts,
    calibration: parts.calibration,
    studies: studyResults(parts.studies, parts.metrics.ppo ?? []),
    labels: labelCounts(experiment),
    progress,
    report: record.report,
    log: parts.log.slice(-200),
  });
}
