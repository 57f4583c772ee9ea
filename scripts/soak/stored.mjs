/**
 * What the page has stored, fetched past the lab out of its database, and read here with the very
 * schemas and checksums that guard it.
 */
import { importTypeScript } from '../typescript.mjs';

/**
 * In the page: every key and value; typed arrays and blobs as base64, numbers that JSON lacks as
 * words.
 */
const dump = async () => {
  /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
  const answer = (request) =>
    new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
  const db = await answer(indexedDB.open('pocket-rlhf'));
  const table = db.transaction('experiments').objectStore('experiments');
  const [keys, values] = await Promise.all([answer(table.getAllKeys()), answer(table.getAll())]);
  /** @param {string} name @param {Uint8Array} bytes */
  const encoded = (name, bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return { $bytes: name, base64: btoa(text) };
  };
  const rows = keys.map(async (key, at) => {
    const value = values[at];
    if (!(value instanceof Blob)) return [key, value];
    return [key, encoded('Blob', new Uint8Array(await value.arrayBuffer()))];
  });
  const read = await Promise.all(rows);
  db.close();
  return JSON.stringify(read, (_, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: `${value}` };
    if (!ArrayBuffer.isView(value)) return value;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return encoded(value.constructor.name, bytes);
  });
};

/** @type {Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>} */
const ARRAYS = { Float32Array, Int32Array, Uint32Array, Uint16Array, Uint8Array };

/** @param {string} text @returns {[key: string, value: unknown][]} */
const decode = (text) =>
  JSON.parse(text, (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$number' in value) return Number(value.$number);
    if (!('$bytes' in value)) return value;
    const bytes = Uint8Array.from(Buffer.from(value.base64, 'base64'));
    return value.$bytes === 'Blob' ? new Blob([bytes]) : new ARRAYS[value.$bytes](bytes.buffer);
  });

/**
 * Steps that go up, seconds that do not go back, and numbers that are numbers.
 * @param {string} training
 * @param {readonly Record<string, number>[]} rows
 */
export function faultsOfMetrics(training, rows) {
  /** @type {string[]} */
  const faults = [];
  rows.forEach((row, at) => {
    const before = rows[at - 1];
    if (before && row.step <= before.step) {
      faults.push(`${training}: step ${row.step} follows step ${before.step}`);
    }
    if (before && row.seconds < before.seconds) {
      faults.push(`${training}: step ${row.step} is at ${row.seconds} s, the one before later`);
    }
    for (const [name, value] of Object.entries(row)) {
      if (!Number.isFinite(value))
        faults.push(`${training}: ${name} is ${value} at step ${row.step}`);
    }
  });
  return faults;
}

/** Parts that grow with what happens to a run, and not with the run. */
const GROWING = /\/(log|personal)$/;

/**
 * @typedef {object} Found
 * @property {string[]} faults in a sentence each
 * @property {number} bytes of everything but the log and people's rankings
 * @property {readonly import('../../src/lab/parts').PersonalRanking[]} personal of the experiment
 */

/**
 * @param {import('../chaos/browser.mjs').ChaosBrowser} browser
 * @param {string} id the experiment that is open
 * @returns {Promise<Found>}
 */
export async function readStore(browser, id) {
  /** @type {typeof import('../../src/lab/stored')} */
  const { readStored } = await importTypeScript('src/lab/stored.ts');
  /** @type {typeof import('../../src/store/store')} */
  const { memoryStore, idsAmong } = await importTypeScript('src/store/store.ts');
  /** @type {typeof import('../../src/store/checkpoints')} */
  const { Checkpoints } = await importTypeScript('src/store/checkpoints.ts');
  const rows = decode(await browser.evaluate(dump, undefined));
  const store = memoryStore();
  for (const [key, value] of rows) {
    const [owner, ...part] = key.split('/');
    await store.write(owner, { put: { [part.join('/')]: value } });
  }
  /** @type {Found} */
  const found = {
    faults: rows.filter(([key]) => /\/damaged /.test(key)).map(([key]) => `${key} was set aside`),
    bytes: rows
      .filter(([key]) => !GROWING.test(key))
      .reduce((sum, [, value]) => sum + sizeOf(value), 0),
    personal: [],
  };
  for (const owner of idsAmong(rows.map(([key]) => key))) {
    const before = (await store.get(owner, 'log')) ?? [];
    try {
      const { parts } = await readStored(store, new Checkpoints(store, owner), owner, false);
      // What cannot be read is told in the log.
      const told = parts.log.slice(/** @type {unknown[]} */ (before).length);
      found.faults.push(...told.map(({ message }) => message));
      for (const [training, metrics] of Object.entries(parts.metrics)) {
        found.faults.push(...faultsOfMetrics(training, metrics));
      }
      if (owner === id) found.personal = parts.personal;
    } catch (cause) {
      found.faults.push(/** @type {Error} */ (cause).message);
    }
  }
  return found;
}

/** Bytes of a value: of its arrays, and of the rest as text. @param {unknown} value */
function sizeOf(value) {
  let bytes = 0;
  const text = JSON.stringify(value, (_, inner) => {
    if (!ArrayBuffer.isView(inner) && !(inner instanceof Blob)) return inner;
    bytes += inner instanceof Blob ? inner.size : inner.byteLength;
    return 0;
  });
  return bytes + (text?.length ?? 0);
}
