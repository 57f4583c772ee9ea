/** Every dispatch of a step in order; a kernel's name opens its source below its row. */
import { For, Show } from 'solid-js';
import type { DispatchProfile } from '../../lab/profile_api';
import { formatBytes, formatPercent } from '../format';
import styles from './DispatchTable.module.css';
import { familyOf, totalOf } from './flame';
import { formatMicroseconds, formatRate } from './numbers';
import { Source } from './Source';

const COLUMNS = 10;

export function DispatchTable(props: {
  dispatches: readonly DispatchProfile[];
  /** The dispatch whose source is open. */
  open: number | null;
  onOpen: (index: number | null) => void;
  caption: string;
}) {
  const total = () => totalOf(props.dispatches);
  return (
    <section class={styles['scroll']} aria-label="Dispatches" tabindex="0">
      <table class={styles['table']}>
        <caption class="hidden-visually">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col" data-number>
              #
            </th>
            <th scope="col">Kernel</th>
            <th scope="col">Writes</th>
            <th scope="col" data-number>
              Workgroups
            </th>
            <th scope="col" data-number>
              Time
            </th>
            <th scope="col" data-number>
              Of the step
            </th>
            <th scope="col" data-number>
              GFLOP/s
            </th>
            <th scope="col" data-number>
              Read
            </th>
            <th scope="col" data-number>
              Written
            </th>
            <th scope="col" data-number>
              Of peak
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.dispatches}>
            {(dispatch, index) => (
              <>
                <tr id={`dispatch-${index()}`} data-open={props.open === index() ? '' : undefined}>
                  <td data-number class="muted">
                    {index() + 1}
                  </td>
                  <th scope="row">
                    <button
                      type="button"
                      class={styles['kernel']}
                      data-family={familyOf(dispatch.kernel)}
                      aria-expanded={props.open === index()}
                      onClick={() => props.onOpen(props.open === index() ? null : index())}
                    >
                      {dispatch.kernel}
                    </button>
                  </th>
                  <td class={styles['writes']}>{dispatch.writes}</td>
                  <td data-number>{gridText(dispatch.grid)}</td>
                  <td data-number>{formatMicroseconds(dispatch.us)}</td>
                  <td data-number>{formatPercent(dispatch.us / total(), 1)}</td>
                  <td data-number>{dispatch.flops > 0 ? formatRate(dispatch.gflops) : '–'}</td>
                  <td data-number>{formatBytes(dispatch.read)}</td>
                  <td data-number>{formatBytes(dispatch.written)}</td>
                  <td data-number>
                    {formatPercent(dispatch.share)}
                    <span class={styles['bound']}>
                      {dispatch.boundBy === 'arithmetic' ? 'arithmetic' : 'memory'}
                    </span>
                  </td>
                </tr>
                <Show when={props.open === index()}>
                  <tr>
                    <td colspan={COLUMNS} class={styles['detail']}>
                      <Source dispatch={dispatch} />
                    </td>
                  </tr>
                </Show>
              </>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}

/** Workgroups as 24×8, without trailing ones. */
function gridText([x, y, z]: readonly [number, number, number]): string {
  if (z > 1) return `${x}×${y}×${z}`;
  return y > 1 ? `${x}×${y}` : String(x);
}
