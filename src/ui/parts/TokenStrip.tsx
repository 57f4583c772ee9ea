/**
 * Tokens with a number each, as colour and as figures: blue above zero, orange below, or grey to
 * accent for what has no sign. Monospace, so that a space is seen to belong to its token.
 */
import { For } from 'solid-js';
import { formatSigned } from '../format';
import styles from './TokenStrip.module.css';
import { visibleToken } from './tokens';

export function TokenStrip(props: {
  tokens: readonly string[];
  values: readonly number[];
  /** The size that gets the full colour; by default the largest that occurs. */
  scale?: number;
  label: string;
  decimals?: number;
}) {
  const scale = () =>
    props.scale ?? Math.max(1e-6, ...props.values.map((value) => Math.abs(value)));
  const share = (value: number) => Math.min(1, Math.abs(value) / scale());
  return (
    <ol class={styles['strip']} aria-label={props.label}>
      <For each={props.tokens}>
        {(token, i) => (
          <li
            class={styles['token']}
            data-sign={(props.values[i()] ?? 0) < 0 ? 'below' : 'above'}
            style={{ '--share': share(props.values[i()] ?? 0).toFixed(3) }}
          >
            <span class={styles['text']}>{visibleToken(token)}</span>
            <span class={styles['value']}>
              {formatSigned(props.values[i()] ?? 0, props.decimals ?? 2)}
            </span>
          </li>
        )}
      </For>
    </ol>
  );
}
