/** All experiments: what each is, its notes, the space it takes, and what can be done with it. */
import { createEffect, createSignal, For, on, onMount, Show } from 'solid-js';
import type { ExperimentSummary, RemovedSummary } from '../../lab/api';
import { formatBytes } from '../format';
import { NoticeList } from '../shell/NoticeList';
import {
  chooseExperiments,
  chosenExperiments,
  experimentsView,
  showExperiments,
} from '../state/experiments';
import { useLab } from '../state/lab';
import { ExperimentEntry } from './ExperimentEntry';
import styles from './ExperimentList.module.css';
import { RemovedList } from './RemovedList';

export default function ExperimentList() {
  const store = useLab();
  let dialog!: HTMLDialogElement;
  const [sizes, setSizes] = createSignal<Readonly<Record<string, number>>>({});
  const [storage, setStorage] = createSignal<{ usage: number | null; quota: number | null }>({
    usage: null,
    quota: null,
  });
  const [removed, setRemoved] = createSignal<readonly RemovedSummary[]>([]);
  const measure = () =>
    store.notices.attempt(async () => {
      setRemoved(await store.api.removed());
      setStorage(await store.api.storage());
      setSizes(await store.api.sizes());
    });
  onMount(() => dialog.showModal());
  createEffect(
    on(
      () => store.state.experiments.map(({ id }) => id).join(),
      () => void measure(),
    ),
  );
  const chosen = () => chosenExperiments(store);
  const compare = () => {
    if (chosen().length === 1) {
      const open = store.state.experiment?.id;
      if (open) chooseExperiments([open, ...chosen().filter((id) => id !== open)]);
    }
    dialog.close();
    location.hash = '#/compare';
    void showComparison();
  };
  return (
    <dialog
      ref={dialog}
      class={styles['dialog']}
      aria-labelledby="experiments-title"
      onClose={() => {
        if (experimentsView()?.kind === 'list') showExperiments(null);
      }}
    >
      <div class={styles['head']}>
        <h2 id="experiments-title">Experiments</h2>
        <button type="button" data-small onClick={() => dialog.close()}>
          Close
        </button>
      </div>
      <Show
        when={store.state.experiments.length > 0}
        fallback={
          <p class="muted">
            {store.opened()
              ? 'There is no experiment yet; what you make will be here.'
              : 'The experiments are being read …'}
          </p>
        }
      >
        <ul class={styles['list']}>
          <For each={store.state.experiments}>
            {(experiment) => (
              <ExperimentEntry
                experiment={experiment}
                bytes={sizes()[experiment.id] ?? null}
                onLeave={() => dialog.close()}
              />
            )}
          </For>
        </ul>
        <div class={styles['compare']}>
          <button
            type="button"
            disabled={!canCompare(chosen(), store.state.experiments)}
            onClick={compare}
          >
            Compare side by side
          </button>
          <span class="small muted">
            {chosen().length === 0
              ? 'Tick two or more to compare their settings and results.'
              : `${chosen().length} chosen`}
          </span>
        </div>
      </Show>
      <RemovedList removed={removed()} sizes={sizes()} onChange={measure} />
      <p class={styles['storage']} role="status">
        {store.recorded ? 'Nothing of a recorded run is kept.' : storageLine(sizes(), storage())}
      </p>
      {/* What is behind a dialog cannot be reached: messages come here too. */}
      <NoticeList />
    </dialog>
  );
}

/** One that is chosen stands beside the open one. */
const canCompare = (chosen: readonly string[], all: readonly ExperimentSummary[]) =>
  chosen.length > 1 || (chosen.length === 1 && all.length > 1);

/** Shows the comparison once its room is there. */
async function showComparison(): Promise<void> {
  for (let waited = 0; waited < 100; waited++) {
    const heading = document.getElementById('side-by-side');
    if (heading) {
      heading.focus();
      heading.scrollIntoView({ block: 'start' });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function storageLine(
  sizes: Readonly<Record<string, number>>,
  { usage, quota }: { usage: number | null; quota: number | null },
): string {
  const all = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
  const used = `All experiments together take ${formatBytes(all)}`;
  if (usage === null || quota === null)
    return `${used}; this browser does not say how much is left.`;
  return `${used}; with its own files the page takes ${formatBytes(usage)}, and ${formatBytes(Math.max(0, quota - usage))} are left of what the browser grants it.`;
}
