/** Demonstrations to read, edit, write and remove; a removal can be undone. */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import type { DemonstrationRecord } from '../../lab/api';
import { promptText } from '../format';
import { Pager } from '../parts/Pager';
import { Empty, Section } from '../parts/Room';
import { useLab } from '../state/lab';
import styles from './Demonstrations.module.css';

const PAGE = 5;
/** Index of the one that is edited; −1 is a new one. */
type Editing = { index: number; record: DemonstrationRecord } | null;

export function Demonstrations() {
  const store = useLab();
  const [from, setFrom] = createSignal(0);
  const [page, setPage] = createSignal<{ total: number; items: DemonstrationRecord[] }>();
  const [editing, setEditing] = createSignal<Editing>(null);
  const load = () =>
    store.notices.attempt(async () => {
      setPage(await store.api.demonstrations(from(), PAGE));
    });
  createEffect(
    on([() => store.state.experiment?.id, from], ([id]) => {
      setEditing(null);
      if (id) void load();
      else setPage(undefined);
    }),
  );
  const startNew = () =>
    store.notices.attempt(async () => {
      const [prompt] = await store.api.prompts('train', 1, Math.floor(Math.random() * 1e6));
      setEditing({ index: -1, record: { prompt: prompt ?? 'Q: \nA:', completion: '' } });
    });
  const save = (index: number, record: DemonstrationRecord) =>
    store.notices.attempt(async () => {
      // Answers begin with a space, so that prompt and answer have the same tokens apart and joined.
      const completion = ` ${record.completion.trim()}`;
      const item = { prompt: record.prompt, completion };
      await (index < 0
        ? store.api.putDemonstration(item)
        : store.api.putDemonstration(item, index));
      setEditing(null);
      if (index < 0) {
        // A new one stands at the end: go there, so that it is seen.
        const { total } = await store.api.demonstrations(0, 1);
        setFrom(Math.floor((total - 1) / PAGE) * PAGE);
      }
      await load();
      if (index < 0) {
        store.notices.show({ level: 'info', text: 'Your demonstration is stored.' }, 5);
      }
    });
  const remove = (index: number) =>
    store.notices.attempt(async () => {
      const removed = await store.api.removeDemonstration(index);
      await load();
      const run = () => void store.api.insertDemonstration(removed, index).then(load);
      store.notices.show(
        { level: 'info', text: 'The demonstration is removed.', action: { label: 'Undo', run } },
        12,
      );
    });
  return (
    <Section
      title="Demonstrations"
      aside={
        <Show when={page()}>
          {(shown) => (
            <Pager
              from={from()}
              count={PAGE}
              total={shown().total}
              what="demonstrations"
              onMove={setFrom}
            />
          )}
        </Show>
      }
    >
      <Show
        when={store.state.experiment}
        fallback={
          <Empty>Prompts with good answers will be here, to read and to add your own to.</Empty>
        }
      >
        <Show
          when={editing()?.index === -1}
          fallback={
            <button type="button" onClick={() => void startNew()}>
              Write a demonstration
            </button>
          }
        >
          <Editor
            record={editing()!.record}
            onSave={(record) => void save(-1, record)}
            onCancel={() => setEditing(null)}
          />
        </Show>
        <ul class={styles['list']}>
          <For each={page()?.items}>
            {(record, i) => {
              const index = () => from() + i();
              return (
                <li class={styles['item']}>
                  <Show
                    when={editing()?.index === index()}
                    fallback={
                      <div class={styles['read']}>
                        <div>
                          <p class={styles['prompt']}>{promptText(record.prompt)}</p>
                          <p class={styles['completion']}>{record.completion.trim()}</p>
                        </div>
                        <div class={styles['buttons']}>
                          <button
                            type="button"
                            data-plain
                            data-small
                            aria-label={`Edit demonstration ${index() + 1}`}
                            onClick={() => setEditing({ index: index(), record })}
                          >
                            Edit
                          </button>
                          <button
                            type="button"
                            data-plain
                            data-small
                            aria-label={`Remove demonstration ${index() + 1}`}
                            onClick={() => void remove(index())}
                          >
                            Remove
                          </button>
                        </div>
                      </div>
                    }
                  >
                    <Editor
                      record={record}
                      onSave={(changed) => void save(index(), changed)}
                      onCancel={() => setEditing(null)}
                    />
                  </Show>
                </li>
              );
            }}
          </For>
        </ul>
      </Show>
    </Section>
  );
}

function Editor(props: {
  record: DemonstrationRecord;
  onSave: (record: DemonstrationRecord) => void;
  onCancel: () => void;
}) {
  let prompt!: HTMLTextAreaElement;
  let completion!: HTMLTextAreaElement;
  return (
    <form
      class={styles['editor']}
      onSubmit={(event) => {
        event.preventDefault();
        props.onSave({ prompt: prompt.value, completion: completion.value });
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') props.onCancel();
      }}
    >
      <label>
        Prompt
        <textarea ref={prompt} rows="2" required value={props.record.prompt} />
      </label>
      <label>
        Answer
        <textarea
          ref={(element) => {
            completion = element;
            queueMicrotask(() => element.focus());
          }}
          rows="3"
          required
          value={props.record.completion.trim()}
        />
      </label>
      <div class={styles['buttons']}>
        <button type="submit" data-primary data-small>
          Save
        </button>
        <button type="button" data-small onClick={() => props.onCancel()}>
          Cancel
        </button>
      </div>
    </form>
  );
}
