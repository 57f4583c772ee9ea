/** One experiment of the list: facts, what it is a copy of, notes, and its actions. */
import { Show } from 'solid-js';
import { STAGES } from '../../config/stages';
import type { ExperimentSummary } from '../../lab/api';
import { formatBytes, formatDay } from '../format';
import { saveExperiment } from '../shell/ExperimentFile';
import { chooseExperiment, chosenExperiments, showExperiments } from '../state/experiments';
import { useLab } from '../state/lab';
import { settingName, settingText } from './comparison';
import styles from './ExperimentEntry.module.css';
import { Notes } from './Notes';

export function ExperimentEntry(props: {
  experiment: ExperimentSummary;
  /** Null until it is known. */
  bytes: number | null;
  onLeave: () => void;
}) {
  const store = useLab();
  const one = () => props.experiment;
  const isOpen = () => one().id === store.state.experiment?.id;
  const busy = () =>
    store.state.busy !== null ||
    (store.active()?.status === 'running' && store.state.experiment?.access === 'write');
  const done = () => STAGES.filter((stage) => one().stages[stage] === 'done').length;
  return (
    <li class={styles['entry']}>
      <input
        type="checkbox"
        aria-label={`Choose ${one().name} to compare`}
        checked={chosenExperiments(store).includes(one().id)}
        onChange={(event) => chooseExperiment(one().id, event.target.checked)}
      />
      <div class={styles['words']}>
        <p class={styles['name']}>
          {one().name}
          <Show when={isOpen()}>
            <span class={styles['open']}> · open</span>
          </Show>
        </p>
        <p class={styles['facts']}>
          {one().preset}, seed {one().seed}, {done()} of {STAGES.length} stages,{' '}
          {formatDay(one().created)}
          {props.bytes === null ? '' : `, ${formatBytes(props.bytes)}`}
        </p>
        <Show when={one().parent}>
          {(parent) => (
            <p class={styles['facts']}>
              A copy of “{parent().name}”
              {parent().changes.length === 0
                ? ' with the same settings'
                : ` with ${changesText(one())}`}
            </p>
          )}
        </Show>
        <Notes experiment={one()} />
        <div class={styles['actions']}>
          <button
            type="button"
            data-plain
            data-small
            disabled={isOpen() || busy()}
            aria-label={`Open ${one().name}`}
            onClick={() => {
              props.onLeave();
              void store.select(one().id);
            }}
          >
            Open
          </button>
          <button
            type="button"
            data-plain
            data-small
            disabled={store.recorded !== undefined}
            aria-label={`Duplicate ${one().name} with changes`}
            onClick={() => showExperiments({ kind: 'copy', id: one().id })}
          >
            Duplicate …
          </button>
          <button
            type="button"
            data-plain
            data-small
            aria-label={`Export ${one().name} to a file`}
            onClick={() => void saveExperiment(store, one().id)}
          >
            Export
          </button>
          <button
            type="button"
            data-plain
            data-small
            disabled={busy() && isOpen()}
            aria-label={`Delete ${one().name}`}
            onClick={() => void store.remove(one().id)}
          >
            Delete
          </button>
        </div>
      </div>
    </li>
  );
}

/** `PPO: KL coefficient β 0.1 → 0.02`, and how many more. */
function changesText({ parent }: ExperimentSummary): string {
  const [first, ...more] = parent!.changes;
  const text = (value: number | boolean | string) =>
    first!.key === 'seed' ? `${value}` : settingText(value);
  const change = `${settingName(first!.key)} ${text(first!.from)} → ${text(first!.to)}`;
  return more.length === 0 ? change : `${change} and ${more.length} more`;
}
