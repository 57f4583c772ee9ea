/** A chart's name, where its cursor is, and the buttons that every chart has: table, CSV, PNG. */
import { For } from 'solid-js';
import styles from './CurveChart.module.css';

export function ChartHead(props: {
  title: string;
  place?: string;
  table: boolean;
  onTable: (on: boolean) => void;
  /** Nothing is drawn yet: there is nothing to save. */
  empty: boolean;
  onSave: (kind: 'csv' | 'png') => void;
}) {
  return (
    <figcaption class={styles['head']}>
      <h3>{props.title}</h3>
      <span class={styles['place']}>{props.place}</span>
      <span class={styles['buttons']}>
        <button
          type="button"
          data-plain
          data-small
          aria-label={`Table of ${props.title}`}
          aria-pressed={props.table}
          onClick={() => props.onTable(!props.table)}
        >
          Table
        </button>
        <For each={['csv', 'png'] as const}>
          {(kind) => (
            <button
              type="button"
              data-plain
              data-small
              disabled={props.empty || (kind === 'png' && props.table)}
              aria-label={`Save ${props.title} as ${kind.toUpperCase()}`}
              onClick={() => props.onSave(kind)}
            >
              {kind.toUpperCase()}
            </button>
          )}
        </For>
      </span>
    </figcaption>
  );
}
