/** The files of CONTRACT.md, made from an experiment when they are asked for. */
import type { Settings } from '../config/fields';
import type { ModelName } from '../config/stages';
import { configOf, layoutOf, namedTensors } from '../nn/layout';
import { TOKEN_ARRAYS } from '../rlhf/ppo_rollout';
import { rankingsToComparisons } from '../text/datasets/comparisons';
import { writeJsonl } from '../text/datasets/jsonl';
import { joinDocuments } from '../text/datasets/packing';
import { writeModelFolder } from '../text/formats/huggingface';
import type { Tokenizer } from '../text/tokenizer/tokenizer';
import type { Experiment, RankingSplit } from './experiment';
import type { Material } from './material';
import { skillItems, trainingRankings } from './pipeline';
import { demonstrationsOf } from './sft_stage';

type Make = () => Uint8Array | string | Promise<Uint8Array | undefined>;

const SPLITS = ['train', 'val', 'heldout'] as const;

/** Every file that can be made now, by its path in the experiment's folder. */
export function experimentFiles(
  experiment: Experiment,
  material: Material,
  facts: Readonly<Record<string, unknown>>,
): Map<string, Make> {
  const { record, parts } = experiment;
  const { world } = material;
  const files = new Map<string, Make>();
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  files.set('experiment.json', () =>
    json({ name: record.name, ...record.config, created: record.created, ...facts }),
  );
  files.set('report.json', () => json(record.report));
  files.set('metrics.jsonl', () =>
    writeJsonl(
      Object.entries(parts.metrics).flatMap(([stage, rows]) =>
        (rows ?? []).map(({ step, seconds, ...rest }) => ({ stage, step, seconds, ...rest })),
      ),
    ),
  );
  files.set('data/pretrain.train.txt', () => joinDocuments(world.corpus.train));
  files.set('data/pretrain.val.txt', () => joinDocuments(world.corpus.val));
  files.set('data/skills.test.jsonl', () =>
    writeJsonl(
      skillItems(experiment, material).map(({ prompt, completion, skill }) => ({
        prompt,
        completion,
        skill,
      })),
    ),
  );
  const settings = record.config.settings;
  const prompts = {
    train: world.prompts.train.slice(0, settings['data.prompts']),
    val: world.prompts.val,
    test: world.prompts.test.slice(0, settings['evaluate.prompts']),
  };
  for (const [split, rows] of Object.entries(prompts)) {
    files.set(`data/prompts.${split}.jsonl`, () => writeJsonl(rows));
  }
  files.set('data/demonstrations.train.jsonl', () =>
    writeJsonl(demonstrationsOf(experiment, material)),
  );
  files.set('data/demonstrations.val.jsonl', () => writeJsonl(world.demonstrations.val));
  for (const split of SPLITS) addRankings(files, experiment, split);
  if (parts.lastBatch) files.set('data/rollouts.jsonl', () => rolloutsJsonl(experiment));
  if (parts.evaluation.length > 0) {
    files.set('data/evaluation.jsonl', () => writeJsonl(parts.evaluation));
  }
  for (const name of experiment.models.keys()) addModel(files, experiment, material, name);
  for (const path of experiment.tracePaths()) {
    files.set(`trace/${path}.safetensors`, () => experiment.trace(path));
  }
  return files;
}

function addRankings(files: Map<string, Make>, experiment: Experiment, split: RankingSplit) {
  const rows =
    split === 'train' ? trainingRankings(experiment) : (experiment.parts.rankings[split] ?? []);
  if (rows.length === 0) return;
  const mutable = () =>
    rows.map((row) => ({
      ...row,
      completions: [...row.completions],
      ranks: [...row.ranks],
      likert: [...row.likert],
      flags: row.flags.map((flags) => [...flags]),
    }));
  files.set(`data/rankings.${split}.jsonl`, () => writeJsonl(rows));
  files.set(`data/comparisons.${split}.jsonl`, () => writeJsonl(rankingsToComparisons(mutable())));
}

const FOLDER_FILES = [
  'model.safetensors',
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** A model as a Hugging Face folder. */
export function modelFolder(
  s: Settings,
  name: ModelName,
  floats: Float32Array<ArrayBuffer>,
  tokenizer: Tokenizer,
): ReadonlyMap<string, Uint8Array> {
  const sizes = configOf(s);
  const kind = name === 'reward' || name === 'value' ? name : 'lm';
  const layout = layoutOf(sizes, kind === 'lm' ? 'lm' : 'score');
  const tensors = new Map(Object.entries(namedTensors(layout, floats)));
  return writeModelFolder({ kind, sizes, tensors }, tokenizer);
}

function addModel(
  files: Map<string, Make>,
  experiment: Experiment,
  { tokenizer }: Material,
  name: ModelName,
): void {
  const { settings } = experiment.record.config;
  let folder: ReadonlyMap<string, Uint8Array> | undefined;
  const open = () => {
    folder ??= modelFolder(settings, name, experiment.model(name), tokenizer);
    return folder;
  };
  for (const file of FOLDER_FILES) files.set(`models/${name}/${file}`, () => open().get(file)!);
}

/** The last PPO batch, a line a sequence, with the fields of the trace. */
function rolloutsJsonl({ parts }: Experiment): string {
  const { shape, inputIds, lengths, arrays, scores, prompts, completions, trueRewards } =
    parts.lastBatch!;
  const { S, T, R } = shape;
  return writeJsonl(
    Array.from({ length: S }, (_, s) => ({
      prompt: prompts[s],
      completion: completions[s],
      input_ids: Array.from(inputIds.subarray(s * T, (s + 1) * T)),
      prompt_length: lengths[2 * s],
      response_length: lengths[2 * s + 1],
      scores: scores[s],
      true_reward: trueRewards[s],
      ...Object.fromEntries(
        TOKEN_ARRAYS.map((name) => [name, Array.from(arrays[name].subarray(s * R, (s + 1) * R))]),
      ),
    })),
  );
}
