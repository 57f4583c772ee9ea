/** The lab's log, newest first, closed until it is wanted. */
import { createMemo, For, Show } from 'solid-js';
import { formatTime } from '../format';
import { useLab } from '../state/lab';
import styles from './Log.module.css';

const MARKS = { info: '', warn: 'Warning: ', error: 'Error: ' } as const;

export function Log() {
  const store = useLab();
  const newest = createMemo(() => [...store.state.log].reverse());
  return (
    <footer class={styles['foot']}>
      <details>
        <summary>
          Log <span class="muted">({store.state.log.length})</span>
        </summary>
        <Show when={newest().length > 0} fallback={<p class="muted">Nothing has happened yet.</p>}>
          <ol class={styles['lines']}>
            <For each={newest()}>
              {(line) => (
                <li data-level={line.level}>
                  <time>{formatTime(line.time)}</time> {MARKS[line.level]}
                  {line.message}
                </li>
              )}
            </For>
          </ol>
        </Show>
      </details>
      <p class={styles['where']}>
        {store.recorded ? 'Nothing is computed here.' : gpuLine(store.state.gpu)} Everything stays
        on this machine.
      </p>
    </footer>
  );
}

function gpuLine(gpu: ReturnType<typeof useLab>['state']['gpu']): string {
  if (!gpu?.ok) return '';
  const name = gpu.description || [gpu.vendor, gpu.architecture].filter(Boolean).join(' ');
  return `Computes on ${name || 'a graphics adapter'}${gpu.is_fallback ? ' (in software)' : ''}.`;
}
