/** What the studies are asked for unless somebody chooses otherwise. */
import type { Settings } from './fields';

/** No more test prompts than an experiment, if there is one, compares its models on. */
const promptsOf = (settings: Settings | undefined, most: number) =>
  Math.min(most, Number(settings?.['evaluate.prompts'] ?? most));

export const usualBestOfN = (settings: Settings | undefined) => ({
  study: 'best_of_n' as const,
  samples: 64,
  prompts: promptsOf(settings, 100),
  few: true,
});

export const usualModelSizes = (settings: Settings | undefined, other: string) => ({
  study: 'model_sizes' as const,
  other,
  prompts: promptsOf(settings, 200),
});
