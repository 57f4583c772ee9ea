/** The lab takes a bundled base model where it belongs, and says why where it does not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILES } from '../../src/config/bundled';
import { defaultConfig } from '../../src/config/experiment';
import { testLab } from '../support/lab';

describe('the bundled base model', () => {
  const files: Record<string, Uint8Array> = {};
  const { lab } = testLab();

  beforeAll(async () => {
    for (const name of BUNDLE_FILES) {
      const response = await fetch(`/models/nano/${name}`);
      files[name] = new Uint8Array(await response.arrayBuffer());
    }
    await lab.create(defaultConfig('nano', 0));
  });

  it('is taken with the curves of its training, and answers with the facts of its town', async () => {
    const snapshot = await lab.importBase(files);
    expect(snapshot.stages).toMatchObject({ base: 'done', sft: 'ready' });
    expect(snapshot.metrics.base!.length).toBeGreaterThan(50);
    expect(snapshot.metrics.base!.at(-1)!.loss).toBeLessThan(1.5);
    const prompts = await lab.prompts('test', 40, 1);
    const samples = await lab.sample({ model: 'base', prompts, temperature: 0, seed: 1 });
    const rewards = samples.map(({ trueReward }) => trueReward!);
    // Words drawn at random score below a quarter; a base model of this town about a half.
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    expect(mean).toBeGreaterThan(0.35);
  });

  it('is refused in one sentence in another town, and taken where that town is asked for', async () => {
    await lab.create(defaultConfig('nano', 3));
    await expect(lab.importBase(files)).rejects.toThrow(
      /knows the town of nano, seed 0; .* Set data\.world_seed to 0, or train a base model\.$/,
    );
    const config = defaultConfig('nano', 3);
    const settings = { ...config.settings, 'data.world_seed': 0 };
    await lab.create({ ...config, settings });
    expect((await lab.importBase(files)).stages.base).toBe('done');
  });

  it('is refused where it is of another corpus or tokenizer', async () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    const text = new TextDecoder().decode(files['bundle.json']!);
    const older = {
      ...files,
      'bundle.json': encode(text.replace(/"corpus": ".{8}/, '"corpus": "0')),
    };
    await expect(lab.importBase(older)).rejects.toThrow(/older edition of the corpus/);
    const json = new TextDecoder().decode(files['tokenizer.json']!);
    const other = { ...files, 'tokenizer.json': encode(json.replace('{', '{ ')) };
    await expect(lab.importBase(other)).rejects.toThrow(/another tokenizer/);
  });
});
