/** Rows of metrics as columns for a chart, thinned tables, and smoothing. Plain functions. */
import type { MetricRow } from '../../lab/api';

/** One metric over the rows; null where a row does not log it. */
export function column(rows: readonly MetricRow[], name: string): (number | null)[] {
  return rows.map((row) => {
    const value = row[name];
    return value === undefined || !Number.isFinite(value) ? null : value;
  });
}

/**
 * Exponential moving average without a start-up kink: the weights of the values seen so far are
 * normalised to sum to 1 (as Adam corrects its moments). Nulls are passed over.
 */
export function smoothed(values: readonly (number | null)[], decay: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
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

/** The last value that is there. */
export function lastOf(values: readonly (number | null)[]): number | null {
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

export function firstOf(values: readonly (number | null)[]): number | null {
  return values.find((value) => value !== null) ?? null;
}
