/**
 * Reading an experiment back: every part goes through its schema, older forms are brought forward,
 * checksums are verified. What cannot be read is set aside under `damaged …`, never deleted, and
 * the log says so: of people's own lists the entries that are whole stay, of everything else the
 * stage makes it again.
 *
 * Forms: 1, a checkpoint in one value, no sums; 2, checkpoints in slots, sums, traces. A record of
 * either may lack notes, its models' times and what it is a copy of.
 */
import * as v from 'valibot';
import { parseConfig } from '../config/experiment';
import { MODELS, type ModelName, STAGES, TRAININGS } from '../config/stages';
import type { Checkpoint } from '../rlhf/context';
import type { Checkpoints } from '../store/checkpoints';
import { checksum } from '../store/checksum';
import type { Store } from '../store/store';
import { describeIssue, FormatError } from '../text/formats/errors';
import type { ExperimentSummary } from './api';
import {
  type ExperimentRecord,
  emptyParts,
  type Floats,
  MODELS_OF,
  PART_NAMES,
  type Parts,
} from './parts';
import { isPersonal, PART_SCHEMAS, recordSchema } from './schemas';

export const VERSION = 2;

export interface Contents {
  readonly record: ExperimentRecord;
  readonly parts: Parts;
  readonly models: Map<ModelName, Floats>;
  readonly checkpoint: Checkpoint | undefined;
}

/** Parts of unknown origin, as a store or a file gives them. */
export interface RawContents {
  readonly record: unknown;
  readonly parts: Readonly<Record<string, unknown>>;
}

/** @throws in one sentence when the record is not one that this version can read */
export function checkRecord(value: unknown): ExperimentRecord {
  const version = (value as { version?: unknown } | null)?.version ?? 1;
  if (typeof version === 'number' && version > VERSION) {
    throw new FormatError(
      `The experiment was stored by a newer version of this page (form ${version}, this one reads up to ${VERSION}); reload the page to get it.`,
    );
  }
  const result = v.safeParse(recordSchema, value);
  if (!result.success) {
    throw new FormatError(
      `The experiment's record cannot be read: ${describeIssue(result.issues[0])}.`,
    );
  }
  const record = result.output as unknown as ExperimentRecord;
  const config = parseConfig(record.config);
  const { used = record.created, notes = '', made = {} } = record;
  return { ...record, config, version: VERSION, used, notes, made };
}

/** A record of a list; nothing, and why, where it cannot be read. */
export function readRecord(value: unknown, damaged: (why: string) => void): ExperimentRecord[] {
  try {
    return [checkRecord(value)];
  } catch (cause) {
    damaged(cause instanceof Error ? cause.message : String(cause));
    return [];
  }
}

/** What the list of experiments says of one. */
export function summarise(record: ExperimentRecord): ExperimentSummary {
  const { id, name, created, config, stages, notes, parent = null, origin = null } = record;
  const { preset, seed } = config;
  return { id, name, created, preset, seed, stages, notes, parent, origin };
}

/** The parts that are whole; `damaged` is told of each that is not, with what was stored there. */
export function checkParts(
  raw: Readonly<Record<string, unknown>>,
  damaged: (name: string, why: string, value: unknown) => void,
): Parts {
  const parts = emptyParts() as unknown as Record<string, unknown>;
  for (const name of PART_NAMES) {
    const value = raw[name];
    if (value === undefined) continue;
    const result = v.safeParse(PART_SCHEMAS[name], value);
    if (result.success) {
      // With the defaults of what there was none of when it was stored.
      parts[name] = result.output;
      continue;
    }
    damaged(name, describeIssue(result.issues[0]), value);
    if (isPersonal(name) && Array.isArray(value)) {
      parts[name] = value.filter((item) => v.safeParse(PART_SCHEMAS[name], [item]).success);
    }
  }
  return parts as unknown as Parts;
}

/**
 * Everything of an experiment.
 * @param mayWrite whether an older form may be brought forward and damage set aside in the store
 * @throws in one sentence
 */
export async function readStored(
  store: Store,
  checkpoints: Checkpoints,
  id: string,
  mayWrite = true,
): Promise<Contents> {
  const stored = await store.get<unknown>(id, 'record');
  if (stored === undefined) throw new FormatError(`There is no experiment ${id}.`);
  const record = checkRecord(stored);
  const notes: string[] = [];
  const aside: Record<string, unknown> = {};
  const raw: Record<string, unknown> = {};
  for (const name of PART_NAMES) raw[name] = await store.get(id, name);
  const parts = checkParts(raw, (name, why, value) => {
    aside[`damaged ${name} ${Date.now()}`] = value;
    notes.push(`The stored ${name} could not be read (${why}); it is set aside, not deleted.`);
  });
  const models = await readModels(store, id, parts, (name) => {
    notes.push(`The stored ${name} model does not have its checksum; its stage must run again.`);
  });
  if (mayWrite) await bringForward(store, checkpoints, id, stored);
  const read = await checkpoints.read((what) => {
    notes.push(`On the disk ${what}, does not have its checksum; the one before it is used.`);
  });
  repair(record, models);
  for (const message of notes) {
    parts.log.push({ type: 'log', level: 'warn', message, time: Date.now() });
  }
  if (mayWrite && notes.length > 0) await store.write(id, { put: { ...aside, log: parts.log } });
  return { record, parts, models, checkpoint: read as Checkpoint | undefined };
}

async function readModels(
  store: Store,
  id: string,
  parts: Parts,
  damaged: (name: ModelName) => void,
): Promise<Map<ModelName, Floats>> {
  const models = new Map<ModelName, Floats>();
  for (const name of MODELS) {
    const floats = await store.get<Floats>(id, `model ${name}`);
    if (floats === undefined) continue;
    const wanted = parts.sums[name];
    const whole =
      floats instanceof Float32Array &&
      (wanted === undefined || (await checksum(floats)) === wanted);
    if (whole) models.set(name, floats);
    else damaged(name);
  }
  return models;
}

/** Form 1 kept a checkpoint in one value, which becomes a checkpoint in a slot. */
async function bringForward(
  store: Store,
  checkpoints: Checkpoints,
  id: string,
  record: unknown,
): Promise<void> {
  if (((record as { version?: number }).version ?? 1) >= 2) return;
  const old = await store.get<unknown>(id, 'checkpoint');
  const put = { record: { ...(record as object), version: VERSION } };
  const remove = ['checkpoint'];
  if (isCheckpoint(old)) await checkpoints.write(old, { put, remove });
  else await store.write(id, { put, remove });
}

/** Whether a value of unknown origin is a checkpoint. */
export function isCheckpoint(value: unknown): value is Checkpoint {
  const { training, step, arenas, state } = (value ?? {}) as Partial<Checkpoint>;
  const all = (map: unknown, test: (entry: unknown) => boolean) =>
    typeof map === 'object' && map !== null && Object.values(map).every(test);
  return (
    TRAININGS.some((name) => name === training) &&
    Number.isSafeInteger(step) &&
    all(arenas, (entry) => entry instanceof Float32Array) &&
    all(state, (entry) => typeof entry === 'number')
  );
}

/** What the record promises must be there: a stage without its models is to be run. */
export function repair(record: ExperimentRecord, models: ReadonlyMap<ModelName, Floats>): void {
  for (const stage of STAGES) {
    const whole = MODELS_OF[stage].every((name) => models.has(name));
    // A stage that was running when the tab died goes on from its checkpoint.
    if (record.stages[stage] === 'running' || (record.stages[stage] === 'done' && !whole)) {
      record.stages[stage] = 'paused';
    }
  }
}
