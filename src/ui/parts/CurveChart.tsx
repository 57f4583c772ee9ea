/**
 * A chart of logged metrics, of this run and of others beside it: a legend that is read with the
 * curves (run, name with its meaning on hover, value under the cursor), the same numbers as a
 * table, and both as files.
 */
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import type { Training } from '../../config/stages';
import type { MetricRow } from '../../lab/api';
import { formatNumber } from '../format';
import { metricText } from '../metrics';
import { axisOf, comparedRuns, decayFor } from '../state/charts';
import { useLab } from '../state/lab';
import { ChartHead } from './ChartHead';
import { ChartTable } from './ChartTable';
import { axisName } from './ChartTools';
import styles from './CurveChart.module.css';
import { MetricName } from './MetricName';
import { drawPlot, type Plot, type PlotLine } from './plot';
import { nearest, type Points, pointsOf, smoothed, toCsv } from './series';

export interface CurveSpec {
  /** The metric's logged name. */
  readonly name: string;
  /** Its entry in the glossary, where several trainings log one name with different meanings. */
  readonly glossary?: string;
  readonly color: `--series-${string}`;
  readonly dash?: readonly number[];
  readonly right?: boolean;
  /** Its values are noisy: it is smoothed by itself where it is long. */
  readonly smooth?: boolean;
}

/** One curve of one run. `run` is null where there is only this one. */
export interface ChartLine {
  readonly curve: CurveSpec;
  readonly run: string | null;
  readonly color: `--series-${string}`;
  readonly points: Points;
}

/** Colours of runs where there are several; a metric is then told by its dashes. */
const RUN_COLORS = ['blue', 'vermillion', 'green', 'purple', 'orange', 'sky', 'grey'] as const;
const METRIC_DASHES = [undefined, [6, 4], [2, 3]] as const;

export function CurveChart(props: {
  title: string;
  training: Training;
  curves: readonly CurveSpec[];
  /** Another x than the room's. */
  axis?: string;
}) {
  const store = useLab();
  let host!: HTMLDivElement;
  const [plot, setPlot] = createSignal<Plot>();
  const [cursor, setCursor] = createSignal<number | null>(null);
  const [table, setTable] = createSignal(false);
  const axis = () => props.axis ?? axisOf(props.training);
  const lines = createMemo((): ChartLine[] => {
    const others = comparedRuns(store).filter(({ metrics }) => metrics[props.training]?.length);
    const own = store.curves.rows(props.training);
    const all: { name: string | null; rows: readonly MetricRow[] }[] = [
      { name: others.length > 0 ? 'this run' : null, rows: own },
      ...others.map(({ name, metrics }) => ({ name, rows: metrics[props.training]! })),
    ];
    return all.flatMap(({ name, rows }, run) =>
      props.curves.map((spec, metric): ChartLine => {
        const points = pointsOf(rows, axis(), spec.name);
        if (name === null) return { curve: spec, run: null, color: spec.color, points };
        const color = `--series-${RUN_COLORS[run % RUN_COLORS.length]!}` as const;
        const { dash: _, ...curve } = spec;
        const dash = METRIC_DASHES[metric];
        return { curve: { ...curve, ...(dash ? { dash } : {}) }, run: name, color, points };
      }),
    );
  });
  const shown = createMemo(() => lines().filter(({ points }) => points.x.length > 0));
  onMount(() => {
    const made = drawPlot(host, `${props.training} ${props.axis ?? ''}`, setCursor);
    setPlot(made);
    onCleanup(() => made.destroy());
  });
  createEffect(() => {
    plot()?.set({
      xLabel: axisName(axis(), props.training),
      wholeX: ['step', 'episode', 'tokens'].includes(axis()),
      lines: shown().map(plotLine),
    });
  });
  const valueAt = ({ points }: ChartLine) => {
    const x = cursor();
    const at = x === null ? points.y.length - 1 : nearest(points.x, x);
    return points.y[at] ?? null;
  };
  const summary = () =>
    shown()
      .map((line) => {
        const { y } = line.points;
        return `${lineName(line)} from ${formatNumber(y[0])} to ${formatNumber(y.at(-1))}`;
      })
      .join('; ') || 'no values yet';
  const place = () => {
    const ends = shown().map(({ points }) => points.x.at(-1)!);
    const x = cursor() ?? (ends.length > 0 ? Math.max(...ends) : null);
    if (x === null) return '';
    const whole = ['step', 'episode', 'tokens'].includes(axis());
    return `${axisName(axis(), props.training)} ${formatNumber(whole ? Math.round(x) : x)}`;
  };
  const save = async (kind: 'csv' | 'png') => {
    const { saveFile } = await import('../state/saveFile');
    const name = props.title.toLowerCase().replaceAll(' ', '-');
    if (kind === 'csv') return saveFile(`${name}.csv`, csvOf(shown(), axis()));
    plot()
      ?.picture(props.title)
      ?.toBlob((blob) => blob && saveFile(`${name}.png`, blob));
  };
  return (
    <figure class={styles['chart']}>
      <ChartHead
        title={props.title}
        place={place()}
        table={table()}
        onTable={setTable}
        empty={shown().length === 0}
        onSave={(kind) => void save(kind)}
      />
      <ul class={styles['legend']}>
        <For each={lines()}>{(line) => <LegendEntry line={line} value={valueAt(line)} />}</For>
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
        <ChartTable lines={lines()} title={props.title} x={axisName(axis(), props.training)} />
      </Show>
    </figure>
  );
}

const labelOf = ({ glossary, name }: CurveSpec) => metricText(glossary ?? name).label;

/** `run: metric`, or the metric alone. */
export const lineName = ({ run, curve }: ChartLine) =>
  run === null ? labelOf(curve) : `${run}: ${labelOf(curve)}`;

function plotLine(line: ChartLine): PlotLine {
  const { curve, color, points } = line;
  const kind = points.forward ? (curve.smooth ? 'noisy' : 'plain') : 'cloud';
  const decay = decayFor(points.y.length, kind);
  return {
    label: lineName(line),
    color,
    x: points.x,
    y: points.y,
    scattered: !points.forward,
    ...(curve.dash ? { dash: curve.dash } : {}),
    ...(curve.right ? { right: true } : {}),
    ...(decay === null ? {} : { smooth: smoothed(points.y, decay) }),
  };
}

/** A line for every point of every curve, so that runs of any length fit one file. */
function csvOf(lines: readonly ChartLine[], axis: string): string {
  const rows = lines.flatMap(({ run, curve, points }) =>
    points.x.map((x, i) => [run ?? 'this run', curve.name, x, points.y[i]!]),
  );
  return toCsv(['run', 'metric', axis, 'value'], rows);
}

function LegendEntry(props: { line: ChartLine; value: number | null }) {
  const curve = () => props.line.curve;
  return (
    <li>
      <svg class={styles['swatch']} viewBox="0 0 20 8" aria-hidden="true">
        <line
          x1="1"
          y1="4"
          x2="19"
          y2="4"
          stroke={`var(${props.line.color})`}
          stroke-width="2.5"
          stroke-dasharray={curve().dash ? '5 3' : 'none'}
        />
      </svg>
      <Show when={props.line.run}>{(run) => <span class={styles['run']}>{run()}</span>}</Show>
      <MetricName
        name={curve().name}
        {...(curve().glossary ? { glossary: curve().glossary! } : {})}
      />
      <span class={styles['value']}>{formatNumber(props.value)}</span>
      <span class={styles['unit']}>
        {metricText(curve().glossary ?? curve().name).unit}
        <Show when={curve().right}> (right axis)</Show>
      </span>
    </li>
  );
}
