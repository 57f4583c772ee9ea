/**
 * The store in IndexedDB: one table, keys `experiment id / part`, each write flushed to the disk
 * before it is confirmed. Where the database cannot be opened at all (blocked, damaged, a private
 * window of some browsers), a store in memory takes its place and says why.
 */
import { get, keys, promisifyRequest, type UseStore } from 'idb-keyval';
import { idsAmong, keyOf, memoryStore, partsAmong, type Store, StoreError } from './store';

const TABLE = 'experiments';
/** A database that does not open in this time never will. */
const OPEN_MS = 15_000;

/** A connection that is made again when the browser has closed it. */
function connection(name: string): UseStore {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it does not open')), OPEN_MS);
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        clearTimeout(timer);
        const db = request.result;
        db.onclose = () => {
          opened = undefined;
        };
        // Somebody deletes the database: let go, so that they need not wait for this tab.
        db.onversionchange = () => {
          db.close();
          opened = undefined;
        };
        resolve(db);
      };
    });
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return async (mode, work) => {
    let db = await open();
    const begin = () => db.transaction(TABLE, mode, { durability: 'strict' });
    let transaction: IDBTransaction;
    try {
      transaction = begin();
    } catch {
      opened = undefined;
      db = await open();
      transaction = begin();
    }
    try {
      return await work(transaction.objectStore(TABLE));
    } catch (cause) {
      // A value that cannot be stored throws, and what was put before it would be committed.
      try {
        transaction.abort();
      } catch {
        // It has ended by itself.
      }
      throw cause;
    }
  };
}

const isFull = (cause: unknown) =>
  cause instanceof DOMException && cause.name === 'QuotaExceededError';

/** IndexedDB itself, without a substitute. @throws {StoreError} from every method */
export function databaseStore(name: string): Store {
  const db = connection(name);
  const saying = async <Value>(what: string, work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (cause) {
      if (isFull(cause)) {
        throw new StoreError(
          `The disk space that the browser grants this page is used up, so ${what} could not be stored; save the experiment to a file, or delete one.`,
          true,
        );
      }
      throw new StoreError(`${what} could not be read or stored: ${String(cause)}.`);
    }
  };
  const all = () => saying('the list of experiments', keys<string>(db));
  return {
    get: (id, part) => saying(part, get(keyOf(id, part), db)),
    write: (id, { put = {}, remove = [] }) =>
      saying(
        Object.keys(put).join(', ') || 'the change',
        db('readwrite', (table) => {
          for (const part of remove) table.delete(keyOf(id, part));
          for (const [part, value] of Object.entries(put)) table.put(value, keyOf(id, part));
          return promisifyRequest(table.transaction);
        }),
      ),
    removeAll: (id) =>
      saying(
        'the deletion',
        db('readwrite', (table) => {
          table.delete(IDBKeyRange.bound(`${id}/`, `${id}0`, false, true));
          return promisifyRequest(table.transaction);
        }),
      ),
    parts: async (id) => partsAmong(await all(), id),
    ids: async () => idsAmong(await all()),
    problem: async () => null,
  };
}

/** The browser's store, or one in memory where the browser keeps nothing. */
export function openStore(name = 'pocket-rlhf'): Store {
  const disk = databaseStore(name);
  const chosen = disk.ids().then(
    () => disk,
    (cause) =>
      memoryStore(
        `This browser stores nothing for this page, so everything is gone when the tab closes; save to files what you want to keep. (${cause instanceof Error ? cause.message : cause})`,
      ),
  );
  return {
    get: async (id, part) => (await chosen).get(id, part),
    write: async (id, change) => (await chosen).write(id, change),
    removeAll: async (id) => (await chosen).removeAll(id),
    parts: async (id) => (await chosen).parts(id),
    ids: async () => (await chosen).ids(),
    problem: async () => (await chosen).problem(),
  };
}
