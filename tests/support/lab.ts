/** A lab for tests: in memory, without workers, with a model that trains in seconds. */
import { defaultConfig } from '../../src/config/experiment';
import type { Settings } from '../../src/config/fields';
import type { LabEvent } from '../../src/lab/api';
import { Lab } from '../../src/lab/lab';
import { makeMaterial } from '../../src/lab/material';
import { memoryStore, type Store } from '../../src/store/store';
import { sharedGpu } from './shared_gpu';

const SMALL: Partial<Settings> = {
  'model.n_layer': 1,
  'model.n_embd': 16,
  'base.tokens': 512 * 6,
  'data.demonstrations': 32,
  'data.ranked_prompts': 16,
  'data.prompts': 32,
  'sft.epochs': 2,
  'sft_for_rl.epochs': 2,
  'reward.prompts_per_batch': 4,
  'ppo.episodes': 48,
  'ppo.batch': 16,
  'ppo.minibatch': 8,
  'evaluate.prompts': 8,
  'evaluate.skills': 8,
};

export const smallConfig = (seed = 7, changes: Partial<Settings> = {}) => {
  const config = defaultConfig('nano', seed);
  return { ...config, settings: { ...config.settings, ...SMALL, ...changes } as Settings };
};

/** The last lab over each store. */
const open = new Map<Store, Lab>();

/**
 * A lab over a store; every event is kept. The lab before it on the same store is closed, as a
 * reload closes one, unless this one is another tab beside it. `ownDevice`: its device is its own,
 * down to what is compiled.
 */
export function testLab(
  store: Store = memoryStore(),
  { beside = false, ownDevice = false } = {},
): {
  lab: Lab;
  store: Store;
  events: LabEvent[];
} {
  const lab = new Lab({
    store,
    version: 'test',
    ...(ownDevice || !globalThis.navigator?.gpu ? {} : { gpu: sharedGpu }),
    prepare: async (config, report) => makeMaterial(config, report),
  });
  if (!beside) open.get(store)?.close();
  open.set(store, lab);
  const events: LabEvent[] = [];
  void lab.subscribe((batch) => {
    events.push(...batch);
  });
  return { lab, store, events };
}
