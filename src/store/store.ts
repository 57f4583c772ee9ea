/**
 * What outlives a tab: experiments, models, checkpoints and people's labels, in IndexedDB.
 *
 * Keys are `experiment id / part`. Values are plain data and typed arrays, so structured cloning
 * stores them as they are. One transaction a call; a write that fails leaves what was there.
 */
import { createStore, delMany, get, keys, set, setMany, type UseStore } from 'idb-keyval';

/** A database that cannot be used, in one sentence. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

export interface Store {
  get<Value>(id: string, part: string): Promise<Value | undefined>;
  set(id: string, part: string, value: unknown): Promise<void>;
  /** Several parts of one experiment in one transaction. */
  setAll(id: string, parts: Readonly<Record<string, unknown>>): Promise<void>;
  remove(id: string, parts: readonly string[]): Promise<void>;
  removeAll(id: string): Promise<void>;
  ids(): Promise<string[]>;
}

const keyOf = (id: string, part: string) => `${id}/${part}`;

/** The browser's store. @throws {StoreError} where IndexedDB is blocked */
export function openStore(name = 'pocket-rlhf'): Store {
  let db: UseStore;
  try {
    db = createStore(name, 'experiments');
  } catch (cause) {
    throw new StoreError(`This browser blocks IndexedDB, so nothing can be kept: ${String(cause)}`);
  }
  const saying = async <Value>(what: string, work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (cause) {
      const full = cause instanceof DOMException && cause.name === 'QuotaExceededError';
      throw new StoreError(
        full
          ? `The disk space that the browser grants is used up, so ${what} was not stored; delete an experiment, or export and go on.`
          : `${what} could not be read or stored: ${String(cause)}`,
      );
    }
  };
  const partsOf = async (id: string) =>
    (await keys<string>(db)).filter((key) => key.startsWith(`${id}/`));
  return {
    get: (id, part) => saying(part, get(keyOf(id, part), db)),
    set: (id, part, value) => saying(part, set(keyOf(id, part), value, db)),
    setAll: (id, parts) =>
      saying(
        Object.keys(parts).join(', '),
        setMany(
          Object.entries(parts).map(([part, value]) => [keyOf(id, part), value]),
          db,
        ),
      ),
    remove: (id, parts) =>
      saying(
        'the experiment',
        delMany(
          parts.map((part) => keyOf(id, part)),
          db,
        ),
      ),
    removeAll: async (id) => saying('the experiment', delMany(await partsOf(id), db)),
    ids: async () => {
      const all = await saying('the list of experiments', keys<string>(db));
      return all
        .filter((key) => key.endsWith('/record'))
        .map((key) => key.slice(0, -'/record'.length));
    },
  };
}

/** A store in memory, for tests and for windows that keep nothing. */
export function memoryStore(): Store {
  const parts = new Map<string, unknown>();
  return {
    get: async <Value>(id: string, part: string) =>
      structuredClone(parts.get(keyOf(id, part))) as Value | undefined,
    set: async (id, part, value) => {
      parts.set(keyOf(id, part), structuredClone(value));
    },
    setAll: async (id, values) => {
      for (const [part, value] of Object.entries(values)) {
        parts.set(keyOf(id, part), structuredClone(value));
      }
    },
    remove: async (id, names) => {
      for (const name of names) parts.delete(keyOf(id, name));
    },
    removeAll: async (id) => {
      for (const key of [...parts.keys()]) if (key.startsWith(`${id}/`)) parts.delete(key);
    },
    ids: async () =>
      [...parts.keys()]
        .filter((key) => key.endsWith('/record'))
        .map((key) => key.slice(0, -'/record'.length)),
  };
}
