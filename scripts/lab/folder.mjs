/**
 * The run's folder. Files arrive under temporary names and are renamed when whole; the browser's
 * profile, with the lab's database in it, and a note of what runs live in `.profile`.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../command.mjs';

const PROFILE = '.profile';
const RECORD = 'run.json';

/**
 * What a later `--resume` must know. The database belongs to an origin, so the port is part of it.
 * @typedef {object} RunRecord
 * @property {import('../../src/config/experiment').ExperimentConfig} config
 * @property {import('../../src/config/stages').Stage[]} stages
 * @property {number} trace
 * @property {import('../browsers.mjs').BrowserName} browser
 * @property {number} port
 * @property {string | undefined} base a Hugging Face folder
 * @property {boolean} [half] whether text is sampled from weights in half precision
 */

/**
 * Makes a folder and those above it, one by one: Node's own `recursive` never returns where a
 * parent cannot be made, as in /proc.
 * @param {string} path
 */
export function makeFolder(path) {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

export class RunFolder {
  /** @param {string} path */
  constructor(path) {
    this.path = resolve(path);
  }

  /**
   * @param {string} path
   * @param {boolean} resume
   * @returns {RunFolder} made when it is not there
   * @throws {UsageError} when it cannot be written to, or holds something that would be overwritten
   */
  static open(path, resume) {
    const folder = new RunFolder(path);
    try {
      makeFolder(folder.path);
      accessSync(folder.path, constants.W_OK | constants.X_OK);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      throw new UsageError(`--out ${path} cannot be written to (${code}); name another folder.`);
    }
    if (resume && !folder.record()) {
      throw new UsageError(`${path} holds no run to resume; leave --resume out to begin one.`);
    }
    if (!resume && readdirSync(folder.path).length > 0) {
      throw new UsageError(
        `${path} is not empty; name another folder, or add --resume to go on with its run.`,
      );
    }
    return folder;
  }

  /** The browser's profile folder. */
  get profile() {
    return join(this.path, PROFILE, 'browser');
  }

  /** @returns {RunRecord | undefined} */
  record() {
    const file = join(this.path, PROFILE, RECORD);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }

  /** @param {RunRecord} record */
  remember(record) {
    this.write(`${PROFILE}/${RECORD}`, `${JSON.stringify(record, null, 2)}\n`);
  }

  /** @param {string} name */
  has(name) {
    return (statSync(join(this.path, name), { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  /** The path of a file, its folder made. @param {string} name */
  place(name) {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  /** A path to write to before `finish` gives the file its name. @param {string} name */
  partial(name) {
    return this.place(`${PROFILE}/partial/${name}`);
  }

  /** @param {string} name */
  finish(name) {
    renameSync(this.partial(name), this.place(name));
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  write(name, text) {
    writeFileSync(this.partial(name), text);
    this.finish(name);
  }

  /** Removes what an interrupted transfer left. */
  tidy() {
    rmSync(join(this.path, PROFILE, 'partial'), { recursive: true, force: true });
  }
}
