/** The dialog that asks before something is thrown away. Escape and Cancel change nothing. */
import { createEffect } from 'solid-js';
import { answer, question } from '../state/confirm';
import styles from './dialog.module.css';

export function ConfirmDialog() {
  let dialog!: HTMLDialogElement;
  createEffect(() => {
    if (question()) dialog.showModal();
    else if (dialog.open) dialog.close();
  });
  return (
    <dialog
      ref={dialog}
      class={styles['dialog']}
      aria-labelledby="confirm-title"
      onClose={() => answer(false)}
    >
      <h2 id="confirm-title">{question()?.title}</h2>
      <p>{question()?.text}</p>
      <div class={styles['buttons']}>
        <button type="button" autofocus onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" data-primary onClick={() => answer(true)}>
          {question()?.yes}
        </button>
      </div>
    </dialog>
  );
}
