/** The list of experiments and what is done from it: which dialog is open, and what is compared. */
import { type Accessor, createEffect, createSignal, on } from 'solid-js';
import type { ExperimentAccount } from '../../lab/api';
import type { LabStore } from './lab';

/** The list of all experiments, or the copy of one that is being made. */
export type ExperimentsView = { readonly kind: 'list' } | { readonly kind: 'copy'; id: string };

const [view, setView] = createSignal<ExperimentsView | null>(null);

export { setView as showExperiments, view as experimentsView };

const [chosen, setChosen] = createSignal<readonly string[]>([]);

/** Experiments chosen to stand side by side; those that are gone are left out. */
export const chosenExperiments = (store: LabStore): readonly string[] =>
  chosen().filter((id) => store.state.experiments.some((one) => one.id === id));

export function chooseExperiment(id: string, on: boolean): void {
  setChosen((ids) => [...ids.filter((other) => other !== id), ...(on ? [id] : [])]);
}

export const chooseExperiments = (ids: readonly string[]) => setChosen(ids);

/** The experiment's copies and parents are compared unless others are chosen. */
export function comparedExperiments(store: LabStore): readonly string[] {
  const picked = chosenExperiments(store);
  if (picked.length > 0) return picked;
  const open = store.state.experiments.find(({ id }) => id === store.state.experiment?.id);
  if (!open) return [];
  const parent = store.state.experiments.find(({ id }) => id === open.parent?.id);
  return parent ? [parent.id, open.id] : [open.id];
}

/** Accounts of experiments, in their order; read anew whenever a stage ends or the list changes. */
export function createAccounts(
  store: LabStore,
  ids: Accessor<readonly string[]>,
): Accessor<readonly ExperimentAccount[]> {
  const [accounts, setAccounts] = createSignal<readonly ExperimentAccount[]>([]);
  let latest = 0;
  const read = async () => {
    const turn = ++latest;
    const wanted = ids();
    await store.notices.attempt(async () => {
      const found = await Promise.all(wanted.map((id) => store.api.account(id)));
      if (turn === latest) setAccounts(found);
    });
  };
  const stages = () =>
    store.state.experiments.map(({ id, stages: all }) => `${id} ${Object.values(all)}`).join();
  createEffect(on([() => ids().join(), stages], () => void read()));
  return accounts;
}
