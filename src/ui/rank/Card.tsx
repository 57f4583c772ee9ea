/** One completion on the board, with its handle; its buttons are in the bar below the board. */
import { Completion } from '../parts/Samples';
import type { RankingSession } from '../state/ranking';
import styles from './Card.module.css';
import type { Drag } from './drag';
import { FLAGS } from './ranking';

/** Completions are called A, B, C … in the order in which they were shown. */
export const letterOf = (item: number): string => String.fromCharCode(65 + item);

export function Card(props: { session: RankingSession; item: number; drag: Drag }) {
  const board = () => props.session.board();
  const slot = () => board().slots[props.item] ?? null;
  const likert = () => board().likert[props.item];
  const flags = () =>
    FLAGS.filter(({ id }) => board().flags[props.item]?.includes(id)).map(({ label }) => label);
  const selected = () => props.session.selected() === props.item;
  const dragged = () => props.drag.item() === props.item;
  const name = () => {
    const place = slot();
    return `Completion ${letterOf(props.item)}, ${place === null ? 'not placed' : `rank ${place + 1}`}`;
  };
  return (
    <article
      class={styles['card']}
      tabindex="0"
      aria-label={name()}
      aria-current={selected() ? 'true' : undefined}
      data-item={props.item}
      data-dragged={dragged() ? '' : undefined}
      style={
        dragged()
          ? { transform: `translate(${props.drag.offset().x}px, ${props.drag.offset().y}px)` }
          : {}
      }
      onFocus={() => props.session.select(props.item)}
    >
      <button
        type="button"
        class={styles['handle']}
        tabindex="-1"
        aria-label={`Drag completion ${letterOf(props.item)}`}
        onPointerDown={(event) => props.drag.start(props.item, event)}
      >
        ⠿
      </button>
      <div class={styles['body']}>
        <span class={styles['letter']}>{letterOf(props.item)}</span>
        <Completion text={props.session.item()?.completions[props.item] ?? ''} />
        <p class={styles['marks']}>
          {[likert() && `quality ${likert()} of 7`, ...flags()].filter(Boolean).join(' · ')}
        </p>
      </div>
    </article>
  );
}
