/**
 * Tokens as columns, what is known of each as rows, coloured row by row; the column under the
 * pointer, or chosen with the arrows, is marked in every row.
 */
import { createSignal, For, Show } from 'solid-js';
import { formatSigned } from '../format';
import styles from './HeatTable.module.css';
import { visibleToken } from './tokens';

export interface HeatRow {
  readonly label: string;
  readonly meaning: string;
  readonly values: readonly (number | null)[];
  /** Shown as they are, without a colour. */
  readonly plain?: boolean;
}

export function HeatTable(props: {
  caption: string;
  tokens: readonly string[];
  rows: readonly HeatRow[];
  onPoint?: (token: number) => void;
}) {
  const [at, setAt] = createSignal<number | null>(null);
  const point = (token: number) => {
    setAt(token);
    props.onPoint?.(token);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    point(Math.max(0, Math.min(props.tokens.length - 1, (at() ?? -1) + step)));
  };
  const scaleOf = (row: HeatRow) =>
    Math.max(1e-9, ...row.values.map((value) => Math.abs(value ?? 0)));
  const cell = (row: HeatRow, token: number) => row.values[token] ?? null;
  return (
    <section class={styles['heat']} aria-label={props.caption} tabindex="0" onKeyDown={onKey}>
      <table onMouseLeave={() => setAt(null)}>
        <caption class="hidden-visually">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">token</th>
            <For each={props.tokens}>
              {(token, i) => (
                <th
                  scope="col"
                  class={styles['token']}
                  data-at={at() === i() ? '' : undefined}
                  onMouseEnter={() => point(i())}
                >
                  {visibleToken(token)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => {
              const scale = scaleOf(row);
              return (
                <tr>
                  <th scope="row" title={row.meaning}>
                    {row.label}
                  </th>
                  <For each={props.tokens}>
                    {(_, i) => {
                      const value = cell(row, i());
                      return (
                        <td
                          data-sign={row.plain ? undefined : (value ?? 0) < 0 ? 'below' : 'above'}
                          data-at={at() === i() ? '' : undefined}
                          style={{ '--share': (Math.abs(value ?? 0) / scale).toFixed(3) }}
                          onMouseEnter={() => point(i())}
                        >
                          <Show when={value !== null}>{formatSigned(value!, 2)}</Show>
                        </td>
                      );
                    }}
                  </For>
                </tr>
              );
            }}
          </For>
        </tbody>
      </table>
    </section>
  );
}
