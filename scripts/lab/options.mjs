/** What `npm run lab -- run …` was asked for, checked before anything is built or started. */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BROWSERS } from '../browsers.mjs';
import { choice, parseOptions, ROOT, UsageError, wholeNumber } from '../command.mjs';
import { importTypeScript } from '../typescript.mjs';

/**
 * @typedef {import('../../src/config/experiment').ExperimentConfig} ExperimentConfig
 * @typedef {import('../../src/config/stages').Stage} Stage
 */

/**
 * @typedef {object} LabRequest
 * @property {ExperimentConfig | undefined} config none: that of the run to resume
 * @property {string} out
 * @property {import('../browsers.mjs').BrowserName | undefined} browser
 * @property {Stage[] | undefined} stages in pipeline order; none: all, or those of the run to resume
 * @property {boolean} resume
 * @property {number | undefined} trace
 * @property {string | undefined} base a Hugging Face folder that replaces the base stage's model; the
 *   bundled one's for 'bundled'
 * @property {boolean} half whether text is sampled from weights in half precision
 * @property {boolean} json
 */

const OPTIONS = /** @type {const} */ ({
  preset: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  browser: { type: 'string' },
  set: { type: 'string', multiple: true },
  stages: { type: 'string' },
  resume: { type: 'boolean' },
  trace: { type: 'string' },
  base: { type: 'string' },
  half: { type: 'boolean' },
  json: { type: 'boolean' },
});

/**
 * @param {string[]} args behind the word `run`
 * @returns {Promise<LabRequest>}
 * @throws {UsageError}
 */
export async function readRequest(args) {
  const { values } = parseOptions(args, OPTIONS);
  if (values.out === undefined) {
    throw new UsageError('--out is missing; name the folder for the files of the run.');
  }
  const given = await readConfig(values);
  const { base, config } = await readBase(values.base, given);
  return {
    config,
    out: String(values.out),
    browser: choice(values, 'browser', BROWSERS),
    stages: await readStages(values),
    resume: values.resume === true,
    trace: wholeNumber(values, 'trace', [1, 1_000_000]),
    base,
    half: values.half === true,
    json: values.json === true,
  };
}

/**
 * @param {import('../command.mjs').Given} values
 * @returns {Promise<ExperimentConfig | undefined>}
 */
async function readConfig(values) {
  /** @type {typeof import('../../src/config/experiment')} */
  const { defaultConfig, withSetting, parseConfig } = await importTypeScript(
    'src/config/experiment.ts',
  );
  /** @type {typeof import('../../src/config/fields')} */
  const { PRESETS } = await importTypeScript('src/config/fields.ts');
  const preset = choice(values, 'preset', PRESETS);
  const seed = wholeNumber(values, 'seed', [0, 4_294_967_295]);
  const assignments = /** @type {string[]} */ (values.set ?? []);
  if (!preset) {
    if (values.resume && seed === undefined && assignments.length === 0) return undefined;
    throw new UsageError(`--preset is missing; the presets are ${PRESETS.join(', ')}.`);
  }
  try {
    return parseConfig(assignments.reduce(withSetting, defaultConfig(preset, seed ?? 0)));
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/**
 * The folder of the base model, and the configuration that suits it: a bundled one brings its town.
 * @param {unknown} value
 * @param {ExperimentConfig | undefined} config
 * @returns {Promise<{ base: string | undefined, config: ExperimentConfig | undefined }>}
 * @throws {UsageError}
 */
async function readBase(value, config) {
  if (value === undefined) return { base: undefined, config };
  if (value !== 'bundled') {
    baseFiles(String(value));
    return { base: String(value), config };
  }
  /** @type {typeof import('../../src/config/bundled')} */
  const { bundledFor } = await importTypeScript('src/config/bundled.ts');
  const bundle = config && bundledFor(config.preset);
  if (!bundle) {
    throw new UsageError(
      config
        ? `No base model of ${config.preset} is bundled; make one with npm run bundle -- --preset ${config.preset}.`
        : '--base bundled needs --preset.',
    );
  }
  const base = fileURLToPath(new URL(`public/models/${config.preset}/`, ROOT));
  baseFiles(base);
  const same = config.seed === bundle.seed || config.settings['data.world_seed'] >= 0;
  if (same) return { base, config };
  const settings = { ...config.settings, 'data.world_seed': bundle.seed };
  return { base, config: { ...config, settings } };
}

/**
 * @param {import('../command.mjs').Given} values
 * @returns {Promise<Stage[] | undefined>}
 */
async function readStages(values) {
  if (values.stages === undefined) return undefined;
  /** @type {typeof import('../../src/config/stages')} */
  const { STAGES } = await importTypeScript('src/config/stages.ts');
  const words = String(values.stages).split(',');
  for (const word of words) {
    if (!STAGES.some((stage) => stage === word)) {
      throw new UsageError(`--stages takes any of ${STAGES.join(', ')}, not '${word}'.`);
    }
  }
  return STAGES.filter((stage) => words.includes(stage));
}

/**
 * The files of a Hugging Face folder.
 * @param {string} folder
 * @returns {string[]} names
 * @throws {UsageError} when it holds no model
 */
export function baseFiles(folder) {
  const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder).filter((name) => /\.(safetensors|jsonl?|txt)$/.test(name))
    : [];
  const missing = ['config.json', 'tokenizer.json'].find((name) => !names.includes(name));
  if (missing || !names.some((name) => name.endsWith('.safetensors'))) {
    throw new UsageError(
      `--base must be a Hugging Face folder with config.json, tokenizer.json and model.safetensors; ${folder} lacks ${missing ?? 'model.safetensors'}.`,
    );
  }
  return names;
}
