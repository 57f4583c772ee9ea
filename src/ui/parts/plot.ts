/** The one place that knows uPlot: a line chart in the page's colours that follows its theme. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { inTurn } from '../state/turns';
import { tabulate } from './series';

export interface PlotLine {
  readonly label: string;
  /** A custom property of the page: '--series-blue'. */
  readonly color: string;
  readonly dash?: readonly number[];
  /** The right-hand axis. */
  readonly right?: boolean;
  /** Ascending. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Drawn strongly over the raw values, which are then faint; same length as y. */
  readonly smooth?: readonly number[];
  /** Points without a line between them. */
  readonly scattered?: boolean;
}

export interface PlotData {
  readonly xLabel: string;
  /** Steps are whole: no ticks between them. */
  readonly wholeX: boolean;
  readonly lines: readonly PlotLine[];
}

export interface Plot {
  set(data: PlotData): void;
  /** The plot as a picture with its title and legend; null without one. */
  picture(title: string): HTMLCanvasElement | null;
  destroy(): void;
}

const HEIGHT = 220;
const WHOLE_STEPS = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** As many digits as tell neighbours apart; 1.2M for a million. */
const TICK = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4, notation: 'compact' });

/** A tenth of air above and below; a curve that does not move stands in the middle. */
function rangeOf(_plot: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [null, null];
  if (low === high) {
    const air = Math.abs(low) / 10 || 1;
    return [low - air, high + air];
  }
  return uPlot.rangeNum(low, high, 0.1, true);
}

/**
 * Draws into `host` and follows its width and the system's theme.
 * @param group charts of one group share their cursor's place on x
 * @param onCursor told the x under the cursor, null when it leaves
 */
export function drawPlot(
  host: HTMLElement,
  group: string,
  onCursor: (x: number | null) => void,
): Plot {
  let plot: uPlot | undefined;
  let shape = '';
  let takeBack: (() => void) | undefined;
  let latest: PlotData = { xLabel: '', wholeX: true, lines: [] };

  const build = () => {
    takeBack = undefined;
    plot?.destroy();
    plot = new uPlot(options(host, group, latest, onCursor), columns(latest), host);
  };
  const observer = new ResizeObserver(() => {
    if (host.clientWidth > 0) plot?.setSize({ width: host.clientWidth, height: HEIGHT });
  });
  observer.observe(host);
  const theme = matchMedia('(prefers-color-scheme: dark)');
  theme.addEventListener('change', build);

  return {
    set(data) {
      latest = data;
      const next = [
        data.xLabel,
        ...data.lines.map(
          ({ label, smooth, scattered, color, x }) =>
            `${label}${color}${smooth ? '~' : ''}${scattered ? '.' : ''}${x.length < 2 ? '1' : ''}`,
        ),
      ].join();
      if (plot && next === shape) plot.setData(columns(data));
      else {
        shape = next;
        // The first drawing may wait for its turn; what is drawn follows its data at once.
        if (plot) build();
        else takeBack ??= inTurn(build);
      }
    },
    picture: (title) => (plot ? picture(host, plot.ctx.canvas, title, latest.lines) : null),
    destroy() {
      takeBack?.();
      observer.disconnect();
      theme.removeEventListener('change', build);
      plot?.destroy();
    },
  };
}

/** uPlot's columns: x, then the raw and perhaps the smoothed values of each line. */
function columns(data: PlotData): uPlot.AlignedData {
  const drawn = data.lines.flatMap(({ x, y, smooth }) =>
    smooth
      ? [
          { x, y },
          { x, y: smooth },
        ]
      : [{ x, y }],
  );
  const table = tabulate(drawn);
  return [table.x, ...table.columns];
}

function options(
  host: HTMLElement,
  group: string,
  data: PlotData,
  onCursor: (x: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => resolved(host, `var(${name})`);
  const font = `12px ${style.getPropertyValue('--sans')}`;
  const values = (_plot: uPlot, ticks: number[]) => ticks.map((tick) => TICK.format(tick));
  const axis = { stroke: color('--muted'), font, ticks: { show: false }, values };
  const grid = { stroke: color('--grid'), width: 1 };
  const right = data.lines.some((line) => line.right);
  return {
    width: Math.max(120, host.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    padding: [8, right ? 0 : 12, 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: false, y: false },
      sync: { key: group, scales: ['x', null] },
    },
    scales: {
      x: { time: false },
      y: { range: rangeOf },
      ...(right ? { right: { range: rangeOf } } : {}),
    },
    axes: [
      {
        ...axis,
        ...(data.wholeX ? { incrs: WHOLE_STEPS } : {}),
        grid: { show: false },
        label: data.xLabel,
        labelFont: font,
        labelSize: 18,
        size: 28,
      },
      { ...axis, grid, size: 52 },
      ...(right
        ? [{ ...axis, scale: 'right', side: 1 as const, grid: { show: false }, size: 48 }]
        : []),
    ],
    series: [{}, ...data.lines.flatMap((line) => seriesOf(line, color(line.color)))],
    hooks: {
      setCursor: [
        (u) => {
          const { left } = u.cursor;
          onCursor(left === undefined || left === null || left < 0 ? null : u.posToVal(left, 'x'));
        },
      ],
    },
  };
}

function seriesOf(line: PlotLine, stroke: string): uPlot.Series[] {
  const drawn: uPlot.Series = {
    label: line.label,
    scale: line.right ? 'right' : 'y',
    stroke,
    width: 2,
    spanGaps: true,
    points: { show: line.x.length < 2 },
    ...(line.dash ? { dash: [...line.dash] } : {}),
  };
  const dots: uPlot.Series = {
    ...drawn,
    paths: () => null,
    points: { show: true, size: 5, fill: stroke },
  };
  const raw: uPlot.Series = line.scattered ? dots : drawn;
  return line.smooth ? [{ ...raw, width: 1, alpha: 0.3 }, drawn] : [raw];
}

/** A canvas needs a plain colour: `light-dark()` is resolved by the element that inherits it. */
function resolved(host: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  host.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}

/** The drawn plot on the page's ground, under its title and the names of its lines. */
function picture(
  host: HTMLElement,
  drawn: HTMLCanvasElement,
  title: string,
  lines: readonly PlotLine[],
): HTMLCanvasElement {
  const scale = drawn.width / Math.max(1, host.clientWidth);
  const row = Math.round(20 * scale);
  const canvas = document.createElement('canvas');
  canvas.width = drawn.width;
  canvas.height = drawn.height + row * (lines.length + 2);
  const context = canvas.getContext('2d')!;
  const sans = getComputedStyle(document.documentElement).getPropertyValue('--sans');
  context.fillStyle = resolved(host, 'var(--ground)');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = resolved(host, 'var(--text)');
  context.font = `600 ${Math.round(14 * scale)}px ${sans}`;
  context.fillText(title, row / 2, row);
  context.font = `${Math.round(12 * scale)}px ${sans}`;
  lines.forEach((line, i) => {
    const y = row * (i + 2);
    context.strokeStyle = resolved(host, `var(${line.color})`);
    context.lineWidth = 2 * scale;
    context.setLineDash((line.dash ?? []).map((length) => length * scale));
    context.beginPath();
    context.moveTo(row / 2, y - row / 4);
    context.lineTo(row * 2, y - row / 4);
    context.stroke();
    context.fillText(line.label + (line.right ? ' (right axis)' : ''), row * 2.5, y);
  });
  context.drawImage(drawn, 0, row * (lines.length + 2));
  return canvas;
}
