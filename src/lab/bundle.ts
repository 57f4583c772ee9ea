/** Whether a bundled base model belongs to an experiment, and its training log. */
import * as v from 'valibot';
import { type Bundle, modelSettings, worldSeed } from '../config/bundled';
import { PRESETS } from '../config/fields';
import { checksum } from '../store/checksum';
import { joinDocuments } from '../text/datasets/packing';
import { describeIssue, FormatError } from '../text/formats/errors';
import { decodeText } from '../text/formats/text';
import type { World } from '../text/world';
import type { MetricRow } from './api';
import type { Experiment } from './experiment';
import type { Material } from './material';
import { metricRow } from './schemas';

const FILE = 'bundle.json';
const LOG = 'metrics.jsonl';

const bundleSchema = v.object({
  preset: v.picklist(PRESETS),
  seed: v.pipe(v.number(), v.integer()),
  corpus: v.string(),
  model: v.record(v.string(), v.number()),
  val_loss: v.number(),
});

type Files = Readonly<Record<string, Uint8Array>>;

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${where} is not JSON: ${(error as Error).message}.`);
  }
}

/** What a base model was trained on, in one hash. */
export const corpusHash = (world: World): Promise<string> =>
  checksum(joinDocuments(world.corpus.train));

/**
 * Checks a folder with a `bundle.json` against an experiment; other folders pass.
 * @throws in one sentence when the model comes from another town, corpus, size or tokenizer
 */
export async function checkBundle(
  files: Files,
  { record }: Experiment,
  material: Material,
): Promise<void> {
  const stored = files[FILE];
  if (!stored) return;
  const result = v.safeParse(bundleSchema, jsonOf(decodeText(stored, FILE), FILE));
  if (!result.success) throw new FormatError(`${FILE}: ${describeIssue(result.issues[0])}.`);
  const bundle: Bundle = result.output;
  const { config } = record;
  const wanted = modelSettings(config.settings);
  const differs = Object.keys(wanted).find((key) => bundle.model[key] !== wanted[key]);
  const town = worldSeed(config);
  if (bundle.preset !== config.preset || bundle.seed !== town) {
    throw new FormatError(
      `This base model knows the town of ${bundle.preset}, seed ${bundle.seed}; the experiment's town is that of ${config.preset}, seed ${town}. Set data.world_seed to ${bundle.seed}, or train a base model.`,
    );
  }
  if (differs) {
    throw new FormatError(
      `This base model was made with ${differs} ${bundle.model[differs]}, not ${wanted[differs]}; train one, or take the preset's size.`,
    );
  }
  if (bundle.corpus !== (await corpusHash(material.world))) {
    throw new FormatError(
      'This base model was trained on an older edition of the corpus; train one, or make the bundle anew (npm run bundle).',
    );
  }
  const tokenizer = files['tokenizer.json'] ?? new Uint8Array();
  if (decodeText(tokenizer, 'tokenizer.json') !== material.tokenizer.toJSONText()) {
    throw new FormatError(
      'This base model has another tokenizer than the experiment; train one, or make the bundle anew (npm run bundle).',
    );
  }
}

/** The training log beside a bundled model. @throws FormatError naming the line that is none */
export function bundleMetrics(files: Files): MetricRow[] | undefined {
  const log = files[FILE] && files[LOG];
  if (!log) return undefined;
  const lines = decodeText(log, LOG).trim().split('\n');
  return lines.map((line, i) => {
    const where = `${LOG}, line ${i + 1}`;
    const { stage: _, ...row } = (jsonOf(line, where) ?? {}) as Record<string, unknown>;
    const result = v.safeParse(metricRow, row);
    if (!result.success) throw new FormatError(`${where}: ${describeIssue(result.issues[0])}.`);
    return row as MetricRow;
  });
}
