/** The numbers of a chart as a table, a line a point, thinned to what one reads. */
import { For } from 'solid-js';
import { formatNumber } from '../format';
import { type ChartLine, lineName } from './CurveChart';
import styles from './CurveChart.module.css';
import { tabulate, thin } from './series';

const ROWS = 40;

export function ChartTable(props: { lines: readonly ChartLine[]; title: string; x: string }) {
  const rows = () => {
    const { x, columns } = tabulate(props.lines.map(({ points }) => points));
    return thin(
      x.map((value, at) => ({ x: value, values: columns.map((column) => column[at] ?? null) })),
      ROWS,
    );
  };
  return (
    <section class={styles['table']} tabindex="0" aria-label={`${props.title}, as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{props.x}</th>
            <For each={props.lines}>
              {(line) => (
                <th scope="col" data-number>
                  {lineName(line)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {(row) => (
              <tr>
                <th scope="row">{formatNumber(row.x)}</th>
                <For each={row.values}>
                  {(value) => <td data-number>{value === null ? '' : formatNumber(value)}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}
