/** The open experiment as a file, and an experiment from one: to keep, to carry, to go on. */
import { Show } from 'solid-js';
import { type LabStore, useLab } from '../state/lab';
import { saveFile } from '../state/saveFile';
import styles from './ExperimentFile.module.css';

/** An experiment's name, as a file may be called. */
export function fileName(store: LabStore, id: string): string {
  const name = store.state.experiments.find((one) => one.id === id)?.name ?? 'experiment';
  return name.replace(/[^\w.-]+/g, '-');
}

/** Hands an experiment to the person as one file; the open one unless another is named. */
export function saveExperiment(store: LabStore, id = store.state.experiment!.id): Promise<boolean> {
  return store.notices.attempt(async () => {
    const bytes = await store.api.exportExperiment(id);
    saveFile(`${fileName(store, id)}.pocket-rlhf.safetensors`, bytes);
  });
}

export function ExperimentFile(props: { locked: boolean; onDone: () => void }) {
  const store = useLab();
  let input!: HTMLInputElement;
  const take = async (file: File | undefined) => {
    input.value = '';
    if (!file) return;
    props.onDone();
    await store.notices.attempt(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await store.api.importExperiment(bytes, file.name);
      await store.refresh();
    });
  };
  return (
    <div class={styles['row']}>
      <Show when={store.state.experiment}>
        <button
          type="button"
          data-small
          onClick={() => {
            props.onDone();
            void saveExperiment(store);
          }}
        >
          Export to a file
        </button>
      </Show>
      <button type="button" data-small disabled={props.locked} onClick={() => input.click()}>
        Open a file …
      </button>
      <input
        ref={input}
        type="file"
        accept=".safetensors"
        hidden
        aria-label="A saved experiment"
        onChange={(event) => void take(event.target.files?.[0])}
      />
    </div>
  );
}
