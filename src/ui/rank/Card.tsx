/** One completion on the board, with its handle and its buttons. */
import { For, Show } from 'solid-js';
import { Completion } from '../parts/Samples';
import type { RankingSession } from '../state/ranking';
import styles from './Card.module.css';
import type { Drag } from './drag';
import { FLAGS, move, place, tie } from './ranking';

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
  const act = (change: Parameters<RankingSession['change']>[0], advance = false) => {
    props.session.select(props.item);
    props.session.change(change, advance);
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
      <div class={styles['buttons']}>
        <Show
          when={slot() !== null}
          fallback={
            <For each={board().slots}>
              {(_, rank) => (
                <button
                  type="button"
                  data-small
                  aria-label={`Place ${letterOf(props.item)} at rank ${rank() + 1}`}
                  onClick={() => act((b) => place(b, props.item, rank()), true)}
                >
                  {rank() + 1}
                </button>
              )}
            </For>
          }
        >
          <button
            type="button"
            data-small
            aria-label={`Move ${letterOf(props.item)} better`}
            onClick={() => act((b) => move(b, props.item, -1))}
          >
            ↑
          </button>
          <button
            type="button"
            data-small
            aria-label={`Move ${letterOf(props.item)} worse`}
            onClick={() => act((b) => move(b, props.item, 1))}
          >
            ↓
          </button>
          <button
            type="button"
            data-small
            aria-label={`Tie ${letterOf(props.item)} with its neighbour`}
            onClick={() => act((b) => tie(b, props.item))}
          >
            =
          </button>
          <button
            type="button"
            data-small
            aria-label={`Take ${letterOf(props.item)} off the ranking`}
            onClick={() => act((b) => place(b, props.item, null))}
          >
            ✕
          </button>
        </Show>
      </div>
    </article>
  );
}
