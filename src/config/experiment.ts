/** An experiment's configuration: preset, seed and settings; made, changed and checked here only. */
import * as v from 'valibot';
import {
  FIELD_KEYS,
  FIELDS,
  type Field,
  type FieldKey,
  PRESETS,
  type Preset,
  type Settings,
} from './fields';

export interface ExperimentConfig {
  readonly preset: Preset;
  readonly seed: number;
  readonly settings: Settings;
}

/** A setting that cannot be taken, said in one sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** What came from a link or a file may be quoted: it is kept short and on the line. */
  constructor(message: string) {
    super(message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/'([^']{60})[^']*'/g, "'$1…'"));
  }
}

/** The bounds of a field in words; undefined when the value keeps them. */
function problemOf(key: FieldKey, value: unknown): string | undefined {
  const field: Field = FIELDS[key];
  if (field.kind === 'switch') {
    return typeof value === 'boolean' ? undefined : `${key} must be true or false`;
  }
  const whole = field.kind === 'integer';
  const fits =
    typeof value === 'number' &&
    value >= field.min &&
    value <= field.max &&
    (!whole || Number.isInteger(value));
  if (fits) return undefined;
  return `${key} must be a ${whole ? 'whole ' : ''}number from ${field.min} to ${field.max}`;
}

const settingsSchema = v.strictObject(
  Object.fromEntries(
    FIELD_KEYS.map((key) => [
      key,
      v.custom<number | boolean>(
        (value) => problemOf(key, value) === undefined,
        () => problemOf(key, undefined)!,
      ),
    ]),
  ),
);

const configSchema = v.object({
  preset: v.picklist(PRESETS, `preset must be one of ${PRESETS.join(', ')}`),
  seed: v.pipe(
    v.number('seed must be a whole number from 0 to 4294967295'),
    v.integer('seed must be a whole number from 0 to 4294967295'),
    v.minValue(0, 'seed must be a whole number from 0 to 4294967295'),
    v.maxValue(4_294_967_295, 'seed must be a whole number from 0 to 4294967295'),
  ),
  settings: settingsSchema,
});

/** The defaults of a preset. */
export function defaultSettings(preset: Preset): Settings {
  return Object.fromEntries(
    FIELD_KEYS.map((key) => [key, FIELDS[key].defaults[preset]]),
  ) as Settings;
}

export function defaultConfig(preset: Preset, seed = 0): ExperimentConfig {
  return { preset, seed, settings: defaultSettings(preset) };
}

/**
 * Checks a configuration of unknown origin, and that its parts fit together. Settings that it lacks
 * are the preset's.
 * @throws {ConfigError} naming the first key that is wrong
 */
export function parseConfig(value: unknown): ExperimentConfig {
  const result = v.safeParse(configSchema, completed(value));
  if (!result.success) throw new ConfigError(`${result.issues[0].message.slice(0, 300)}.`);
  const config = result.output as ExperimentConfig;
  const problem = misfit(config.settings);
  if (problem) throw new ConfigError(problem);
  return config;
}

/** A configuration that was stored before a setting was added takes that setting's default. */
function completed(value: unknown): unknown {
  const { preset, settings } = (value ?? {}) as Partial<ExperimentConfig>;
  if (!PRESETS.some((name) => name === preset) || typeof settings !== 'object') return value;
  return { ...(value as object), settings: { ...defaultSettings(preset!), ...settings } };
}

function misfit(s: Settings): string | undefined {
  const headSize = s['model.n_embd'] / s['model.n_head'];
  if (!Number.isInteger(headSize) || headSize % 4 !== 0 || headSize > 128) {
    return `model.n_embd / model.n_head must be a multiple of 4 up to 128, not ${headSize}.`;
  }
  if (s['ppo.batch'] % s['ppo.minibatch'] !== 0) {
    return `ppo.batch (${s['ppo.batch']}) must be a multiple of ppo.minibatch (${s['ppo.minibatch']}).`;
  }
  if (s['ppo.minibatch'] % s['ppo.accumulate'] !== 0) {
    return `ppo.minibatch (${s['ppo.minibatch']}) must be a multiple of ppo.accumulate (${s['ppo.accumulate']}).`;
  }
  if (s['reward.k_min'] > s['reward.k_max']) {
    return `reward.k_min (${s['reward.k_min']}) must not exceed reward.k_max (${s['reward.k_max']}).`;
  }
  if (s['ppo.response_length'] >= s['model.n_positions']) {
    return `ppo.response_length must be below model.n_positions (${s['model.n_positions']}).`;
  }
  return undefined;
}

/**
 * A configuration with one setting changed from text (`ppo.kl_coef=0.1`).
 * @throws {ConfigError} for an unknown key (the valid ones are named) or a bad value
 */
export function withSetting(config: ExperimentConfig, assignment: string): ExperimentConfig {
  const at = assignment.indexOf('=');
  const key = at < 0 ? assignment : assignment.slice(0, at);
  const text = at < 0 ? '' : assignment.slice(at + 1);
  if (!(key in FIELDS)) {
    throw new ConfigError(`Unknown setting '${key}'; the settings are ${FIELD_KEYS.join(', ')}.`);
  }
  const field: Field = FIELDS[key as FieldKey];
  const value =
    field.kind === 'switch'
      ? { true: true, false: false }[text]
      : Number(text.trim() === '' ? Number.NaN : text);
  const problem = problemOf(key as FieldKey, value);
  if (problem) throw new ConfigError(`${problem}, not '${text}'.`);
  return { ...config, settings: { ...config.settings, [key]: value } };
}

/** Only what differs from the preset's defaults; with preset and seed it is the whole config. */
export function changesOf(config: ExperimentConfig): Partial<Settings> {
  const defaults = defaultSettings(config.preset);
  return Object.fromEntries(
    FIELD_KEYS.filter((key) => config.settings[key] !== defaults[key]).map((key) => [
      key,
      config.settings[key],
    ]),
  ) as Partial<Settings>;
}
