/** The stored experiments as a whole: what the list says of each, and single parts of any of them. */
import type { Training } from '../config/stages';
import type { Store } from '../store/store';
import type { ExperimentSummary, MetricRow } from './api';
import { checkParts, summaryOf } from './stored';

export class Library {
  private readonly warned = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly warn: (message: string) => void,
  ) {}

  /** Newest first; one that cannot be read is left out, and told once. */
  async summaries(): Promise<ExperimentSummary[]> {
    const ids = await this.store.ids();
    const records = await Promise.all(ids.map((id) => this.store.get<unknown>(id, 'record')));
    return records
      .flatMap((record) => summaryOf(record, (why) => this.warnOnce(why)))
      .sort((a, b) => b.created - a.created);
  }

  private warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.warn(message);
  }

  /** The logged metrics of an experiment, without opening it. */
  async metricsOf(id: string): Promise<Partial<Record<Training, MetricRow[]>>> {
    const metrics = await this.store.get(id, 'metrics');
    return checkParts({ metrics }, (_, why) => this.warnOnce(`Metrics of ${id}: ${why}.`)).metrics;
  }
}
