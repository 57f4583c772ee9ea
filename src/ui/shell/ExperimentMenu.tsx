/** Which experiment is open: choose, make or delete one. Deleting can be undone. */
import { createSignal, createUniqueId, For, lazy, Show, Suspense } from 'solid-js';
import { STAGES } from '../../config/stages';
import type { ExperimentSummary } from '../../lab/api';
import { useLab } from '../state/lab';
import { CopyLink } from './CopyLink';
import { ExperimentFile } from './ExperimentFile';
import styles from './ExperimentMenu.module.css';

const NewExperiment = lazy(() => import('./NewExperiment'));

export function ExperimentMenu() {
  const store = useLab();
  const id = createUniqueId();
  let panel!: HTMLDivElement;
  const [making, setMaking] = createSignal(false);
  const current = () =>
    store.state.experiments.find((experiment) => experiment.id === store.state.experiment?.id);
  const close = () => panel.hidePopover();
  const busy = () => store.active()?.status === 'running' || store.state.busy !== null;
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
        <CopyLink onDone={close} />
        <ExperimentFile locked={busy()} onDone={close} />
      </div>
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
  const made = () => new Date(props.experiment.created).toLocaleDateString('en-GB');
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
          stages, {made()}
        </span>
      </button>
      <button
        type="button"
        data-plain
        data-small
        disabled={props.locked}
        aria-label={`Delete ${props.experiment.name}`}
        onClick={() => store.remove(props.experiment.id)}
      >
        Delete
      </button>
    </li>
  );
}
