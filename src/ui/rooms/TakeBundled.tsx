/** One button that takes the base model that comes with the page, so that a lesson starts at once. */
import { createSignal, Show } from 'solid-js';
import { bundleFits, takeBundle } from '../state/bundled';
import { useLab } from '../state/lab';

export function TakeBundled() {
  const store = useLab();
  const [busy, setBusy] = createSignal(false);
  const wanted = () => store.status('base') === 'ready' && bundleFits(store);
  const take = async () => {
    setBusy(true);
    await store.notices.attempt(async () => {
      await takeBundle(store);
      const text = 'The bundled base model is here, with the curves of its training.';
      store.notices.show({ level: 'info', text }, 8);
    });
    setBusy(false);
  };
  return (
    <Show when={wanted()}>
      <button
        type="button"
        data-primary
        title="A base model that was trained on this very town beforehand"
        disabled={busy() || store.active() !== null}
        onClick={() => void take()}
      >
        {busy() ? 'Taking it …' : 'Take the bundled model'}
      </button>
    </Show>
  );
}
