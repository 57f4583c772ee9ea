/** The stored experiments of the fake lab: what it says of each, deleting, notes and copies. */
import type { ExperimentConfig } from '../../src/config/experiment';
import { MODELS, STAGES, type Stage } from '../../src/config/stages';
import type {
  DuplicateRequest,
  ExperimentAccount,
  ExperimentSummary,
  Parent,
  RemovedSummary,
  StageStatus,
} from '../../src/lab/api';
import { changesBetween, type Holdings, inherits, stagesOf } from '../../src/lab/inheritance';
import { fakeReport } from './fakeReport';
import { LENGTH, MODELS_OF, rowOf, TRAININGS_OF } from './fakeStages';

/** One experiment; the fake lab changes the one that is selected as it runs. */
export interface Shelved {
  readonly id: string;
  readonly name: string;
  config: ExperimentConfig;
  stages: Record<Stage, StageStatus>;
  steps: Partial<Record<Stage, number>>;
  notes: string;
  parent: Parent | null;
  removed: number | null;
}

const CREATED = 1.79e12;

export class FakeShelf {
  private readonly held: Shelved[] = [];

  constructor(private readonly note: (name: string, ...args: unknown[]) => void) {}

  add(name: string, config: ExperimentConfig, parent: Parent | null = null): Shelved {
    const stages = Object.fromEntries(
      STAGES.map((stage) => [stage, stage === 'base' ? 'ready' : 'missing']),
    ) as Record<Stage, StageStatus>;
    const id = `id-${this.held.length + 1}`;
    const made = { id, name, config, stages, steps: {}, notes: '', parent, removed: null };
    this.held.push(made);
    return made;
  }

  of(id: string): Shelved {
    return this.held.find((one) => one.id === id)!;
  }

  summaries(): ExperimentSummary[] {
    return this.held.filter(({ removed }) => removed === null).map(summaryOf);
  }

  setNotes = async (id: string, text: string): Promise<void> => {
    this.note('setNotes', id, text);
    this.of(id).notes = text;
  };
  remove(id: string): void {
    this.of(id).removed = Date.now();
  }
  removed = async (): Promise<RemovedSummary[]> =>
    this.held
      .filter(({ removed }) => removed !== null)
      .map((one) => ({
        ...summaryOf(one),
        removed: one.removed!,
        until: one.removed! + 7 * 86_400_000,
      }));
  restore = async (id: string): Promise<void> => {
    this.note('restore', id);
    this.of(id).removed = null;
  };
  erase = async (id: string): Promise<void> => {
    this.note('erase', id);
    this.held.splice(this.held.indexOf(this.of(id)), 1);
  };
  sizes = async (): Promise<Record<string, number>> =>
    Object.fromEntries(this.held.map(({ id }, at) => [id, (at + 1) * 9.3 * 2 ** 20]));

  account = async (id: string): Promise<ExperimentAccount> => {
    this.note('account', id);
    const one = this.of(id);
    const done = STAGES.filter((stage) => one.stages[stage] === 'done');
    const models = done.flatMap((stage) => MODELS_OF[stage]);
    const paused = STAGES.find((stage) => one.stages[stage] === 'paused');
    const trainings = done.flatMap((stage) => TRAININGS_OF[stage]);
    return {
      summary: summaryOf(one),
      config: one.config,
      report: fakeReport(one.stages),
      models,
      made: Object.fromEntries(
        MODELS.filter((name) => models.includes(name)).map((name, at) => [
          name,
          CREATED + at * 600_000,
        ]),
      ),
      last: Object.fromEntries(
        trainings.map((training) => [training, { ...rowOf(training, LENGTH), tokens: 4.2e6 }]),
      ),
      looks: {},
      checkpoint: paused ? { training: TRAININGS_OF[paused][0]!, step: LENGTH / 2 } : null,
      holdings: holdingsOf(one),
    };
  };

  duplicate({ id, config, name, keep }: DuplicateRequest): Shelved {
    const from = this.of(id);
    const { outputs } = inherits(holdingsOf(from), config, keep);
    const kept = stagesOf(outputs);
    const changes = changesBetween(from.config, config);
    const models = kept.flatMap((stage) => MODELS_OF[stage]);
    const copy = this.add(name, config, { id, name: from.name, changes, models });
    for (const stage of kept) {
      copy.stages[stage] = 'done';
      copy.steps[stage] = LENGTH;
    }
    const next = STAGES.find((stage) => copy.stages[stage] !== 'done');
    if (next) copy.stages[next] = 'ready';
    return copy;
  }
}

function summaryOf({ id, name, config, stages, notes, parent }: Shelved): ExperimentSummary {
  const { preset, seed } = config;
  const facts = { preset, seed, created: CREATED, stages: { ...stages } };
  return { id, name, ...facts, notes, parent, origin: null };
}

function holdingsOf({ config, stages }: Shelved): Holdings {
  const done = STAGES.filter((stage) => stages[stage] === 'done');
  const outputs = done.flatMap((stage) =>
    stage === 'sft'
      ? (['sft', 'sft_for_rl'] as const)
      : stage === 'reward'
        ? (['rankings', 'reward'] as const)
        : [stage],
  );
  return { config, outputs, edited: false, ranked: 3 };
}
