/** Free text about an experiment: stored with every stroke, shown as it was typed, never as markup. */
import { createEffect, createSignal, createUniqueId } from 'solid-js';
import type { ExperimentSummary } from '../../lab/api';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import styles from './Notes.module.css';

export function Notes(props: { experiment: ExperimentSummary }) {
  const store = useLab();
  const id = createUniqueId();
  const [state, setState] = createSignal('');
  let area!: HTMLTextAreaElement;
  // What is stored is shown, but never in the place of what is being typed.
  createEffect(() => {
    const { notes } = props.experiment;
    if (document.activeElement !== area) area.value = notes;
  });
  let wanted: string | null = null;
  let storing = false;
  /** One write after the other; what was typed meanwhile is written next. */
  const write = async (text: string) => {
    wanted = text;
    if (storing) return;
    storing = true;
    try {
      while (wanted !== null) {
        const next: string = wanted;
        wanted = null;
        await store.api.setNotes(props.experiment.id, next);
      }
      setState('Stored.');
    } catch (error) {
      wanted = null;
      setState(messageOf(error));
    }
    storing = false;
  };
  return (
    <div class={styles['notes']}>
      <div class={styles['head']}>
        <label for={id}>
          Notes<span class="hidden-visually"> on {props.experiment.name}</span>
        </label>
        <span role="status">{state()}</span>
      </div>
      <textarea
        ref={area}
        id={id}
        rows="2"
        readonly={store.recorded !== undefined}
        onInput={(event) => {
          setState('');
          void write(event.target.value);
        }}
        // The list is read anew once the hand rests, so that no key press is lost to it.
        onChange={() => void store.notices.attempt(() => store.refresh())}
      />
    </div>
  );
}
