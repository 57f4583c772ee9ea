/** The text as tokens, each shaded by how much the chosen one looks at it; arrows walk through. */
import { createMemo, For } from 'solid-js';
import type { Inspection } from '../../lab/api';
import { formatPercent, list } from '../format';
import { visibleToken } from '../parts/tokens';
import { shade } from './maps';
import { attentionOf, strongest } from './reading';
import type { Selection } from './selection';
import styles from './TokenRow.module.css';

const NAMED = 4;

export function TokenRow(props: { inspection: Inspection; selection: Selection }) {
  let row!: HTMLOListElement;
  const weights = createMemo(() =>
    attentionOf(props.inspection, props.selection.head(), props.selection.position()),
  );
  const onKey = (event: KeyboardEvent) => {
    const last = props.inspection.tokens.length - 1;
    const chosen = props.selection.chosen();
    const next = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: last }[event.key];
    if (next === undefined || next < 0 || next > last) return;
    event.preventDefault();
    props.selection.choose(next);
    row.querySelectorAll('button')[next]?.focus();
  };
  const sentence = () => {
    const token = visibleToken(props.inspection.tokens[props.selection.position()]!);
    const parts = strongest(weights(), NAMED).map(
      ({ at, weight }) =>
        `${visibleToken(props.inspection.tokens[at]!)} (${at + 1}) ${formatPercent(weight)}`,
    );
    return `${token} looks at ${list(parts)}.`;
  };
  return (
    <div class={styles['row']}>
      <ol
        ref={row}
        class={styles['tokens']}
        aria-label="Tokens"
        onKeyDown={onKey}
        onMouseLeave={() => props.selection.point(null)}
      >
        <For each={props.inspection.tokens}>
          {(token, at) => (
            <li>
              <button
                type="button"
                class={styles['token']}
                style={{ '--share': shade(weights()[at()] ?? 0).toFixed(3) }}
                data-key={props.selection.key() === at() ? '' : undefined}
                data-at={props.selection.position() === at() ? '' : undefined}
                data-unseen={at() > props.selection.position() ? '' : undefined}
                aria-pressed={props.selection.chosen() === at()}
                tabindex={props.selection.chosen() === at() ? 0 : -1}
                onClick={() => props.selection.choose(at())}
                onMouseEnter={() => props.selection.point(at())}
              >
                {visibleToken(token)}
              </button>
            </li>
          )}
        </For>
      </ol>
      <p class={styles['sentence']}>{sentence()}</p>
    </div>
  );
}
