/** Says that another tab is at work on the experiment, and lets this one take it over. */
import { createSignal, Show } from 'solid-js';
import { useLab } from '../state/lab';
import styles from './AccessBanner.module.css';

export function AccessBanner() {
  const store = useLab();
  const [waiting, setWaiting] = createSignal(false);
  const access = () => store.state.experiment?.access ?? 'write';
  const takeOver = async () => {
    setWaiting(true);
    await store.notices.attempt(async () => {
      await store.api.takeOver();
      await store.refresh();
    });
    setWaiting(false);
  };
  return (
    <div role="status">
      <Show when={access() !== 'write'}>
        <div class={styles['banner']}>
          <p>
            {access() === 'read'
              ? 'Another tab is at work on this experiment; here you watch it live, and nothing can be changed.'
              : 'The tab that was at work on this experiment is closed.'}
          </p>
          <button type="button" disabled={waiting()} onClick={() => void takeOver()}>
            {waiting() ? 'Taking over …' : access() === 'read' ? 'Take over here' : 'Go on here'}
          </button>
        </div>
      </Show>
    </div>
  );
}
