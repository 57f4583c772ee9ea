/** Opens the Kernels lens over any room: by its button, or by Alt+K. */
import { createSignal, lazy, onCleanup, onMount, Show, Suspense } from 'solid-js';
import { useLab } from '../state/lab';

const KernelsLens = lazy(() => import('./KernelsLens'));

export function KernelsButton() {
  const store = useLab();
  const [open, setOpen] = createSignal(false);
  const able = () => store.state.gpu?.ok === true && store.state.experiment !== null;
  const onKey = (event: KeyboardEvent) => {
    // By its place on the keyboard: with Alt, a Mac's K writes another letter.
    if (event.code !== 'KeyK' || !event.altKey || event.ctrlKey || event.metaKey) return;
    if (!able() || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    setOpen(true);
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => document.removeEventListener('keydown', onKey));
  return (
    <>
      <button
        type="button"
        data-small
        disabled={!able()}
        aria-keyshortcuts="Alt+K"
        title="Every dispatch of a training step, timed (Alt+K)"
        onClick={() => setOpen(true)}
      >
        Kernels
      </button>
      <Show when={open()}>
        <Suspense>
          <KernelsLens onClose={() => setOpen(false)} />
        </Suspense>
      </Show>
    </>
  );
}
