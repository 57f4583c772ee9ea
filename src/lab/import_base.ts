/** A base model from a Hugging Face folder: its sizes, its tokenizer, its weights. */
import { parseConfig } from '../config/experiment';
import { arenaFrom, layoutOf } from '../nn/layout';
import { FormatError } from '../text/formats/errors';
import { readModelFolder } from '../text/formats/huggingface';
import { bundleMetrics, checkBundle } from './bundle';
import type { Experiment } from './experiment';
import type { Material } from './material';

/**
 * Puts the model of a folder in the place of the trained base model. The experiment takes over its
 * sizes and its tokenizer; all stages after it begin anew. A bundled model must fit the experiment,
 * and its training log comes with it.
 * @throws FormatError when the folder is not a GPT-2 language model
 */
export async function importBase(
  experiment: Experiment,
  material: Material,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  await checkBundle(files, experiment, material);
  const { kind, sizes, tensors, tokenizer } = readModelFolder(new Map(Object.entries(files)));
  if (kind !== 'lm') {
    throw new FormatError(`The folder holds a ${kind} model; a language model is wanted.`);
  }
  const floats = arenaFrom(layoutOf(sizes, 'lm'), Object.fromEntries(tensors));
  const { record, parts } = experiment;
  const { settings } = record.config;
  const own = {
    'model.n_layer': sizes.n_layer,
    'model.n_embd': sizes.n_embd,
    'model.n_head': sizes.n_head,
    'model.n_positions': sizes.n_positions,
    'model.vocab_size': sizes.vocab_size,
  };
  // Everything that can be refused is refused before anything is thrown away.
  parseConfig({ ...record.config, settings: { ...settings, ...own } });
  const log = bundleMetrics(files);
  await experiment.reset('base', () => {
    Object.assign(settings, own);
    parts.tokenizer = tokenizer.toJSONText();
    record.stages.base = 'done';
    if (log) parts.metrics.base = log;
    experiment.setModel('base', floats);
  });
}
