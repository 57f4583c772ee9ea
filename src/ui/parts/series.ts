/** Rows of metrics as lines for a chart: any metric on x, smoothing, tables. Plain functions. */
import type { MetricRow } from '../../lab/api';

/** What stands on x: a field of the rows, or the root of the KL (Gao et al. 2022 plot against it). */
export const SQRT_KL = 'sqrt(objective/kl)';

/** The value on x of a row; null where it has none. */
export function xOf(row: MetricRow, axis: string): number | null {
  const value = axis === SQRT_KL ? Math.sqrt(Math.max(0, row['objective/kl']!)) : row[axis];
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** Points of a line, x ascending. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Whether x goes forward only; else neighbours in x are no neighbours in time. */
  readonly forward: boolean;
}

/** The rows that have both, in the order of x; equal x in the order of time. */
export function pointsOf(rows: readonly MetricRow[], axis: string, name: string): Points {
  const points: [number, number][] = [];
  let forward = true;
  for (const row of rows) {
    const [x, y] = [xOf(row, axis), xOf(row, name)];
    if (x === null || y === null) continue;
    if (points.length > 0 && x < points.at(-1)![0]) forward = false;
    points.push([x, y]);
  }
  if (!forward) points.sort((a, b) => a[0] - b[0]);
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y), forward };
}

/** Lines with x of their own as one table over all x that occur, null where a line has no point. */
export function tabulate(lines: readonly { x: readonly number[]; y: readonly number[] }[]): {
  x: number[];
  columns: (number | null)[][];
} {
  const x = [...new Set(lines.flatMap((line) => line.x))].sort((a, b) => a - b);
  const at = new Map(x.map((value, index) => [value, index]));
  const columns = lines.map((line) => {
    const values = new Array<number | null>(x.length).fill(null);
    line.x.forEach((value, i) => {
      values[at.get(value)!] = line.y[i]!;
    });
    return values;
  });
  return { x, columns };
}

/** Index of the point whose x is nearest; −1 without points. */
export function nearest(x: readonly number[], wanted: number): number {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && wanted - x[low - 1]! <= x[low]! - wanted) return low - 1;
  return x.length === 0 ? -1 : low;
}

/**
 * Exponential moving average without a start-up kink: the weights of the values seen so far are
 * normalised to sum to 1 (as Adam corrects its moments). Nulls are passed over.
 */
export function smoothed<Value extends number | null>(
  values: readonly Value[],
  decay: number,
): Value[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return value;
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return (sum / weight) as Value;
  });
}

/** At most `count` entries at even distances, first and last always among them. */
export function thin<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from(
    { length: count },
    (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!,
  );
}

/** Rows as comma-separated values; text with a comma or a quote is quoted. */
export function toCsv(
  header: readonly string[],
  rows: readonly (readonly (number | string | null)[])[],
) {
  const cell = (value: number | string | null) => {
    const text = value === null ? '' : `${value}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
