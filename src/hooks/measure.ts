/** Measures what the rooms can measure beside the stages, so that a recording has it to show. */
import type { Lab } from '../../workers/protocol';
import { type ExperimentConfig, withSetting } from '../config/experiment';
import { usualBestOfN, usualModelSizes } from '../config/studies';
import type { Snapshot } from '../lab/api';

const SMALLER = 'half as deep and wide';

function half(config: ExperimentConfig): ExperimentConfig {
  const { settings } = config;
  return (['model.n_layer', 'model.n_embd'] as const)
    .map((key) => `${key}=${Math.ceil(Number(settings[key]) / 2)}`)
    .reduce(withSetting, config);
}

/** Runs the studies that the open experiment lacks; sizes against a smaller one, which is made. */
export async function measure(lab: Lab, { id, config, studies }: Snapshot): Promise<void> {
  const { settings } = config;
  await lab.study(usualBestOfN(settings));
  await lab.study({ study: 'label_curve' });
  if (studies.modelSizes?.whole) return;
  const smaller = await lab.create(half(config), SMALLER);
  await lab.run(['base', 'sft', 'reward', 'ppo']);
  await lab.select(id);
  await lab.study(usualModelSizes(settings, smaller.id));
}
