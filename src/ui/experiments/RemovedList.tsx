/** Deleted experiments: each can be restored for a week, or erased at once for its space. */
import { For, Show } from 'solid-js';
import type { RemovedSummary } from '../../lab/api';
import { formatBytes, formatDay } from '../format';
import { ask } from '../state/confirm';
import { useLab } from '../state/lab';
import styles from './RemovedList.module.css';

export function RemovedList(props: {
  removed: readonly RemovedSummary[];
  sizes: Readonly<Record<string, number>>;
  /** Called after something was restored or erased. */
  onChange: () => Promise<unknown>;
}) {
  const store = useLab();
  const then = (work: () => Promise<void>) =>
    store.notices.attempt(async () => {
      await work();
      await store.refresh();
      await props.onChange();
    });
  const erase = async ({ id, name }: RemovedSummary) => {
    const yes = await ask({
      title: `Erase “${name}”?`,
      text: 'Its models, its labels and everything else of it are gone for good.',
      yes: 'Erase it',
    });
    if (yes) await then(() => store.api.erase(id));
  };
  return (
    <Show when={props.removed.length > 0}>
      <section class={styles['removed']} aria-labelledby="removed-title">
        <h3 id="removed-title">Deleted</h3>
        <ul>
          <For each={props.removed}>
            {(one) => (
              <li class={styles['entry']}>
                <span class={styles['words']}>
                  {one.name}
                  <span class={styles['facts']}>
                    kept until {formatDay(one.until)}
                    {props.sizes[one.id] === undefined
                      ? ''
                      : `, ${formatBytes(props.sizes[one.id]!)}`}
                  </span>
                </span>
                <button
                  type="button"
                  data-small
                  aria-label={`Restore ${one.name}`}
                  onClick={() => void then(() => store.api.restore(one.id))}
                >
                  Restore
                </button>
                <button
                  type="button"
                  data-small
                  aria-label={`Erase ${one.name} now`}
                  onClick={() => void erase(one)}
                >
                  Erase now …
                </button>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
