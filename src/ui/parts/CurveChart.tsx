/**
 * A chart of logged metrics: a legend that is read with the curves (name, meaning on hover, value
 * under the cursor), and the same numbers as a table for whoever prefers to read them.
 */
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import type { MetricRow } from '../../lab/api';
import { formatNumber } from '../format';
import { metricText } from '../metrics';
import styles from './CurveChart.module.css';
import { MetricName } from './MetricName';
import { drawPlot, type Plot } from './plot';
import { column, firstOf, lastOf, smoothed, thin } from './series';

export interface CurveSpec {
  /** The metric's logged name. */
  readonly name: string;
  /** Its entry in the glossary, where several trainings log one name with different meanings. */
  readonly glossary?: string;
  readonly color: `--series-${string}`;
  readonly dash?: readonly number[];
  readonly right?: boolean;
  readonly smooth?: boolean;
}

/** The smoothed line looks back over a fortieth of the curve, over fifty rows at most. */
const decayFor = (rows: number) => 1 - 1 / Math.max(1, Math.min(50, rows / 40));
const TABLE_ROWS = 40;

export function CurveChart(props: {
  title: string;
  rows: readonly MetricRow[];
  curves: readonly CurveSpec[];
  xLabel?: string;
}) {
  let host!: HTMLDivElement;
  const [plot, setPlot] = createSignal<Plot>();
  const [row, setRow] = createSignal<number | null>(null);
  const [table, setTable] = createSignal(false);
  const xLabel = () => props.xLabel ?? 'step';
  // Rows grow in place: a copy of each column makes the change visible.
  const lines = createMemo(() =>
    props.curves.map((curve) => ({ curve, values: column(props.rows, curve.name) })),
  );
  const shown = createMemo(() => lines().filter(({ values }) => firstOf(values) !== null));
  onMount(() => {
    const made = drawPlot(host, xLabel(), setRow);
    setPlot(made);
    onCleanup(() => made.destroy());
  });
  createEffect(() => {
    plot()?.set({
      x: props.rows.map((r) => r.step),
      lines: shown().map(({ curve, values }) => ({
        label: metricText(curve.glossary ?? curve.name).label,
        color: curve.color,
        values,
        ...(curve.dash ? { dash: curve.dash } : {}),
        ...(curve.right ? { right: true } : {}),
        ...(curve.smooth && values.length > 60
          ? { smooth: smoothed(values, decayFor(values.length)) }
          : {}),
      })),
    });
  });
  const shownValue = (values: readonly (number | null)[]) => {
    const at = row();
    return at === null ? lastOf(values) : (values[at] ?? null);
  };
  const summary = () =>
    shown()
      .map(({ curve, values }) => {
        const name = metricText(curve.glossary ?? curve.name).label;
        return `${name} from ${formatNumber(firstOf(values))} to ${formatNumber(lastOf(values))}`;
      })
      .join('; ') || 'no values yet';
  const place = () => {
    const at = row();
    const last = props.rows.at(-1)?.step;
    const step = at === null ? last : props.rows[at]?.step;
    return step === undefined ? '' : `${xLabel()} ${step.toLocaleString('en-US')}`;
  };
  return (
    <figure class={styles['chart']}>
      <figcaption class={styles['head']}>
        <h3>{props.title}</h3>
        <span class={styles['place']}>{place()}</span>
        <button
          type="button"
          data-plain
          data-small
          aria-pressed={table()}
          onClick={() => setTable(!table())}
        >
          Table
        </button>
      </figcaption>
      <ul class={styles['legend']}>
        <For each={lines()}>
          {({ curve, values }) => (
            <li>
              <Swatch color={curve.color} dashed={curve.dash !== undefined} />
              <MetricName
                name={curve.name}
                {...(curve.glossary ? { glossary: curve.glossary } : {})}
              />
              <span class={styles['value']}>{formatNumber(shownValue(values))}</span>
              <span class={styles['unit']}>
                {metricText(curve.glossary ?? curve.name).unit}
                <Show when={curve.right}> (right axis)</Show>
              </span>
            </li>
          )}
        </For>
      </ul>
      <div
        ref={host}
        class={styles['plot']}
        hidden={table() || shown().length === 0}
        role="img"
        aria-label={`${props.title}: ${summary()}`}
      />
      <Show when={!table() && shown().length === 0}>
        <p class={styles['waiting']}>The curves appear here while it trains.</p>
      </Show>
      <Show when={table()}>
        <ValueTable rows={props.rows} curves={props.curves} title={props.title} xLabel={xLabel()} />
      </Show>
    </figure>
  );
}

function Swatch(props: { color: string; dashed: boolean }) {
  return (
    <svg class={styles['swatch']} viewBox="0 0 20 8" aria-hidden="true">
      <line
        x1="1"
        y1="4"
        x2="19"
        y2="4"
        stroke={`var(${props.color})`}
        stroke-width="2.5"
        stroke-dasharray={props.dashed ? '5 3' : 'none'}
      />
    </svg>
  );
}

function ValueTable(props: {
  rows: readonly MetricRow[];
  curves: readonly CurveSpec[];
  title: string;
  xLabel: string;
}) {
  return (
    <section class={styles['table']} tabindex="0" aria-label={`${props.title}, as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{props.xLabel}</th>
            <For each={props.curves}>
              {(curve) => (
                <th scope="col" data-number>
                  {metricText(curve.glossary ?? curve.name).label}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={thin(props.rows, TABLE_ROWS)}>
            {(row) => (
              <tr>
                <th scope="row">{row.step.toLocaleString('en-US')}</th>
                <For each={props.curves}>
                  {(curve) => <td data-number>{formatNumber(row[curve.name])}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}
