/**
 * How the charts are drawn, the same in every room: what stands on x, how much is smoothed, and
 * which other experiments' runs are drawn beside this one's.
 */
import { createSignal } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { Training } from '../../config/stages';
import type { MetricRow } from '../../lab/api';
import type { LabStore } from './lab';

/** Share of the past that a smoothed value keeps; 'auto' suits the length of the curve. */
export const SMOOTHINGS = {
  auto: 'auto',
  none: 'none',
  light: 'light',
  medium: 'medium',
  strong: 'strong',
} as const;
export type Smoothing = keyof typeof SMOOTHINGS;
const DECAYS: Readonly<Record<Exclude<Smoothing, 'auto' | 'none'>, number>> = {
  light: 0.6,
  medium: 0.9,
  strong: 0.97,
};

const [axes, setAxes] = createStore<Partial<Record<Training, string>>>({});
const [smoothing, setSmoothing] = createSignal<Smoothing>('auto');

export { setSmoothing, smoothing };

/** What stands on x in the charts of a training; its step unless something else was chosen. */
export const axisOf = (training: Training): string => axes[training] ?? 'step';
export const setAxis = (training: Training, axis: string) => setAxes(training, axis);

/** Points that make a noisy curve, or a cloud of points, worth smoothing by itself. */
const LONG = { curve: 60, cloud: 8 };

/**
 * The decay for a curve of so many points; null for none. By itself, a noisy curve's line looks
 * back over a fortieth of it, over fifty rows at most, and a cloud's over five points.
 */
export function decayFor(count: number, kind: 'plain' | 'noisy' | 'cloud'): number | null {
  const chosen = smoothing();
  if (chosen === 'none' || count < 3) return null;
  if (chosen !== 'auto') return DECAYS[chosen];
  if (kind === 'cloud') return count >= LONG.cloud ? 0.8 : null;
  return kind === 'noisy' && count > LONG.curve
    ? 1 - 1 / Math.max(1, Math.min(50, count / 40))
    : null;
}

/** Another experiment's run. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly metrics: Readonly<Partial<Record<Training, readonly MetricRow[]>>>;
}

const [compared, setCompared] = createStore<{ runs: Run[] }>({ runs: [] });

/** The runs that are drawn beside the open one, which is never among them; nor is a deleted one. */
export const comparedRuns = (store: LabStore): readonly Run[] =>
  compared.runs.filter(
    ({ id }) =>
      id !== store.state.experiment?.id && store.state.experiments.some((one) => one.id === id),
  );

export async function compareRun(store: LabStore, id: string, on: boolean): Promise<void> {
  const others = compared.runs.filter((run) => run.id !== id);
  if (!on) return setCompared('runs', reconcile(others));
  await store.notices.attempt(async () => {
    const metrics = await store.api.metricsOf(id);
    const name = store.state.experiments.find((one) => one.id === id)?.name ?? id;
    setCompared('runs', [...others, { id, name, metrics }]);
  });
}
