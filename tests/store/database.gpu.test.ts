/** The store in a real browser's IndexedDB: what was confirmed is there, and nothing is half there. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { databaseStore, openStore } from '../../src/store/database';
import { StoreError } from '../../src/store/store';

const NAME = 'test-database';
afterEach(async () => {
  vi.restoreAllMocks();
  await new Promise((done) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = done;
    request.onblocked = done;
  });
});

describe('the database', () => {
  it('holds what was written for whoever opens it next', async () => {
    const floats = Float32Array.of(1, Number.NaN, -0);
    await databaseStore(NAME).write('a', { put: { record: { id: 'a' }, floats } });
    const again = databaseStore(NAME);
    expect(await again.get('a', 'floats')).toEqual(floats);
    expect(await again.ids()).toEqual(['a']);
    expect((await again.parts('a')).sort()).toEqual(['floats', 'record']);
    expect(await again.problem()).toBeNull();
  });

  it('puts and removes in one transaction, and does neither when one part cannot be stored', async () => {
    const store = databaseStore(NAME);
    await store.write('a', { put: { old: 1 } });
    const change = { put: { fresh: 2, bad: () => {} }, remove: ['old'] };
    await expect(store.write('a', change)).rejects.toThrow(StoreError);
    expect(await store.parts('a')).toEqual(['old']);
    await store.write('a', { put: { fresh: 2 }, remove: ['old'] });
    expect(await store.parts('a')).toEqual(['fresh']);
  });

  it('forgets one experiment and leaves another with a longer name', async () => {
    const store = databaseStore(NAME);
    await store.write('a', { put: { record: 1 } });
    await store.write('ab', { put: { record: 2 } });
    await store.removeAll('a');
    expect(await store.ids()).toEqual(['ab']);
  });

  it('opens again after the browser has closed the connection', async () => {
    const store = databaseStore(NAME);
    await store.write('a', { put: { record: 1 } });
    // Deleting makes every connection let go.
    await new Promise((done) => {
      indexedDB.deleteDatabase(NAME).onsuccess = done;
    });
    await store.write('a', { put: { record: 3 } });
    expect(await store.get('a', 'record')).toBe(3);
  });

  it('says how to go on when the disk is full', async () => {
    const store = databaseStore(NAME);
    await store.ids();
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    const failure = await store.write('a', { put: { personal: [1] } }).catch((cause) => cause);
    expect(failure).toMatchObject({ name: 'StoreError', full: true });
    expect(failure.message).toMatch(/personal could not be stored; save the experiment to a file/);
  });

  it('gives way to memory where the browser blocks it or it is damaged, and says why', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure', 'SecurityError');
    });
    const store = openStore(NAME);
    await store.write('a', { put: { record: { id: 'a' } } });
    expect(await store.ids()).toEqual(['a']);
    expect(await store.problem()).toMatch(/stores nothing for this page.*insecure/);
  });
});
