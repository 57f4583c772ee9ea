/** Who ranks, how far they are, and everyone's rankings: counts, export, import. */
import { createUniqueId, For, Show } from 'solid-js';
import { formatDuration, plural } from '../format';
import { Section } from '../parts/Room';
import { useLab } from '../state/lab';
import { labelerName, setLabelerName } from '../state/labeler';
import type { RankingSession } from '../state/ranking';
import { saveFile } from '../state/saveFile';
import styles from './LabelerPanel.module.css';

export function LabelerPanel(props: { session: RankingSession | null }) {
  const store = useLab();
  const id = createUniqueId();
  const labels = () => store.state.experiment?.labels;
  const people = () => Object.entries(labels()?.byLabeler ?? {}).sort((a, b) => b[1] - a[1]);
  const total = () => people().reduce((sum, [, count]) => sum + count, 0);
  let input!: HTMLInputElement;
  const take = async (files: FileList | null) => {
    for (const file of files ?? []) {
      await store.notices.attempt(async () => {
        const added = await store.api.importRankings(await file.text());
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
    <>
      <Section title="You">
        <label class={styles['name']} for={id}>
          <span>Labeler’s name</span>
          <input
            id={id}
            value={labelerName()}
            maxlength="40"
            onChange={(event) => {
              setLabelerName(event.target.value);
              event.target.value = labelerName();
            }}
          />
        </label>
        <dl class={styles['figures']}>
          <div>
            <dt>Ranked</dt>
            <dd>{props.session?.item()?.done ?? labels()?.byLabeler[labelerName()] ?? 0}</dd>
          </div>
          <div>
            <dt>Time an item</dt>
            <dd>{formatDuration(props.session?.meanSeconds())}</dd>
          </div>
          <div>
            <dt>Pairs of this item</dt>
            <dd>{props.session?.pairs() ?? 0}</dd>
          </div>
        </dl>
      </Section>
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
    </>
  );
}
