/** The stored experiments as a whole: what the list says of each, and single parts of any of them. */
import { MODELS, type ModelName, type Training } from '../config/stages';
import { Checkpoints } from '../store/checkpoints';
import { SizeReader } from '../store/sizes';
import type { Store } from '../store/store';
import { FormatError } from '../text/formats/errors';
import { checkpointOf, endsOf, holdingsOf, peopleOf } from './account';
import type { ExperimentAccount, ExperimentSummary, MetricRow, RemovedSummary } from './api';
import type { ExperimentRecord, Floats, Parts } from './parts';
import { checkParts, checkRecord, readRecord, summarise } from './stored';
import { whileUnused } from './tabs';

/** A deleted experiment can be restored for so long. */
export const KEPT_MS = 7 * 24 * 3600 * 1000;

/** Parts that an account reads. */
const TOLD = ['metrics', 'personal', 'imported', 'demonstrations', 'rankings'] as const;

/** The account of an experiment, from its parts. */
export function accountOf(
  record: ExperimentRecord,
  parts: Pick<Parts, (typeof TOLD)[number]>,
  models: readonly ModelName[],
  checkpoint: { training: string; step: number } | undefined,
): ExperimentAccount {
  const { config, report, made } = record;
  return structuredClone({
    summary: summarise(record),
    ...{ config, report, models, made },
    ...endsOf(parts.metrics),
    checkpoint: checkpointOf(checkpoint),
    holdings: holdingsOf(record, peopleOf(parts), models),
  });
}

export class Library {
  private readonly warned = new Set<string>();
  private readonly sizesOf: SizeReader;

  constructor(
    private readonly store: Store,
    private readonly warn: (message: string) => void,
  ) {
    this.sizesOf = new SizeReader(store);
  }

  private warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.warn(message);
  }

  /** Records that can be read; of the others it is told once why not. */
  private async records(): Promise<ExperimentRecord[]> {
    const ids = await this.store.ids();
    const records = await Promise.all(ids.map((id) => this.store.get<unknown>(id, 'record')));
    return records.flatMap((record) => readRecord(record, (why) => this.warnOnce(why)));
  }

  /** Newest first. */
  async summaries(): Promise<ExperimentSummary[]> {
    const records = (await this.records()).filter(({ removed }) => removed === undefined);
    return records.map(summarise).sort((a, b) => b.created - a.created);
  }

  /** The logged metrics of an experiment, without opening it. */
  async metricsOf(id: string): Promise<Partial<Record<Training, MetricRow[]>>> {
    return (await this.parts(id, ['metrics'])).metrics;
  }

  private async parts(id: string, names: readonly (typeof TOLD)[number][]) {
    const raw: Record<string, unknown> = {};
    for (const name of names) raw[name] = await this.store.get(id, name);
    return checkParts(raw, (name, why) => this.warnOnce(`The ${name} of ${id}: ${why}.`));
  }

  /** @throws in one sentence when there is no such experiment, or none that can be read */
  async record(id: string): Promise<ExperimentRecord> {
    const stored = await this.store.get<unknown>(id, 'record');
    if (stored === undefined) throw new FormatError(`There is no experiment ${id}.`);
    return checkRecord(stored);
  }

  async account(id: string): Promise<ExperimentAccount> {
    const record = await this.record(id);
    const stored = await this.store.parts(id);
    const models = MODELS.filter((name) => stored.includes(`model ${name}`));
    const checkpoint = await new Checkpoints(this.store, id).place();
    return accountOf(record, await this.parts(id, TOLD), models, checkpoint);
  }

  /** A stored model's weights, and an imported tokenizer that goes with them. */
  async model(id: string, name: ModelName): Promise<{ floats: Floats; tokenizer: string | null }> {
    const floats = await this.store.get<Floats>(id, `model ${name}`);
    if (!(floats instanceof Float32Array)) {
      throw new Error(`The ${name} model is not stored; its stage must run first.`);
    }
    return { floats, tokenizer: (await this.store.get<string>(id, 'tokenizer')) ?? null };
  }

  /** Changes the record of an experiment that no tab has open. @throws where one has */
  async change(id: string, what: string, to: (record: object) => object): Promise<void> {
    const changed = await whileUnused(id, async () => {
      await this.record(id);
      const record = (await this.store.get<object>(id, 'record'))!;
      await this.store.write(id, { put: { record: to(record) } });
    });
    if (changed) return;
    throw new Error(`The experiment is open in another tab; close it there, then ${what}.`);
  }

  /** Deletes it so that it can be restored. */
  remove(id: string): Promise<void> {
    return this.change(id, 'delete it', (record) => ({ ...record, removed: Date.now() }));
  }

  /** Latest first. */
  async removed(): Promise<RemovedSummary[]> {
    return (await this.records())
      .flatMap((record) => {
        const { removed } = record;
        if (removed === undefined) return [];
        return [{ ...summarise(record), removed, until: removed + KEPT_MS }];
      })
      .sort((a, b) => b.removed - a.removed);
  }

  restore(id: string): Promise<void> {
    return this.change(
      id,
      'restore it',
      ({ removed: _, ...record }: { removed?: number }) => record,
    );
  }

  /** @throws unless it was deleted before */
  async erase(id: string): Promise<void> {
    if ((await this.record(id)).removed === undefined) {
      throw new Error('Only a deleted experiment is erased; delete it first.');
    }
    if (await whileUnused(id, () => this.store.removeAll(id))) return;
    throw new Error('The experiment is open in another tab; close it there, then erase it.');
  }

  /** Erases what was deleted longer ago than it is kept. */
  async sweep(now = Date.now()): Promise<void> {
    for (const { id, until } of await this.removed()) {
      if (until <= now) await whileUnused(id, () => this.store.removeAll(id));
    }
  }

  async sizes(): Promise<Record<string, number>> {
    const sizes: Record<string, number> = {};
    for (const id of await this.store.ids()) sizes[id] = await this.sizesOf.bytesOf(id);
    return sizes;
  }
}
