/** Opens the Look inside lens from anywhere: a button in the header, and Alt + I. */
import { lazy, onCleanup, onMount, Show, Suspense } from 'solid-js';
import { closeInside, insideRequest, openInside } from '../state/inside';

const InsideLens = lazy(() => import('./InsideLens'));

export function InsideButton() {
  // By its place on the keyboard: Option + I writes another letter on a Mac.
  const onKey = (event: KeyboardEvent) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyI') return;
    event.preventDefault();
    if (!document.querySelector('dialog[open]')) openInside();
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => {
    document.removeEventListener('keydown', onKey);
    closeInside();
  });
  return (
    <>
      <button
        type="button"
        data-small
        aria-keyshortcuts="Alt+I"
        title="Attention, next tokens and the logit lens of any model on any text (Alt+I)"
        onClick={() => openInside()}
      >
        Look inside
      </button>
      <Show when={insideRequest()}>
        <Suspense>
          <InsideLens />
        </Suspense>
      </Show>
    </>
  );
}
