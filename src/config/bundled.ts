/**
 * Which base models come with the page (`public/models/<preset>/`). `npm run bundle` writes the
 * list; each was trained in the town of one seed and knows no other.
 */
import list from './bundled.json';
import type { ExperimentConfig } from './experiment';
import { FIELD_KEYS, type Preset, type Settings } from './fields';

/** The bundled model's own account: `bundle.json`. */
export interface Bundle {
  readonly preset: Preset;
  /** Seed of its town. */
  readonly seed: number;
  /** SHA-256 of the training corpus, documents joined by end-of-text. */
  readonly corpus: string;
  /** Settings under `model.` that it was made with. */
  readonly model: Readonly<Record<string, number>>;
  /** Mean nats a token on the validation corpus, of the weights before they were rounded. */
  readonly val_loss: number;
}

/** Files of a bundled model, beside which `bundle.json` and `metrics.jsonl` tell how it was made. */
export const BUNDLE_FILES = [
  'model.safetensors',
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'bundle.json',
  'metrics.jsonl',
] as const;

interface Listed {
  readonly seed: number;
  /** Of all its files together. */
  readonly bytes: number;
}

/** The bundled model of a preset, if there is one. */
export const bundledFor = (preset: Preset): Listed | null =>
  (list as Partial<Record<Preset, Listed>>)[preset] ?? null;

/** The seed of an experiment's town: its own, or that of another one. */
export const worldSeed = ({ seed, settings }: ExperimentConfig): number =>
  settings['data.world_seed'] < 0 ? seed : settings['data.world_seed'];

/** The settings that shape a model, of all of an experiment's. */
export const modelSettings = (settings: Settings): Record<string, number> =>
  Object.fromEntries(
    FIELD_KEYS.filter((key) => key.startsWith('model.')).map((key) => [key, settings[key]]),
  ) as Record<string, number>;
