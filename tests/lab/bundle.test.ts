/** The bundled base models are of today's world and tokenizer, small, and what they say they are. */
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BUNDLE_FILES,
  type Bundle,
  bundledFor,
  modelSettings,
  worldSeed,
} from '../../src/config/bundled';
import list from '../../src/config/bundled.json';
import { defaultConfig, parseConfig } from '../../src/config/experiment';
import type { Preset } from '../../src/config/fields';
import { corpusHash } from '../../src/lab/bundle';
import { makeMaterial } from '../../src/lab/material';
import { readModelFolder } from '../../src/text/formats/huggingface';

const presets = Object.keys(list) as Preset[];
const read = (preset: Preset, name: string) => readFileSync(`public/models/${preset}/${name}`);

test('nano and micro come with the page, and both together are at most 4 MB', () => {
  expect(presets).toEqual(['nano', 'micro']);
  const sizes = presets.flatMap((preset) =>
    BUNDLE_FILES.map((name) => statSync(`public/models/${preset}/${name}`).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4e6);
});

for (const preset of presets) {
  describe(preset, () => {
    const bundle = JSON.parse(read(preset, 'bundle.json').toString()) as Bundle;

    // When this fails the world or the tokenizer has changed: npm run bundle -- --preset ${preset}
    test('is of the corpus and the tokenizer that the page makes today', async () => {
      const config = defaultConfig(preset, bundle.seed);
      const { world, tokenizerJson } = makeMaterial(config);
      expect(await corpusHash(world)).toBe(bundle.corpus);
      expect(read(preset, 'tokenizer.json').toString()).toBe(tokenizerJson);
      expect(bundle.model).toEqual(modelSettings(config.settings));
      expect(bundledFor(preset)?.seed).toBe(bundle.seed);
    });

    test('is a whole Hugging Face folder of 16-bit weights with its training log', () => {
      const files = BUNDLE_FILES.map((name) => [name, new Uint8Array(read(preset, name))] as const);
      const model = readModelFolder(new Map(files));
      expect(model.kind).toBe('lm');
      for (const tensor of model.tensors.values()) expect(tensor.every(Number.isFinite)).toBe(true);
      const log = read(preset, 'metrics.jsonl').toString().trim().split('\n');
      const last = JSON.parse(log.at(-1)!) as { stage: string; loss: number };
      expect(last.stage).toBe('base');
      expect(last.loss).toBeLessThan(1.5);
    });
  });
}

test('a town may be that of another seed', () => {
  const config = defaultConfig('nano', 7);
  expect(worldSeed(config)).toBe(7);
  expect(worldSeed({ ...config, settings: { ...config.settings, 'data.world_seed': 0 } })).toBe(0);
});

test('a configuration that was stored without a setting takes its default', () => {
  const config = defaultConfig('nano', 7);
  const { 'data.world_seed': _, ...older } = config.settings;
  expect(parseConfig({ ...config, settings: older })).toEqual(config);
});
