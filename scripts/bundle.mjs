/**
 * `npm run bundle -- --preset nano --seed 0`: trains a base model headless and puts it, with its
 * training log, where the page and `--base bundled` take it from: public/models/<preset>/.
 * `--from DIR` takes the base model of a run that `npm run lab` has finished.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROWSERS } from './browsers.mjs';
import { CommandError, choice, main, parseOptions, ROOT, wholeNumber } from './command.mjs';
import { importTypeScript } from './typescript.mjs';

/** @typedef {import('../src/config/fields').Preset} Preset */

/** All bundled models together, bytes. */
const BUDGET = 4 * 2 ** 20;
const path = (/** @type {string} */ below) => fileURLToPath(new URL(below, ROOT));

/**
 * Trains the base stage; an interrupted training goes on when the same is asked for again.
 * @param {Preset} preset
 * @param {number} seed
 * @param {string} browser
 * @returns {Promise<string>} the run's folder
 */
async function train(preset, seed, browser) {
  const out = path(`.cache/bundle/${preset}-${seed}`);
  const begun = statSync(join(out, '.profile'), { throwIfNoEntry: false }) !== undefined;
  const which = begun ? ['--resume'] : ['--preset', preset, '--seed', `${seed}`];
  const rest = ['--stages', 'base', '--browser', browser, '--out', out];
  const child = spawn(process.execPath, [path('scripts/lab.mjs'), 'run', ...which, ...rest], {
    stdio: 'inherit',
  });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new CommandError('The base model was not trained to its end.');
  return out;
}

/** Six digits are enough for a curve. @param {string} text */
const shortened = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ stage }) => stage === 'base')
    .map((row) =>
      JSON.stringify(row, (_, value) =>
        typeof value === 'number' ? Number(value.toPrecision(6)) : value,
      ),
    )
    .join('\n');

/**
 * @param {string} run the folder of a finished base stage
 * @returns {Promise<{ preset: Preset, bytes: number }>}
 */
async function pack(run) {
  /** @type {typeof import('../src/text/formats/huggingface')} */
  const { readModelFolder, writeModelFolder } = await importTypeScript(
    'src/text/formats/huggingface.ts',
  );
  /** @type {typeof import('../src/config/bundled')} */
  const { BUNDLE_FILES, modelSettings, worldSeed } =
    await importTypeScript('src/config/bundled.ts');
  /** @type {typeof import('../src/config/experiment')} */
  const { parseConfig } = await importTypeScript('src/config/experiment.ts');
  /** @type {typeof import('../src/store/checksum')} */
  const { checksum } = await importTypeScript('src/store/checksum.ts');
  const read = (/** @type {string} */ name) => readFileSync(join(run, name));
  const { version, ...stored } = JSON.parse(read('experiment.json').toString());
  const config = parseConfig(stored);
  const report = JSON.parse(read('report.json').toString());
  const model = readModelFolder(
    new Map(
      BUNDLE_FILES.slice(0, 6).map((name) => [name, new Uint8Array(read(`models/base/${name}`))]),
    ),
  );
  /** @type {Map<string, Uint8Array | string>} */
  const files = new Map(writeModelFolder(model, model.tokenizer, { dtype: 'F16' }));
  const bundle = {
    preset: config.preset,
    seed: worldSeed(config),
    corpus: await checksum(read('data/pretrain.train.txt').toString()),
    model: modelSettings(config.settings),
    val_loss: report.base.val_loss,
    trained: {
      seed: config.seed,
      tokens: config.settings['base.tokens'],
      seconds: Math.round(report.seconds.base),
      browser: report.browser,
      adapter: report.adapter,
      version,
    },
  };
  files.set('bundle.json', `${JSON.stringify(bundle, null, 2)}\n`);
  files.set('metrics.jsonl', `${shortened(read('metrics.jsonl').toString())}\n`);

  const folder = path(`public/models/${config.preset}/`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of BUNDLE_FILES) writeFileSync(join(folder, name), files.get(name) ?? '');
  const bytes = BUNDLE_FILES.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const list = JSON.parse(readFileSync(path('src/config/bundled.json'), 'utf8'));
  list[config.preset] = { seed: bundle.seed, bytes };
  writeFileSync(path('src/config/bundled.json'), `${JSON.stringify(list, null, 2)}\n`);
  const all = /** @type {{ bytes: number }[]} */ (Object.values(list));
  const total = all.reduce((sum, one) => sum + one.bytes, 0);
  if (total > BUDGET) {
    throw new CommandError(`The bundled models are ${total} bytes; ${BUDGET} are allowed.`);
  }
  return { preset: config.preset, bytes };
}

/** @param {string[]} args */
async function bundle(args) {
  const { values } = parseOptions(args, {
    preset: { type: 'string' },
    seed: { type: 'string' },
    browser: { type: 'string' },
    from: { type: 'string' },
  });
  /** @type {typeof import('../src/config/fields')} */
  const { PRESETS } = await importTypeScript('src/config/fields.ts');
  const preset = choice(values, 'preset', PRESETS) ?? 'nano';
  const seed = wholeNumber(values, 'seed', [0, 4_294_967_295]) ?? 0;
  const browser = choice(values, 'browser', BROWSERS) ?? 'firefox';
  const run = values.from ? String(values.from) : await train(preset, seed, browser);
  const made = await pack(run);
  console.log(`public/models/${made.preset}/: ${(made.bytes / 1024).toFixed(0)} KiB`);
}

await main(() => bundle(process.argv.slice(2)));
