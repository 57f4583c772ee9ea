/** A chart of given lines (measured points, fits, levels) with a legend, a table and files. */
import { createEffect, createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import { formatNumber } from '../format';
import { ChartHead } from './ChartHead';
import styles from './CurveChart.module.css';
import { drawPlot, type Plot, type PlotLine } from './plot';
import { toCsv } from './series';

export interface DrawnLine extends PlotLine {
  /** A line that only guides the eye: it is in neither table nor file. */
  readonly guide?: boolean;
}

export function LineChart(props: {
  title: string;
  xLabel: string;
  wholeX?: boolean;
  /** What the values are, with their unit. */
  yLabel: string;
  lines: readonly DrawnLine[];
  empty: string;
}) {
  let host!: HTMLDivElement;
  const [plot, setPlot] = createSignal<Plot>();
  const [table, setTable] = createSignal(false);
  const drawn = () => props.lines.filter(({ x }) => x.length > 0);
  const measured = () => drawn().filter(({ guide }) => !guide);
  onMount(() => {
    const made = drawPlot(host, props.title, () => {});
    setPlot(made);
    onCleanup(() => made.destroy());
  });
  createEffect(() => {
    plot()?.set({ xLabel: props.xLabel, wholeX: props.wholeX === true, lines: drawn() });
  });
  const summary = () =>
    measured()
      .map(({ label, y }) => `${label} from ${formatNumber(y[0])} to ${formatNumber(y.at(-1))}`)
      .join('; ') || 'no values yet';
  const rows = () =>
    measured().flatMap(({ label, x, y }) => x.map((value, i) => [label, value, y[i]!] as const));
  const save = async (kind: 'csv' | 'png') => {
    const { saveFile } = await import('../state/saveFile');
    const name = props.title.toLowerCase().replaceAll(' ', '-');
    if (kind === 'csv') {
      return saveFile(`${name}.csv`, toCsv(['line', props.xLabel, props.yLabel], rows()));
    }
    plot()
      ?.picture(props.title)
      ?.toBlob((blob) => blob && saveFile(`${name}.png`, blob));
  };
  return (
    <figure class={styles['chart']}>
      <ChartHead
        title={props.title}
        place={props.yLabel}
        table={table()}
        onTable={setTable}
        empty={drawn().length === 0}
        onSave={(kind) => void save(kind)}
      />
      <ul class={styles['legend']}>
        <For each={drawn()}>{(line) => <Entry line={line} />}</For>
      </ul>
      <div
        ref={host}
        class={styles['plot']}
        hidden={table() || drawn().length === 0}
        role="img"
        aria-label={`${props.title}: ${summary()}`}
      />
      <Show when={!table() && drawn().length === 0}>
        <p class={styles['waiting']}>{props.empty}</p>
      </Show>
      <Show when={table()}>
        <section class={styles['table']} tabindex="0" aria-label={`${props.title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Line</th>
                <th scope="col" data-number>
                  {props.xLabel}
                </th>
                <th scope="col" data-number>
                  {props.yLabel}
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={rows()}>
                {([label, x, y]) => (
                  <tr>
                    <th scope="row">{label}</th>
                    <td data-number>{formatNumber(x)}</td>
                    <td data-number>{formatNumber(y)}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </section>
      </Show>
    </figure>
  );
}

function Entry(props: { line: DrawnLine }) {
  return (
    <li>
      <svg class={styles['swatch']} viewBox="0 0 20 8" aria-hidden="true">
        <Show
          when={props.line.scattered}
          fallback={
            <line
              x1="1"
              y1="4"
              x2="19"
              y2="4"
              stroke={`var(${props.line.color})`}
              stroke-width="2.5"
              stroke-dasharray={props.line.dash ? '5 3' : 'none'}
            />
          }
        >
          <circle cx="10" cy="4" r="3" fill={`var(${props.line.color})`} />
        </Show>
      </svg>
      <span>{props.line.label}</span>
    </li>
  );
}
