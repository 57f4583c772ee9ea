/** Which experiment is open: choose, make, copy or delete one. Deleting can be undone. */
import { createSignal, createUniqueId, For, lazy, onCleanup, Show, Suspense } from 'solid-js';
import { STAGES } from '../../config/stages';
import type { ExperimentSummary } from '../../lab/api';
import { formatDay } from '../format';
import { experimentsView, showExperiments } from '../state/experiments';
import { useLab } from '../state/lab';
import { CopyLink } from './CopyLink';
import { ExperimentFile } from './ExperimentFile';
import styles from './ExperimentMenu.module.css';

const NewExperiment = lazy(() => import('./NewExperiment'));
const ExperimentList = lazy(() => import('../experiments/ExperimentList'));
const DuplicateDialog = lazy(() => import('../experiments/DuplicateDialog'));

export function ExperimentMenu() {
  const store = useLab();
  const id = createUniqueId();
  let panel!: HTMLDivElement;
  const [making, setMaking] = createSignal(false);
  const current = () =>
    store.state.experiments.find((experiment) => experiment.id === store.state.experiment?.id);
  const close = () => panel.hidePopover();
  // A run that another tab does holds nothing back here.
  const busy = () =>
    store.state.busy !== null ||
    (store.active()?.status === 'running' && store.state.experiment?.access === 'write');
  const copying = () => {
    const view = experimentsView();
    return view?.kind === 'copy' ? view.id : null;
  };
  onCleanup(() => showExperiments(null));
  return (
    <div class={styles['menu']}>
      <button type="button" class={styles['open']} popovertarget={id}>
        <span class="muted">Experiment</span> {current()?.name ?? 'none yet'}{' '}
        <span aria-hidden="true">▾</span>
      </button>
      <div ref={panel} id={id} popover="auto" class={styles['panel']}>
        <Show when={busy()}>
          <p class={styles['note']}>Pause the run to open another experiment.</p>
        </Show>
        <Show
          when={store.state.experiments.length > 0}
          fallback={<p class={styles['note']}>There is no experiment yet.</p>}
        >
          <ul class={styles['list']}>
            <For each={store.state.experiments}>
              {(experiment) => (
                <Entry
                  experiment={experiment}
                  current={experiment.id === current()?.id}
                  locked={busy()}
                  onDone={close}
                />
              )}
            </For>
          </ul>
        </Show>
        <button
          type="button"
          data-primary
          disabled={busy()}
          onClick={() => {
            close();
            setMaking(true);
          }}
        >
          New experiment …
        </button>
        <div class={styles['row']}>
          <Show when={!store.recorded && current()}>
            {(open) => (
              <button
                type="button"
                data-small
                onClick={() => {
                  close();
                  showExperiments({ kind: 'copy', id: open().id });
                }}
              >
                Duplicate …
              </button>
            )}
          </Show>
          <button
            type="button"
            data-small
            onClick={() => {
              close();
              showExperiments({ kind: 'list' });
            }}
          >
            All experiments …
          </button>
          <CopyLink onDone={close} />
        </div>
        <ExperimentFile locked={busy()} onDone={close} />
      </div>
      <Show when={experimentsView()?.kind === 'list'}>
        <Suspense>
          <ExperimentList />
        </Suspense>
      </Show>
      <Show when={copying()} keyed>
        {(id) => (
          <Suspense>
            <DuplicateDialog id={id} onClose={() => showExperiments(null)} />
          </Suspense>
        )}
      </Show>
      <Show when={making()}>
        <Suspense>
          <NewExperiment onClose={() => setMaking(false)} />
        </Suspense>
      </Show>
    </div>
  );
}

function Entry(props: {
  experiment: ExperimentSummary;
  current: boolean;
  locked: boolean;
  onDone: () => void;
}) {
  const store = useLab();
  const done = () => STAGES.filter((stage) => props.experiment.stages[stage] === 'done').length;
  return (
    <li class={styles['entry']}>
      <button
        type="button"
        class={styles['choose']}
        aria-current={props.current ? 'true' : undefined}
        disabled={props.locked}
        onClick={() => {
          props.onDone();
          if (!props.current) void store.select(props.experiment.id);
        }}
      >
        <span class={styles['name']}>{props.experiment.name}</span>
        <span class={styles['facts']}>
          {props.experiment.preset}, seed {props.experiment.seed}, {done()} of {STAGES.length}{' '}
          stages, {formatDay(props.experiment.created)}
        </span>
        <Show when={props.experiment.notes}>
          {(notes) => <span class={styles['notes']}>{notes()}</span>}
        </Show>
      </button>
      <button
        type="button"
        data-plain
        data-small
        disabled={props.locked}
        aria-label={`Delete ${props.experiment.name}`}
        onClick={() => void store.remove(props.experiment.id)}
      >
        Delete
      </button>
    </li>
  );
}
