/** The logit lens: which token the model would write next if it ended after each block. */
import { createSignal, For, Show } from 'solid-js';
import type { Inspection } from '../../lab/api';
import { formatPercent } from '../format';
import { visibleToken } from '../parts/tokens';
import styles from './LogitLens.module.css';
import { shade } from './maps';
import { depthName, lensAt } from './reading';
import type { Selection } from './selection';

const NAMED = 5;

export function LogitLens(props: { inspection: Inspection; selection: Selection }) {
  const [depth, setDepth] = createSignal(props.inspection.layers);
  const depths = () => Array.from({ length: props.inspection.layers + 1 }, (_, d) => d);
  const sentence = () => {
    const { likeliest, follows } = lensAt(props.inspection, depth(), props.selection.position());
    const names = likeliest
      .slice(0, NAMED)
      .map(({ text, share }) => `${visibleToken(text)} ${formatPercent(share)}`)
      .join(', ');
    const after = depth() === 0 ? 'From the embedding alone' : `After block ${depth()}`;
    const truth = follows === null ? '' : `; what does follow has ${formatPercent(follows, 1)}`;
    return `${after}: ${names}${truth}.`;
  };
  return (
    <section class={styles['lens']}>
      <h3>Logit lens</h3>
      <p class="small muted">
        Each column is a token, each row a depth: the word there is what the model would say next if
        it stopped at that depth. Strong colour is sure.
      </p>
      <section class={styles['scroll']} aria-label="Logit lens, as a table" tabindex="0">
        <table onMouseLeave={() => props.selection.point(null)}>
          <thead>
            <tr>
              <th scope="col">depth</th>
              <For each={props.inspection.tokens}>
                {(token, at) => (
                  <th
                    scope="col"
                    class={styles['token']}
                    data-at={props.selection.position() === at() ? '' : undefined}
                  >
                    {visibleToken(token)}
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody>
            <For each={depths()}>
              {(d) => (
                <tr data-chosen={depth() === d ? '' : undefined}>
                  <th scope="row">{depthName(d)}</th>
                  <For each={props.inspection.tokens}>
                    {(_, at) => {
                      const [first] = lensAt(props.inspection, d, at()).likeliest;
                      return (
                        <td
                          class={styles['cell']}
                          style={{ '--share': shade(first!.share).toFixed(3) }}
                          data-at={props.selection.position() === at() ? '' : undefined}
                          onMouseEnter={() => {
                            setDepth(d);
                            props.selection.point(at());
                          }}
                        >
                          {visibleToken(first!.text)}
                        </td>
                      );
                    }}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </section>
      <div class={styles['depths']}>
        <label>
          Depth{' '}
          <select value={depth()} onChange={(event) => setDepth(Number(event.target.value))}>
            <For each={depths()}>
              {(d) => (
                <option value={d} selected={d === depth()}>
                  {depthName(d)}
                </option>
              )}
            </For>
          </select>
        </label>
        <p class={styles['sentence']}>{sentence()}</p>
      </div>
      <Show when={props.inspection.leftOut > 0}>
        <p class="small muted">
          The text is longer than the context: its first {props.inspection.leftOut} tokens are left
          out.
        </p>
      </Show>
    </section>
  );
}
