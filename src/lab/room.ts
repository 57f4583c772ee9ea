/**
 * Room on the disk. The rule: what was deleted and could still be restored goes first, then
 * automatic checkpoints of other experiments, of the one that was opened longest ago first; the stage that each belongs to begins again when it is resumed.
 * Models, rankings, demonstrations and every other thing stay whatever happens.
 */
import { isCheckpointPart } from '../store/checkpoints';
import { type Store, StoreError } from '../store/store';
import type { ExperimentRecord } from './parts';

/** Bytes that the browser has and grants; undefined where it does not say. */
export type Estimate = () => Promise<{ usage: number; quota: number } | undefined>;

export const browserEstimate: Estimate = async () => {
  const { usage, quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  return usage === undefined || quota === undefined ? undefined : { usage, quota };
};

/** What the database needs beside the values themselves. */
const OVERHEAD = 1.2;

/**
 * Sees to it that so many bytes can be written for an experiment.
 * @param free runs work on another experiment, unless a tab has that open
 * @param say is told of each checkpoint that had to go
 * @throws {StoreError} when there is no room even so
 */
export async function makeRoom(
  store: Store,
  id: string,
  bytes: number,
  say: (message: string) => void,
  {
    estimate = browserEstimate,
    free = async (_id: string, work: () => Promise<void>) => work(),
  }: { estimate?: Estimate; free?: (id: string, work: () => Promise<void>) => Promise<void> } = {},
): Promise<void> {
  const isEnough = async () => {
    const found = await estimate();
    return !found || found.quota - found.usage > bytes * OVERHEAD;
  };
  if (await isEnough()) return;
  const others = await Promise.all(
    (await store.ids())
      .filter((other) => other !== id)
      .map(async (other) => ({
        record: await store.get<ExperimentRecord>(other, 'record'),
        parts: (await store.parts(other)).filter(isCheckpointPart),
      })),
  );
  const deleted = others.filter(({ record }) => record?.removed !== undefined);
  deleted.sort((a, b) => a.record!.removed! - b.record!.removed!);
  for (const { record } of deleted) {
    await free(record!.id, async () => {
      await store.removeAll(record!.id);
      say(`To make room, the deleted experiment “${record!.name}” was erased.`);
    });
    if (await isEnough()) return;
  }
  const prunable = others.filter(
    ({ record, parts }) => record && record.removed === undefined && parts.length > 0,
  );
  prunable.sort((a, b) => usedOf(a.record!) - usedOf(b.record!));
  for (const { record, parts } of prunable) {
    await free(record!.id, async () => {
      await store.write(record!.id, { remove: parts });
      const day = new Date(usedOf(record!)).toISOString().slice(0, 10);
      say(
        `To make room, the automatic checkpoint of “${record!.name}” was removed (last opened on ${day}); its unfinished stage begins again when it is resumed.`,
      );
    });
    if (await isEnough()) return;
  }
  throw new StoreError(
    `The disk space that the browser grants this page does not hold the checkpoint (${Math.ceil(bytes / 2 ** 20)} MiB); save the experiment to a file, or delete one.`,
    true,
  );
}

const usedOf = ({ used, created }: ExperimentRecord) => used ?? created;
