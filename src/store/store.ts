/**
 * What outlives a tab: experiments, models, checkpoints and people's labels, by experiment and
 * part. Values are plain data, typed arrays and blobs. Every write is one transaction: all of it or
 * nothing is there afterwards, whatever ends the browser in between.
 */

/** Storage that cannot be used, in one sentence with a way on. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    message: string,
    /** Whether the space granted to the page is used up. */
    readonly full = false,
  ) {
    super(message);
  }
}

/** Parts to put and parts to remove, together. */
export interface Change {
  readonly put?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
}

export interface Store {
  get<Value>(id: string, part: string): Promise<Value | undefined>;
  /** Puts and removes parts of one experiment in one transaction. @throws {StoreError} */
  write(id: string, change: Change): Promise<void>;
  removeAll(id: string): Promise<void>;
  /** Names of an experiment's parts. */
  parts(id: string): Promise<string[]>;
  /** Every experiment that has a record. */
  ids(): Promise<string[]>;
  /** Why nothing outlives the tab, in one sentence; null where it does. */
  problem(): Promise<string | null>;
}

export const keyOf = (id: string, part: string) => `${id}/${part}`;

/** The parts of an experiment among all keys. */
export const partsAmong = (keys: readonly string[], id: string) =>
  keys.filter((key) => key.startsWith(`${id}/`)).map((key) => key.slice(id.length + 1));

/** The experiments among all keys. */
export const idsAmong = (keys: readonly string[]) =>
  keys.filter((key) => key.endsWith('/record')).map((key) => key.slice(0, -'/record'.length));

/** A store in memory, for tests and for windows that keep nothing. */
export function memoryStore(problem: string | null = null): Store {
  const held = new Map<string, unknown>();
  const keys = () => [...held.keys()];
  return {
    get: async <Value>(id: string, part: string) =>
      structuredClone(held.get(keyOf(id, part))) as Value | undefined,
    write: async (id, { put = {}, remove = [] }) => {
      const cloned = structuredClone(put);
      for (const part of remove) held.delete(keyOf(id, part));
      for (const [part, value] of Object.entries(cloned)) held.set(keyOf(id, part), value);
    },
    removeAll: async (id) => {
      for (const part of partsAmong(keys(), id)) held.delete(keyOf(id, part));
    },
    parts: async (id) => partsAmong(keys(), id),
    ids: async () => idsAmong(keys()),
    problem: async () => problem,
  };
}
