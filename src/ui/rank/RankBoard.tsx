/** The completions to rank, and the ranks: by keys, by buttons and by dragging. */
import { createEffect, createMemo, For, on, Show } from 'solid-js';
import type { RankingSession } from '../state/ranking';
import { Card } from './Card';
import { createDrag } from './drag';
import { type BoardDialogs, pressKey } from './keys';
import styles from './RankBoard.module.css';
import { groups, insert, place, unplaced } from './ranking';

export function RankBoard(props: {
  session: RankingSession;
  layout: 'stacked' | 'side';
  dialogs: BoardDialogs;
}) {
  let host!: HTMLElement;
  const session = () => props.session;
  const slots = createMemo(() => groups(session().board()));
  const members = (slot: number) => slots()[slot] ?? [];
  const slotNumbers = createMemo(() => slots().map((_, slot) => slot), [], { equals: sameLength });
  const pool = createMemo(() => unplaced(session().board()));
  const drag = createDrag((item, target) => {
    session().select(item);
    session().change((board) =>
      target.kind === 'pool'
        ? place(board, item, null)
        : target.kind === 'slot'
          ? place(board, item, target.slot)
          : insert(board, item, target.slot),
    );
  });
  /** Once tall, the board stays tall: what stands below it never moves under a hand. */
  let height = 0;
  createEffect(
    on([slots, () => props.layout], ([, layout], before) => {
      host.style.minHeight = '';
      height = Math.max(
        before?.[1] === layout ? height : 0,
        Math.ceil(host.getBoundingClientRect().height),
      );
      host.style.minHeight = `${height}px`;
    }),
  );
  /** A card that moves is made anew: the focus follows it, but is never taken from elsewhere. */
  createEffect(
    on(session().focusRequests, () => {
      const focused = document.activeElement;
      const free = focused === document.body || focused?.id === 'room' || host.contains(focused);
      queueMicrotask(() => {
        if (!free) return;
        host
          .querySelector<HTMLElement>(`[data-item="${session().selected()}"]`)
          ?.focus({ preventScroll: focused === document.body });
      });
    }),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target instanceof HTMLButtonElement;
    if (onButton && (event.key === 'Enter' || event.key === ' ')) return;
    if (pressKey(session(), event, props.dialogs)) event.preventDefault();
  };
  const dropState = (kind: 'slot' | 'before', slot: number) => {
    const target = drag.target();
    return target?.kind === kind && target.slot === slot ? '' : undefined;
  };
  return (
    <section
      ref={host}
      class={styles['board']}
      data-layout={props.layout}
      aria-label="Ranking"
      onKeyDown={onKeyDown}
    >
      <div
        class={styles['pool']}
        data-pool
        data-drop={drag.target()?.kind === 'pool' ? '' : undefined}
      >
        <h2>{pool().length > 0 ? `To be placed: ${pool().length}` : 'All are placed'}</h2>
        <div class={styles['cards']}>
          <For each={pool()}>{(item) => <Card session={session()} item={item} drag={drag} />}</For>
        </div>
        <Show when={pool().length === 0}>
          <p class={styles['hint']}>Enter submits; drop a completion here to take it off again.</p>
        </Show>
      </div>
      <div class={styles['ranks']}>
        <h2>Ranks, best first</h2>
        <ol>
          <For each={slotNumbers()}>
            {(slot) => (
              <li
                class={styles['slot']}
                data-slot={slot}
                data-taken={members(slot).length > 0 ? '' : undefined}
                data-drop={dropState('slot', slot)}
                data-before={dropState('before', slot)}
              >
                <span class={styles['number']}>{slot + 1}</span>
                <div class={styles['cards']}>
                  <For each={members(slot)}>
                    {(item) => <Card session={session()} item={item} drag={drag} />}
                  </For>
                </div>
                <Show when={members(slot).length > 1}>
                  <span class={styles['tie']}>tie</span>
                </Show>
              </li>
            )}
          </For>
        </ol>
      </div>
    </section>
  );
}

const sameLength = (a: readonly number[], b: readonly number[]) => a.length === b.length;
