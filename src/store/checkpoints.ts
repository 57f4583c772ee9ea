/**
 * Checkpoints of one experiment, in two slots. A new one goes to the other slot in one transaction
 * and is read back; only when its checksums are right is the previous one removed. So at every
 * instant at least one whole checkpoint is there, and a damaged one is found when it is read.
 */
import { checksum, checksumOfPieces } from './checksum';
import { type Change, type Store, StoreError } from './store';

/** What a training needs to go on where it stopped. */
export interface StoredCheckpoint {
  readonly training: string;
  readonly step: number;
  /** Whole arenas by role. */
  readonly arenas: Readonly<Record<string, Float32Array>>;
  readonly state: Readonly<Record<string, number>>;
}

/** The small part of a checkpoint; its arenas are a part of their own. */
interface Header {
  readonly generation: number;
  readonly training: string;
  readonly step: number;
  readonly state: Readonly<Record<string, number>>;
  /** Checksum of each arena by role. */
  readonly sums: Readonly<Record<string, string>>;
  /** Floats of each arena, in the order of the blob; absent where each arena is a part (once). */
  readonly floats?: Readonly<Record<string, number>>;
  /** Checksum of the fields above. */
  readonly sum: string;
}

const SLOTS = [0, 1] as const;
type Slot = (typeof SLOTS)[number];

const headerPart = (slot: Slot) => `checkpoint ${slot}`;
/** All arenas, one after the other, as one blob, which no serializer copies as it grows. */
const arenasPart = (slot: Slot) => `checkpoint ${slot} arenas`;
const arenaPart = (slot: Slot, role: string) => `checkpoint ${slot} ${role}`;

/** Whether a part belongs to a checkpoint, of this form or the first one. */
export const isCheckpointPart = (part: string) => /^checkpoint( |$)/.test(part);

const headerSum = ({ generation, training, step, state, sums, floats }: Omit<Header, 'sum'>) =>
  checksum(JSON.stringify({ generation, training, step, state, sums, floats }));

const mapped = async <From, To>(
  entries: Readonly<Record<string, From>>,
  work: (value: From, role: string) => Promise<To>,
): Promise<Record<string, To>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(entries).map(
        async ([role, value]) => [role, await work(value, role)] as const,
      ),
    ),
  );

async function isWhole(header: Header | undefined): Promise<boolean> {
  if (typeof header !== 'object' || header === null || typeof header.sums !== 'object')
    return false;
  return header.sum === (await headerSum(header));
}

/** What a blob holds; undefined where its file is gone. @throws {StoreError} when it is unreadable */
async function bytesOf(blob: Blob): Promise<ArrayBuffer | undefined> {
  try {
    return await blob.arrayBuffer();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotFoundError') return undefined;
    throw new StoreError(`The checkpoint could not be read: ${String(cause)}.`);
  }
}

/** The bytes that a checkpoint takes. */
export const checkpointBytes = ({ arenas }: StoredCheckpoint) =>
  Object.values(arenas).reduce((sum, { byteLength }) => sum + byteLength, 0);

export class Checkpoints {
  private newest: { slot: Slot; generation: number } | undefined;

  constructor(
    private readonly store: Store,
    private readonly id: string,
  ) {}

  /**
   * Stores a checkpoint, and `beside` it what belongs to it, in one transaction.
   * @throws {StoreError} when it cannot be written or read back; the previous one is there still
   */
  async write(checkpoint: StoredCheckpoint, beside: Change = {}): Promise<void> {
    const { training, step, state, arenas } = checkpoint;
    const slot: Slot = this.newest?.slot === 0 ? 1 : 0;
    const generation = (this.newest?.generation ?? 0) + 1;
    const blob = new Blob(Object.values(arenas) as Float32Array<ArrayBuffer>[]);
    const floats = Object.fromEntries(
      Object.entries(arenas).map(([role, arena]) => [role, arena.length]),
    );
    const sums = await mapped(arenas, checksumOfPieces);
    const unsigned = { generation, training, step, state, sums, floats };
    const header: Header = { ...unsigned, sum: await headerSum(unsigned) };
    const put = { ...beside.put, [headerPart(slot)]: header, [arenasPart(slot)]: blob };
    const stale = (await this.partsOf(slot)).filter((part) => !(part in put));
    await this.store.write(this.id, { put, remove: [...stale, ...(beside.remove ?? [])] });
    if (!(await this.verify(slot, header))) {
      await this.store.write(this.id, { remove: await this.partsOf(slot) });
      throw new StoreError(
        `The checkpoint of ${training}, step ${step}, did not come back from the disk as it was written; the one before it is kept.`,
      );
    }
    this.newest = { slot, generation };
    await this.store.write(this.id, { remove: await this.partsOf(slot === 0 ? 1 : 0) });
  }

  /**
   * The newest checkpoint that is whole, its arenas verified.
   * @param damaged is told of each one that is not
   */
  async read(damaged: (what: string) => void): Promise<StoredCheckpoint | undefined> {
    const headers = await Promise.all(
      SLOTS.map(async (slot) => ({
        slot,
        header: await this.store.get<Header>(this.id, headerPart(slot)),
      })),
    );
    const found = headers.filter(({ header }) => header !== undefined);
    found.sort((a, b) => (b.header?.generation ?? 0) - (a.header?.generation ?? 0));
    for (const { slot, header } of found) {
      const arenas = await this.arenasOf(slot, header);
      if (arenas) {
        const { generation, training, step, state } = header!;
        this.newest = { slot, generation };
        return { training, step, state, arenas };
      }
      damaged(`the checkpoint of ${header?.training ?? 'a stage'}, step ${header?.step ?? '?'}`);
    }
    return undefined;
  }

  /** Where the newest checkpoint stands, by its header alone. */
  async place(): Promise<{ training: string; step: number } | undefined> {
    const headers = await Promise.all(
      SLOTS.map((slot) => this.store.get<Header>(this.id, headerPart(slot))),
    );
    const whole = await Promise.all(headers.map(isWhole));
    const found = headers.filter((_, at) => whole[at]).map((header) => header!);
    found.sort((a, b) => b.generation - a.generation);
    return found[0] && { training: found[0].training, step: found[0].step };
  }

  /** Parts to remove when a training is done. */
  async parts(): Promise<string[]> {
    return (await this.store.parts(this.id)).filter(isCheckpointPart);
  }

  private async partsOf(slot: Slot): Promise<string[]> {
    const own = headerPart(slot);
    return (await this.store.parts(this.id)).filter(
      (part) => part === own || part.startsWith(`${own} `),
    );
  }

  /** Reads arena by arena, so that no second copy of the whole is ever in memory. */
  private async verify(slot: Slot, { sums, sum }: Header): Promise<boolean> {
    const header = await this.store.get<Header>(this.id, headerPart(slot));
    if (header?.sum !== sum || !(await isWhole(header))) return false;
    const arenaOf = await this.reader(slot, header);
    for (const role of Object.keys(sums)) if (!(await arenaOf(role))) return false;
    return true;
  }

  private async arenasOf(
    slot: Slot,
    header: Header | undefined,
  ): Promise<Record<string, Float32Array> | undefined> {
    if (!(await isWhole(header))) return undefined;
    const arenaOf = await this.reader(slot, header!);
    // All of them are wanted at once, and one is read while another is summed.
    const found = await mapped(header!.sums, (_, role) => arenaOf(role));
    const isFound = Object.values(found).every((arena) => arena !== undefined);
    return isFound ? (found as Record<string, Float32Array>) : undefined;
  }

  /** Reads one arena of a slot; undefined where it does not have its checksum. */
  private async reader(
    slot: Slot,
    { sums, floats }: Header,
  ): Promise<(role: string) => Promise<Float32Array | undefined>> {
    if (!floats) {
      return async (role) => {
        const arena = await this.store.get<unknown>(this.id, arenaPart(slot, role));
        const isRight = arena instanceof Float32Array && (await checksum(arena)) === sums[role];
        return isRight ? arena : undefined;
      };
    }
    const blob = await this.store.get<unknown>(this.id, arenasPart(slot));
    const starts: Record<string, number> = {};
    let bytes = 0;
    for (const [role, length] of Object.entries(floats)) {
      starts[role] = bytes;
      bytes += length * Float32Array.BYTES_PER_ELEMENT;
    }
    return async (role) => {
      if (!(blob instanceof Blob) || blob.size !== bytes) return undefined;
      const start = starts[role]!;
      const end = start + floats[role]! * Float32Array.BYTES_PER_ELEMENT;
      const read = await bytesOf(blob.slice(start, end));
      if (!read) return undefined;
      const arena = new Float32Array(read);
      return (await checksumOfPieces(arena)) === sums[role] ? arena : undefined;
    };
  }
}
