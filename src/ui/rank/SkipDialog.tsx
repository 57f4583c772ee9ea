/** Why a prompt is skipped: one digit, or one click. Escape goes back to the ranking. */
import { For, onMount } from 'solid-js';
import dialogStyles from '../shell/dialog.module.css';
import { SKIP_REASONS } from './ranking';
import styles from './SkipDialog.module.css';

export function SkipDialog(props: { onSkip: (reason: string) => void; onClose: () => void }) {
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  const skip = (reason: string) => {
    dialog.close();
    props.onSkip(reason);
  };
  return (
    <dialog
      ref={dialog}
      class={dialogStyles['dialog']}
      aria-labelledby="skip-title"
      onClose={() => props.onClose()}
      onKeyDown={(event) => {
        const reason = SKIP_REASONS[Number(event.key) - 1];
        if (!reason) return;
        event.preventDefault();
        skip(reason);
      }}
    >
      <h2 id="skip-title">Why skip this prompt?</h2>
      <ol class={styles['reasons']}>
        <For each={SKIP_REASONS}>
          {(reason, index) => (
            <li>
              <button type="button" autofocus={index() === 0} onClick={() => skip(reason)}>
                <kbd>{index() + 1}</kbd> {reason}
              </button>
            </li>
          )}
        </For>
      </ol>
      <div class={dialogStyles['buttons']}>
        <button type="button" data-plain onClick={() => dialog.close()}>
          Go on ranking
        </button>
      </div>
    </dialog>
  );
}
