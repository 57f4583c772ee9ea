/** Back and forth through a long list. */
import styles from './Pager.module.css';

export function Pager(props: {
  from: number;
  count: number;
  total: number;
  what: string;
  onMove: (from: number) => void;
}) {
  const last = () => Math.min(props.total, props.from + props.count);
  return (
    <span class={styles['pager']}>
      <button
        type="button"
        data-small
        aria-label={`Earlier ${props.what}`}
        disabled={props.from === 0}
        onClick={() => props.onMove(Math.max(0, props.from - props.count))}
      >
        ‹
      </button>
      <span>
        {props.total === 0 ? 0 : props.from + 1}–{last()} of {props.total.toLocaleString('en-US')}
      </span>
      <button
        type="button"
        data-small
        aria-label={`Later ${props.what}`}
        disabled={last() >= props.total}
        onClick={() => props.onMove(props.from + props.count)}
      >
        ›
      </button>
    </span>
  );
}
