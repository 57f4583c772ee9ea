/**
 * Says so when nothing outlives the tab, with a way on; and asks the browser, once there is
 * something to lose, not to throw it away when the disk gets full.
 */
import { createEffect, createResource, Show } from 'solid-js';
import { useLab } from '../state/lab';
import { saveExperiment } from './ExperimentFile';
import styles from './GpuBanner.module.css';

export function StorageBanner() {
  const store = useLab();
  const [storage] = createResource(
    () => store.state.gpu !== null,
    () => store.api.storage(),
  );
  createEffect(() => {
    if (store.state.experiment) void navigator.storage?.persist?.().catch(() => {});
  });
  return (
    <Show when={storage()?.problem}>
      {(problem) => (
        <section class={styles['banner']} aria-label="Nothing is stored">
          <h2>Nothing is kept here when the tab closes.</h2>
          <p>{problem()}</p>
          <p>
            Allow this site to store data, or leave the private window, and reload.{' '}
            <Show when={store.state.experiment}>
              <button type="button" onClick={() => void saveExperiment(store)}>
                Save the experiment to a file
              </button>
            </Show>
          </p>
        </section>
      )}
    </Show>
  );
}
