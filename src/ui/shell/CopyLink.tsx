/** A link to this room with the open experiment's whole configuration, for a class or a colleague. */
import { Show } from 'solid-js';
import { useLab } from '../state/lab';
import { room } from '../state/route';

export function CopyLink(props: { onDone: () => void }) {
  const store = useLab();
  const copy = async () => {
    props.onDone();
    const config = store.state.experiment?.config;
    if (!config) return;
    const { linkHash } = await import('../state/link');
    const hash = linkHash({ room: room(), config, lesson: null });
    const link = `${location.origin}${location.pathname}${hash}`;
    try {
      await navigator.clipboard.writeText(link);
      store.notices.show({ level: 'info', text: 'The link is copied.' }, 6);
    } catch {
      // Where the clipboard is refused, the person copies it by hand.
      store.notices.show({ level: 'info', text: link });
    }
  };
  return (
    <Show when={store.state.experiment}>
      <button
        type="button"
        data-small
        title="This room and every setting of the experiment; no model and no label is in it"
        onClick={() => void copy()}
      >
        Copy link
      </button>
    </Show>
  );
}
