/**
 * Metric rows and samples of every training, as they stream in. Rows are appended in place and one
 * signal a training says that they grew: thousands of rows need no fine-grained store.
 */
import { createSignal } from 'solid-js';
import { TRAININGS, type Training } from '../../config/stages';
import type { LabEvent, MetricRow, Sample, Snapshot } from '../../lab/api';

export interface SampleSet {
  readonly step: number;
  readonly samples: readonly Sample[];
}

export interface Curves {
  rows(training: Training): readonly MetricRow[];
  /** Oldest first; the newest is the last. */
  samples(training: Training): readonly SampleSet[];
  load(snapshot: Snapshot | null): void;
  take(event: LabEvent): void;
}

/** Sample sets kept of a training; older ones are thinned, so that the first ones stay visible. */
const KEPT = 60;

export function createCurves(): Curves {
  const cell = <T>() => {
    const list: T[] = [];
    const [version, bump] = createSignal(0);
    return {
      list,
      read: (): readonly T[] => {
        version();
        return list;
      },
      changed: () => bump((n) => n + 1),
    };
  };
  const each = <T>(make: () => T) =>
    Object.fromEntries(TRAININGS.map((training) => [training, make()])) as Record<Training, T>;
  const rows = each(() => cell<MetricRow>());
  const samples = each(() => cell<SampleSet>());

  return {
    rows: (training) => rows[training].read(),
    samples: (training) => samples[training].read(),
    load(snapshot) {
      for (const training of TRAININGS) {
        const { list, changed } = rows[training];
        list.length = 0;
        for (const row of snapshot?.metrics[training] ?? []) list.push(row);
        changed();
        const shown = samples[training];
        const latest = snapshot?.samples[training];
        const kept = latest ? shown.list.filter((set) => set.step < latest.step) : [];
        shown.list.length = 0;
        shown.list.push(...kept, ...(latest ? [latest] : []));
        shown.changed();
      }
    },
    take(event) {
      if (event.type === 'metrics') {
        const { list, changed } = rows[event.training];
        const first = event.rows[0];
        // A stage that starts over, or goes on from a checkpoint, logs its steps again.
        if (first) while (list.length > 0 && list.at(-1)!.step >= first.step) list.pop();
        for (const row of event.rows) list.push(row);
        changed();
      } else if (event.type === 'samples') {
        const { list, changed } = samples[event.training];
        while (list.length > 0 && list.at(-1)!.step >= event.step) list.pop();
        list.push({ step: event.step, samples: event.samples });
        if (list.length > KEPT) list.splice(1, list.length - 1, ...thinned(list.slice(1)));
        changed();
      }
    },
  };
}

/** Every other set, the newest kept. */
function thinned(sets: SampleSet[]): SampleSet[] {
  return sets.filter((_, i) => (sets.length - 1 - i) % 2 === 0);
}
