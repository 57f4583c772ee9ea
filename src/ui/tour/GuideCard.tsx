/** One page of a tour or lesson, with the way back, on and out. It stands above the room. */
import { type JSX, Show } from 'solid-js';
import styles from './GuideCard.module.css';

export function GuideCard(props: {
  /** What leads: 'Tour', 'Lesson 3'. */
  name: string;
  title: string;
  at: number;
  count: number;
  /** What the button that ends it early says. */
  leave: string;
  onMove: (at: number) => void;
  onClose: () => void;
  children: JSX.Element;
}) {
  const last = () => props.at >= props.count - 1;
  return (
    <section class={styles['card']} aria-label={props.name} data-guide>
      <div class={styles['text']} aria-live="polite">
        <p class={styles['place']}>
          {props.name}, {props.at + 1} of {props.count}
        </p>
        <h2>{props.title}</h2>
        {props.children}
      </div>
      <div class={styles['buttons']}>
        <Show when={!last()}>
          <button type="button" data-plain onClick={() => props.onClose()}>
            {props.leave}
          </button>
        </Show>
        <button type="button" disabled={props.at === 0} onClick={() => props.onMove(props.at - 1)}>
          Back
        </button>
        <button
          type="button"
          onClick={() => (last() ? props.onClose() : props.onMove(props.at + 1))}
        >
          {last() ? 'Done' : 'Go on'}
        </button>
      </div>
    </section>
  );
}
