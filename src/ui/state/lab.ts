/**
 * The page's one view of the lab: what its snapshot said, kept up to date by its events, and the
 * commands that the rooms give. Views read this and never speak to the worker by themselves.
 */
import { batch, createContext, createSignal, useContext } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { ExperimentConfig } from '../../config/experiment';
import type { FieldKey, Preset } from '../../config/fields';
import { type ModelName, STAGES, type Stage, WRITERS, type Writer } from '../../config/stages';
import type {
  Access,
  DuplicateRequest,
  ExperimentSummary,
  GpuStatus,
  LabApi,
  LabEvent,
  LabelCounts,
  Progress,
  Report,
  RolloutSet,
  Snapshot,
  StageStatus,
  StudyProgress,
  StudyRequest,
} from '../../lab/api';
import { type Curves, createCurves } from './curves';
import { createNotices, messageOf, type Notices } from './notices';
import { rememberExperiment, rememberedExperiment } from './remembered';

/** The lab and how its events come: directly in a test, through Comlink in the page. */
export interface Connection {
  readonly lab: LabApi;
  listen(listener: (events: LabEvent[]) => void): Promise<void>;
  /** Set where a recording stands in for the lab: what was recorded, in a few words. */
  readonly recorded?: string;
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly time: number;
}

export interface Experiment {
  readonly id: string;
  readonly access: Access;
  readonly config: ExperimentConfig;
  readonly stages: Readonly<Record<Stage, StageStatus>>;
  readonly models: readonly ModelName[];
  readonly labels: LabelCounts;
  readonly calibration: Snapshot['calibration'];
  readonly studies: Snapshot['studies'];
  readonly report: Report | null;
}

interface LabState {
  gpu: GpuStatus | null;
  /** Set when the worker itself could not be opened. */
  failure: string | null;
  experiments: ExperimentSummary[];
  experiment: Experiment | null;
  progress: Progress | null;
  /** The study that runs. */
  study: StudyProgress | null;
  rollouts: RolloutSet | null;
  log: LogLine[];
  /** A command that takes a while and has no progress of its own: 'making the world'. */
  busy: string | null;
}

const LOG_KEPT = 500;

export interface LabStore {
  readonly api: LabApi;
  readonly state: LabState;
  readonly curves: Curves;
  readonly notices: Notices;
  /** What the page shows when it plays a recording instead of a lab; undefined in a lab. */
  readonly recorded: string | undefined;
  /** Whether the lab has answered and the last experiment is open, if there is one. */
  opened(): boolean;
  /** The stage that runs or is paused. */
  active(): { stage: Stage; status: 'running' | 'paused' } | null;
  status(stage: Stage): StageStatus;
  /** Models that exist and write text, in the pipeline's order. */
  writers(): Writer[];
  defaultPreset(): Preset;
  /** Starts stages (and says so if they cannot); returns at once. */
  run(stages: readonly Stage[]): void;
  runWholePipeline(): Promise<void>;
  /** Starts a study, or goes on with one that was paused; returns at once. */
  runStudy(request: StudyRequest): void;
  create(config: ExperimentConfig, name?: string): Promise<boolean>;
  select(id: string): Promise<boolean>;
  /** Makes a copy with other settings and opens it. */
  duplicate(request: DuplicateRequest): Promise<boolean>;
  /** Deletes an experiment, with a chance to undo; the list of all keeps it for a week. */
  remove(id: string): Promise<boolean>;
  /** Changes a setting of the open experiment. */
  set(key: FieldKey, value: number | boolean): Promise<boolean>;
  refresh(): Promise<void>;
  /** Asks anew whether there is a GPU. */
  lookForGpu(): Promise<void>;
}

export const LabContext = createContext<LabStore>();

export function useLab(): LabStore {
  const store = useContext(LabContext);
  if (!store) throw new Error('useLab needs a LabContext above it.');
  return store;
}

/** Opens the lab and follows it. */
export function createLabStore(connection: Connection): LabStore {
  const { lab } = connection;
  const curves = createCurves();
  const notices = createNotices();
  const [state, setState] = createStore<LabState>({
    gpu: null,
    failure: null,
    experiments: [],
    experiment: null,
    progress: null,
    study: null,
    rollouts: null,
    log: [],
    busy: null,
  });
  const [opened, setOpened] = createSignal(false);

  const load = (snapshot: Snapshot | null) =>
    batch(() => {
      if (snapshot && !connection.recorded) rememberExperiment(snapshot.id);
      curves.load(snapshot);
      setState('experiment', snapshot && experimentOf(snapshot));
      // A paused stage has no progress of its own: the last one that was told stays.
      const last = state.progress;
      const held = last && snapshot?.stages[last.stage] === 'paused' ? last : null;
      setState('progress', snapshot?.progress ?? held);
      setState('rollouts', snapshot?.rollouts ?? null);
      setState('log', snapshot ? snapshot.log.slice(-LOG_KEPT) : []);
    });

  const update = (part: Partial<Experiment>) =>
    setState('experiment', (experiment) => experiment && { ...experiment, ...part });

  const refresh = async () => {
    const [experiments, snapshot] = await Promise.all([lab.experiments(), lab.snapshot()]);
    batch(() => {
      // Entries keep their identity, so that what is being typed about one stays where it is.
      setState('experiments', reconcile(experiments, { key: 'id' }));
      load(snapshot);
    });
  };

  const lookForGpu = async () => setState('gpu', await lab.open());

  const take = (events: LabEvent[]) => {
    let changed = false;
    batch(() => {
      for (const event of events) {
        curves.take(event);
        if (event.type === 'progress') setState('progress', event.progress);
        else if (event.type === 'rollouts') {
          const { iteration, rollouts, step } = event;
          setState('rollouts', { iteration, rollouts, step });
        } else if (event.type === 'log') {
          const { level, message, time } = event;
          setState('log', (log) => [...log, { level, message, time }].slice(-LOG_KEPT));
          if (level === 'error') notices.show({ level, text: message });
        } else if (event.type === 'access') {
          changed = event.access !== 'free';
          update({ access: event.access });
        } else if (event.type === 'study') setState('study', event.progress);
        else if (event.type === 'studies') update({ studies: event.results });
        else if (event.type === 'labels') {
          update({ labels: event.counts });
        } else if (event.type === 'stage') {
          changed = true;
          if (state.experiment) {
            update({ stages: { ...state.experiment.stages, [event.stage]: event.status } });
          }
          if (event.status === 'failed' && event.message) {
            notices.show({ level: 'error', text: event.message });
            // It may have failed for want of a GPU, and the banner says what to do then.
            void notices.attempt(lookForGpu);
          }
        }
      }
    });
    // A stage that ends leaves models and figures behind; the snapshot has them.
    if (changed) void notices.attempt(refresh);
  };

  /** After a reload: the experiment that was open, or the newest. */
  const reopen = async () => {
    const remembered = rememberedExperiment();
    const all = state.experiments;
    const last = all.find(({ id }) => id === remembered) ?? all[0];
    if (last) await select(last.id);
  };

  const active: LabStore['active'] = () => {
    const stages = state.experiment?.stages;
    for (const stage of stages ? STAGES : []) {
      const status = stages![stage];
      if (status === 'running' || status === 'paused') return { stage, status };
    }
    return null;
  };
  const defaultPreset = (): Preset => (state.gpu?.ok && !state.gpu.is_fallback ? 'micro' : 'nano');

  const busyWith = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    setState('busy', what);
    const ok = await notices.attempt(work);
    setState('busy', null);
    return ok;
  };
  const run: LabStore['run'] = (stages) => {
    void notices.attempt(() => lab.run(stages));
  };
  /** A GPU's kernel variants are chosen once; a software adapter keeps the built-in choices. */
  const measureNewAdapter = async () => {
    if (state.gpu?.ok && !state.gpu.is_fallback) await lab.tune(false);
  };
  const create: LabStore['create'] = (config, name) =>
    busyWith('Making the world and its texts', async () => {
      load(await (name ? lab.create(config, name) : lab.create(config)));
      await measureNewAdapter();
      await refresh();
    });
  const duplicate: LabStore['duplicate'] = (request) =>
    busyWith('Making the copy', async () => {
      load(await lab.duplicate(request));
      await refresh();
    });
  const select: LabStore['select'] = (id) =>
    busyWith('Opening the experiment', async () => {
      load(await lab.select(id));
      await refresh();
    });

  void (async () => {
    try {
      await connection.listen(take);
      await lookForGpu();
      await refresh();
      if (!state.experiment) await reopen();
      setOpened(true);
    } catch (error) {
      setState('failure', messageOf(error));
    }
  })();

  const store: LabStore = {
    api: lab,
    state,
    curves,
    notices,
    recorded: connection.recorded,
    opened,
    active,
    status: (stage) => state.experiment?.stages[stage] ?? 'missing',
    writers: () => WRITERS.filter((writer) => state.experiment?.models.includes(writer)),
    defaultPreset,
    run,
    async runWholePipeline() {
      if (!state.experiment) {
        const { defaultConfig } = await import('../../config/experiment');
        if (!(await create(defaultConfig(defaultPreset())))) return;
      }
      if (state.experiment?.stages.base === 'ready') {
        const { bundleFits, takeBundle } = await import('./bundled');
        if (bundleFits(store)) await notices.attempt(() => takeBundle(store));
      }
      const missing = STAGES.filter((stage) => state.experiment?.stages[stage] !== 'done');
      if (missing.length > 0) run(missing);
    },
    runStudy: (request) => void notices.attempt(() => lab.study(request)),
    create,
    duplicate,
    select,
    remove: (id) =>
      notices.attempt(async () => {
        const summary = state.experiments.find((experiment) => experiment.id === id);
        const wasOpen = state.experiment?.id === id;
        await lab.remove(id);
        await refresh();
        const undo = async () => {
          await lab.restore(id);
          if (wasOpen) await select(id);
          else await refresh();
        };
        const text = `Experiment “${summary?.name ?? id}” is deleted; it can be restored for a week.`;
        const action = { label: 'Undo', run: () => void notices.attempt(undo) };
        notices.show({ level: 'info', text, action }, 12);
      }),
    set: (key, value) =>
      notices.attempt(async () => {
        await lab.set(key, value);
        const config = state.experiment?.config;
        if (config)
          update({ config: { ...config, settings: { ...config.settings, [key]: value } } });
      }),
    refresh,
    lookForGpu,
  };
  return store;
}

function experimentOf(snapshot: Snapshot): Experiment {
  const { id, access, config, stages, models, labels, calibration, studies, report } = snapshot;
  return { id, access, config, stages, models, labels, calibration, studies, report };
}
