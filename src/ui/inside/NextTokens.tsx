/** What comes after the chosen token: the likeliest tokens under a temperature, or the score. */
import { createMemo, createSignal, For, Show } from 'solid-js';
import type { Inspection } from '../../lab/api';
import { formatFixed, formatPercent, formatSigned } from '../format';
import { visibleToken } from '../parts/tokens';
import styles from './NextTokens.module.css';
import { depthName, nextTokens } from './reading';
import type { Selection } from './selection';

interface Parts {
  inspection: Inspection;
  selection: Selection;
}

export function NextTokens(props: Parts) {
  const [temperature, setTemperature] = createSignal(1);
  const next = createMemo(() =>
    nextTokens(props.inspection, props.selection.position(), temperature()),
  );
  const followed = () => props.inspection.ids[props.selection.position() + 1];
  const token = (at: number) => visibleToken(props.inspection.tokens[at]!);
  return (
    <section class={styles['next']}>
      <h3>
        Next after <span class="mono">{token(props.selection.position())}</span>
      </h3>
      <label class={styles['temperature']}>
        <span>Temperature {formatFixed(temperature(), 2)}</span>
        <input
          type="range"
          min="0"
          max="2"
          step="0.05"
          value={temperature()}
          onInput={(event) => setTemperature(event.target.valueAsNumber)}
        />
      </label>
      <ol class={styles['bars']}>
        <For each={next().tokens}>
          {(entry) => (
            <li data-follows={entry.id === followed() ? '' : undefined}>
              <span class={styles['token']}>{visibleToken(entry.text)}</span>
              <span class={styles['bar']} aria-hidden="true">
                <i style={{ width: `${(entry.share * 100).toFixed(2)}%` }} />
              </span>
              <span class={styles['share']}>{formatPercent(entry.share, 1)}</span>
            </li>
          )}
        </For>
      </ol>
      <p class="small muted">
        Entropy {formatFixed(next().entropy, 2)} nats.{' '}
        <Show
          when={next().follows !== null}
          fallback="This is the last token: what follows is open."
        >
          The text goes on with <span class="mono">{token(props.selection.position() + 1)}</span> (
          {formatPercent(next().follows, 1)}), marked ▸ where it is listed.
        </Show>
      </p>
    </section>
  );
}

/** A reward or value model gives a number instead, also before its last block. */
export function ScoreByDepth(props: Parts) {
  const T = () => props.inspection.tokens.length;
  const depths = () => Array.from({ length: props.inspection.layers + 1 }, (_, depth) => depth);
  const scoreAt = (depth: number) =>
    props.inspection.scores![depth * T() + props.selection.position()]!;
  return (
    <section class={styles['next']}>
      <h3>
        {props.inspection.model === 'reward' ? 'Reward' : 'Value'} after{' '}
        <span class="mono">
          {visibleToken(props.inspection.tokens[props.selection.position()]!)}
        </span>
      </h3>
      <p class={styles['score']}>{formatSigned(scoreAt(props.inspection.layers))}</p>
      <table>
        <caption class="small muted">If the model ended earlier</caption>
        <tbody>
          <For each={depths()}>
            {(depth) => (
              <tr>
                <th scope="row">{depthName(depth)}</th>
                <td data-number>{formatSigned(scoreAt(depth))}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}
