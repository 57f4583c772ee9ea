/** Everyone's rankings in this experiment: counts, export, and import of other people's. */

import { For, Show } from 'solid-js';
import { decodeText } from '../../text/formats/text';
import { plural } from '../format';
import { Section } from '../parts/Room';
import { useLab } from '../state/lab';
import { labelerName } from '../state/labeler';
import { saveFile } from '../state/saveFile';
import styles from './AllLabelers.module.css';

export function AllLabelers() {
  const store = useLab();
  const labels = () => store.state.experiment?.labels;
  const people = () => Object.entries(labels()?.byLabeler ?? {}).sort((a, b) => b[1] - a[1]);
  const total = () => people().reduce((sum, [, count]) => sum + count, 0);
  let input!: HTMLInputElement;
  const take = async (files: FileList | null) => {
    for (const file of files ?? []) {
      await store.notices.attempt(async () => {
        const text = decodeText(new Uint8Array(await file.arrayBuffer()), file.name);
        const added = await store.api.importRankings(text);
        store.notices.show(
          { level: 'info', text: `${file.name}: ${plural(added, 'new ranking')}.` },
          8,
        );
      });
    }
    input.value = '';
  };
  const save = () =>
    store.notices.attempt(async () => {
      saveFile(`rankings-${labelerName()}.jsonl`, await store.api.exportRankings());
    });
  return (
    <Section title="All labelers">
      <Show
        when={people().length > 0}
        fallback={
          <p class="muted">
            No rankings yet. Simulated labelers fill the rest when the reward model is trained.
          </p>
        }
      >
        <table class={styles['table']}>
          <thead>
            <tr>
              <th scope="col">Labeler</th>
              <th scope="col" data-number>
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={people()}>
              {([name, count]) => (
                <tr>
                  <th scope="row">{name}</th>
                  <td data-number>{count.toLocaleString('en-US')}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
        <p class="small muted">
          {plural(total(), 'item')}, {plural(labels()?.pairs ?? 0, 'ordered pair')}
        </p>
      </Show>
      <div class={styles['files']}>
        <button type="button" disabled={total() === 0} onClick={() => void save()}>
          Export
        </button>
        <button type="button" disabled={!store.state.experiment} onClick={() => input.click()}>
          Import …
        </button>
        <input
          ref={input}
          type="file"
          accept=".jsonl,application/jsonl"
          multiple
          hidden
          aria-label="Rankings to import"
          onChange={(event) => void take(event.target.files)}
        />
      </div>
    </Section>
  );
}
