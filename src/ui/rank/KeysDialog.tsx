/** All keys of the ranking room. */
import { For, onMount } from 'solid-js';
import dialogStyles from '../shell/dialog.module.css';
import styles from './KeysDialog.module.css';
import { KEY_HELP } from './keys';

export function KeysDialog(props: { onClose: () => void }) {
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  return (
    <dialog
      ref={dialog}
      class={dialogStyles['dialog']}
      aria-labelledby="keys-title"
      onClose={() => props.onClose()}
    >
      <h2 id="keys-title">Keys while a completion has the focus</h2>
      <dl class={styles['keys']}>
        <For each={KEY_HELP}>
          {(entry) => (
            <>
              <dt>
                <For each={entry.keys}>{(key) => (key === '…' ? ' to ' : <kbd>{key}</kbd>)}</For>
              </dt>
              <dd>{entry.what}</dd>
            </>
          )}
        </For>
      </dl>
      <div class={dialogStyles['buttons']}>
        <button type="button" data-primary autofocus onClick={() => dialog.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
