/** The one place that knows uPlot: a line chart in the page's colours that follows its theme. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface PlotLine {
  readonly label: string;
  /** A custom property of the page: '--series-blue'. */
  readonly color: string;
  readonly dash?: readonly number[];
  /** The right-hand axis. */
  readonly right?: boolean;
  readonly values: readonly (number | null)[];
  /** Drawn strongly over the raw values, which are then faint. */
  readonly smooth?: readonly (number | null)[];
}

export interface PlotData {
  readonly x: readonly number[];
  readonly lines: readonly PlotLine[];
}

export interface Plot {
  set(data: PlotData): void;
  destroy(): void;
}

const HEIGHT = 220;
const WHOLE_STEPS = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

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
 * @param onCursor told the index of the row under the cursor, null when it leaves
 */
export function drawPlot(
  host: HTMLElement,
  xLabel: string,
  onCursor: (row: number | null) => void,
): Plot {
  let plot: uPlot | undefined;
  let shape = '';
  let latest: PlotData = { x: [], lines: [] };

  const build = () => {
    plot?.destroy();
    plot = new uPlot(options(host, xLabel, latest, onCursor), columns(latest), host);
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
      const next = data.lines.map((line) => line.label + (line.smooth ? '~' : '')).join();
      if (plot && next === shape) plot.setData(columns(data));
      else {
        shape = next;
        build();
      }
    },
    destroy() {
      observer.disconnect();
      theme.removeEventListener('change', build);
      plot?.destroy();
    },
  };
}

/** uPlot's columns: x, then the raw and perhaps the smoothed values of each line. */
function columns(data: PlotData): uPlot.AlignedData {
  const ys = data.lines.flatMap((line) =>
    line.smooth ? [line.values, line.smooth] : [line.values],
  );
  return [data.x as number[], ...(ys as (number | null)[][])];
}

function options(
  host: HTMLElement,
  xLabel: string,
  data: PlotData,
  onCursor: (row: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => resolved(host, `var(${name})`);
  const font = `12px ${style.getPropertyValue('--sans')}`;
  const axis = { stroke: color('--muted'), font, ticks: { show: false } };
  const grid = { stroke: color('--grid'), width: 1 };
  const right = data.lines.some((line) => line.right);
  const sideOf = (line: PlotLine) => (line.right ? 'right' : 'y');
  return {
    width: Math.max(120, host.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    padding: [8, right ? 0 : 12, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false },
      y: { range: rangeOf },
      ...(right ? { right: { range: rangeOf } } : {}),
    },
    axes: [
      {
        ...axis,
        // Steps are whole: no ticks between them.
        incrs: WHOLE_STEPS,
        grid: { show: false },
        label: xLabel,
        labelFont: font,
        labelSize: 18,
        size: 28,
      },
      { ...axis, grid, size: 52 },
      ...(right
        ? [{ ...axis, scale: 'right', side: 1 as const, grid: { show: false }, size: 48 }]
        : []),
    ],
    series: [
      {},
      ...data.lines.flatMap((line): uPlot.Series[] => {
        const drawn = {
          label: line.label,
          scale: sideOf(line),
          stroke: color(line.color),
          width: 2,
          spanGaps: true,
          points: { show: data.x.length < 2 },
          ...(line.dash ? { dash: [...line.dash] } : {}),
        };
        return line.smooth ? [{ ...drawn, width: 1, alpha: 0.3 }, drawn] : [drawn];
      }),
    ],
    hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? null)] },
  };
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
