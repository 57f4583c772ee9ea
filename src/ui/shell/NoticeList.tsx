/** Messages at the foot of the page, read out as they come, each with its way out. */
import { For, Show } from 'solid-js';
import { useLab } from '../state/lab';
import styles from './NoticeList.module.css';

export function NoticeList() {
  const { notices } = useLab();
  // The newest is first and stands lowest: a list too long for the page scrolls to the older ones.
  const newestFirst = () => [...notices.list].reverse();
  return (
    <div class={styles['list']} role="status" aria-live="polite">
      <For each={newestFirst()}>
        {(notice) => (
          <div class={styles['notice']} data-level={notice.level}>
            <p>{notice.text}</p>
            <Show when={notice.action}>
              {(action) => (
                <button
                  type="button"
                  data-small
                  onClick={() => {
                    action().run();
                    notices.dismiss(notice.id);
                  }}
                >
                  {action().label}
                </button>
              )}
            </Show>
            <button
              type="button"
              data-plain
              data-small
              aria-label="Dismiss"
              onClick={() => notices.dismiss(notice.id)}
            >
              ✕
            </button>
          </div>
        )}
      </For>
    </div>
  );
}
