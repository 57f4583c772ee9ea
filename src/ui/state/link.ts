/**
 * A link that opens the page in a stated place: a room, the whole configuration of an experiment
 * (preset, seed and what differs from the preset's defaults) and a lesson, all in the URL's hash:
 * `#/reinforce?preset=nano&seed=0&ppo.kl_coef=0.02&lesson=4`.
 */
import {
  ConfigError,
  changesOf,
  defaultConfig,
  type ExperimentConfig,
  parseConfig,
  withSetting,
} from '../../config/experiment';
import { PRESETS } from '../../config/fields';
import { hashOf, ROOMS, type RoomName } from './rooms';

export interface PageLink {
  readonly room: RoomName;
  readonly config: ExperimentConfig | null;
  /** Number of the lesson to open, from 1. */
  readonly lesson: number | null;
}

export const LESSON_COUNT = 5;

/** The hash that `readLink` reads back. */
export function linkHash({ room, config, lesson }: PageLink): string {
  const query = new URLSearchParams();
  if (config) {
    query.set('preset', config.preset);
    query.set('seed', `${config.seed}`);
    for (const [key, value] of Object.entries(changesOf(config))) query.set(key, `${value}`);
  }
  if (lesson !== null) query.set('lesson', `${lesson}`);
  const text = query.toString();
  return text ? `${hashOf(room)}?${text}` : hashOf(room);
}

/** @throws {ConfigError} saying in one sentence what in the link cannot be */
export function readLink(hash: string): PageLink {
  const [path = '', text = ''] = hash.replace(/^#\/?/, '').split('?');
  const room = ROOMS.find((name) => name === path);
  if (!room)
    throw new ConfigError(`There is no room '${path}'; the rooms are ${ROOMS.join(', ')}.`);
  const query = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(text)) {
    if (query.has(key)) throw new ConfigError(`'${key}' is given twice.`);
    query.set(key, value);
  }
  const lesson = takeLesson(query);
  if (query.size === 0) return { room, config: null, lesson };
  const preset = PRESETS.find((name) => name === query.get('preset'));
  if (!preset) {
    throw new ConfigError(
      `preset must be one of ${PRESETS.join(', ')}, not '${query.get('preset') ?? ''}'.`,
    );
  }
  const seed = query.get('seed') ?? '0';
  query.delete('preset');
  query.delete('seed');
  if (!/^\d{1,10}$/.test(seed)) {
    throw new ConfigError(`seed must be a whole number from 0 to 4294967295, not '${seed}'.`);
  }
  const config = [...query].reduce(
    (made, [key, value]) => withSetting(made, `${key}=${value}`),
    defaultConfig(preset, Number(seed)),
  );
  return { room, config: parseConfig(config), lesson };
}

function takeLesson(query: Map<string, string>): number | null {
  const text = query.get('lesson');
  if (text === undefined) return null;
  query.delete('lesson');
  const lesson = Number(text);
  if (Number.isInteger(lesson) && lesson >= 1 && lesson <= LESSON_COUNT) return lesson;
  throw new ConfigError(`lesson must be a number from 1 to ${LESSON_COUNT}, not '${text}'.`);
}

/** Whether two configurations are one and the same. */
export const sameConfig = (a: ExperimentConfig, b: ExperimentConfig): boolean =>
  linkHash({ room: 'base', config: a, lesson: null }) ===
  linkHash({ room: 'base', config: b, lesson: null });
