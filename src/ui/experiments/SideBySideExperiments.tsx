/** Experiments side by side: the settings in which they differ, their results, and the rest. */
import { createMemo, createUniqueId, For, type JSX, Show } from 'solid-js';
import type { ExperimentAccount } from '../../lab/api';
import { plural } from '../format';
import { Empty, Section } from '../parts/Room';
import { comparedRuns, compareRun } from '../state/charts';
import {
  chooseExperiments,
  comparedExperiments,
  createAccounts,
  showExperiments,
} from '../state/experiments';
import { useLab } from '../state/lab';
import { resultRows, settingRows } from './comparison';
import styles from './SideBySideExperiments.module.css';

export function SideBySideExperiments() {
  const store = useLab();
  const ids = () => comparedExperiments(store);
  const accounts = createAccounts(store, ids);
  return (
    <Section id="side-by-side" title="Experiments side by side" aside={<Chooser ids={ids()} />}>
      <Show
        when={accounts().length > 1}
        fallback={
          <Empty
            action={
              <Show when={store.state.experiment}>
                {(open) => (
                  <button
                    type="button"
                    disabled={store.recorded !== undefined}
                    onClick={() => showExperiments({ kind: 'copy', id: open().id })}
                  >
                    Duplicate this experiment …
                  </button>
                )}
              </Show>
            }
          >
            Settings and results of two or more experiments will be here. Choose another one, or
            duplicate this one and change one thing.
          </Empty>
        }
      >
        <Comparison accounts={accounts()} />
      </Show>
    </Section>
  );
}

/** Which experiments stand here. */
function Chooser(props: { ids: readonly string[] }) {
  const store = useLab();
  const id = createUniqueId();
  const turn = (one: string, on: boolean) =>
    chooseExperiments([...props.ids.filter((other) => other !== one), ...(on ? [one] : [])]);
  return (
    <Show when={store.state.experiments.length > 1}>
      <button type="button" data-small class={styles['opener']} popovertarget={id}>
        Choose experiments ({props.ids.length}) <span aria-hidden="true">▾</span>
      </button>
      <div id={id} popover="auto" class={styles['chooser']}>
        <For each={store.state.experiments}>
          {(one) => (
            <label>
              <input
                type="checkbox"
                checked={props.ids.includes(one.id)}
                disabled={props.ids.length === 1 && props.ids[0] === one.id}
                onChange={(event) => turn(one.id, event.target.checked)}
              />{' '}
              {one.name}
            </label>
          )}
        </For>
      </div>
    </Show>
  );
}

function Comparison(props: { accounts: readonly ExperimentAccount[] }) {
  const rows = createMemo(() => settingRows(props.accounts));
  const differing = () => rows().filter(({ differs }) => differs);
  const alike = () => rows().filter(({ differs }) => !differs);
  const names = () => props.accounts.map(({ summary }) => summary.name);
  return (
    <div class={styles['comparison']}>
      <Show
        when={differing().length > 0}
        fallback={
          <p>They have the same settings; what differs between them is chance or people.</p>
        }
      >
        <Table caption="Settings that differ" heads={[...names(), 'Preset', 'Paper']}>
          <For each={differing()}>
            {(row) => (
              <Row
                name={row.name}
                note={row.key}
                values={row.values}
                more={[row.preset, row.paper]}
              />
            )}
          </For>
        </Table>
      </Show>
      <Table caption="Results" heads={names()}>
        <For each={resultRows(props.accounts)}>
          {(row) => <Row name={row.name} unit={row.unit} values={row.values} />}
        </For>
      </Table>
      <Curves accounts={props.accounts} />
      <details>
        <summary>{plural(alike().length, 'setting')} that they share</summary>
        <Table caption="Settings that they share" heads={['All', 'Preset', 'Paper']}>
          <For each={alike()}>
            {(row) => (
              <Row
                name={row.name}
                note={row.key}
                values={row.values.slice(0, 1)}
                more={[row.preset, row.paper]}
              />
            )}
          </For>
        </Table>
      </details>
    </div>
  );
}

/** A table of its own width; where it is wider than the page it is scrolled, its first column stays. */
function Table(props: { caption: string; heads: readonly string[]; children: JSX.Element }) {
  return (
    <section class={styles['scroll']} tabindex="0" aria-label={props.caption}>
      <table class={styles['table']}>
        <caption>{props.caption}</caption>
        <thead>
          <tr>
            <td />
            <For each={props.heads}>
              {(head) => (
                <th scope="col" data-number>
                  {head}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

function Row(props: {
  name: string;
  /** Behind the name; '' for none. */
  unit?: string;
  /** The key, below the name. */
  note?: string;
  values: readonly string[];
  /** Values to compare with, set back. */
  more?: readonly string[];
}) {
  return (
    <tr>
      <th scope="row">
        {props.name}
        <Show when={props.unit}>
          <span class={styles['unit']}> {props.unit}</span>
        </Show>
        <Show when={props.note}>
          <span class={styles['note']}>{props.note}</span>
        </Show>
      </th>
      <For each={props.values}>{(value) => <td data-number>{value}</td>}</For>
      <For each={props.more ?? []}>
        {(value) => (
          <td data-number class="muted">
            {value}
          </td>
        )}
      </For>
    </tr>
  );
}

/** The curves of those that are not open, beside the open one's, in the charts of every room. */
function Curves(props: { accounts: readonly ExperimentAccount[] }) {
  const store = useLab();
  const others = () =>
    props.accounts
      .map(({ summary }) => summary.id)
      .filter((id) => id !== store.state.experiment?.id);
  const shown = () => {
    const drawn = comparedRuns(store).map(({ id }) => id);
    return others().every((id) => drawn.includes(id));
  };
  const turn = async (on: boolean) => {
    for (const id of others()) await compareRun(store, id, on);
  };
  return (
    <Show when={others().length > 0}>
      <label class={styles['curves']}>
        <input
          type="checkbox"
          checked={shown()}
          onChange={(event) => void turn(event.target.checked)}
        />{' '}
        Draw their curves in the charts of all rooms
      </label>
    </Show>
  );
}
