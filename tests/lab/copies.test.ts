/** The lab's way with several experiments, where no model has to be trained: copies, files, notes. */
import { describe, expect, it } from 'vitest';
import { modelFolder } from '../../src/lab/files';
import type { Lab } from '../../src/lab/lab';
import { makeMaterial } from '../../src/lab/material';
import { layoutOf } from '../../src/nn/layout';
import { Tokenizer } from '../../src/text/tokenizer/tokenizer';
import { familyOf, lineageOf, placed } from '../../src/ui/experiments/lineage';
import { smallConfig, testLab } from '../support/lab';

const config = smallConfig();
const everything = { outputs: true, demonstrations: true, rankings: true };

/** Files of a base model that fits the small configuration, made once. */
let made: Record<string, Uint8Array> | undefined;
function baseFiles(): Record<string, Uint8Array> {
  if (made) return made;
  const s = config.settings;
  const sizes = {
    n_layer: s['model.n_layer'],
    n_embd: s['model.n_embd'],
    n_head: s['model.n_head'],
    n_positions: s['model.n_positions'],
    vocab_size: s['model.vocab_size'],
  };
  const floats = Float32Array.from({ length: layoutOf(sizes, 'lm').floats }, (_, i) => i % 7);
  const tokenizer = Tokenizer.fromJSON(makeMaterial(config).tokenizerJson);
  made = Object.fromEntries(modelFolder(s, 'base', floats, tokenizer));
  return made;
}

async function withBase(): Promise<{ lab: Lab; id: string }> {
  const { lab } = testLab();
  const { id } = await lab.create(config, 'first');
  await lab.importBase(baseFiles());
  return { lab, id };
}

describe('a copy in the lab', () => {
  it('is opened, has the base model, and gives it out as the very files', async () => {
    const { lab, id } = await withBase();
    const settings = { ...config.settings, 'ppo.kl_coef': 0.3 };
    const request = { id, config: { ...config, settings }, name: 'second', keep: everything };
    const copy = await lab.duplicate(request);
    expect(copy).toMatchObject({ access: 'write', models: ['base'] });
    expect(copy.stages).toMatchObject({ base: 'done', sft: 'ready', reward: 'missing' });
    expect((await lab.snapshot())!.id).toBe(copy.id);
    const { summary } = await lab.account(copy.id);
    expect(summary).toMatchObject({ name: 'second', parent: { id, name: 'first' } });
    expect(await lab.modelFolder(copy.id, 'base')).toEqual(await lab.modelFolder(id, 'base'));
    await expect(lab.modelFolder(id, 'sft')).rejects.toThrow(
      'The sft model is not stored; its stage must run first.',
    );
  });

  it('of settings that do not fit is refused, and nothing is made', async () => {
    const { lab, id } = await withBase();
    const settings = { ...config.settings, 'ppo.minibatch': 33 };
    const request = { id, config: { ...config, settings }, name: 'no', keep: everything };
    await expect(lab.duplicate(request)).rejects.toThrow(/must be a multiple of ppo\.minibatch/);
    expect(await lab.experiments()).toHaveLength(1);
  });
});

it('notes of the open experiment and of another are stored, and go with the file', async () => {
  const { lab, id } = await withBase();
  const other = await lab.duplicate({ id, config, name: 'second', keep: everything });
  await lab.setNotes(id, 'of the first');
  await lab.setNotes(other.id, '<b>of the second</b>');
  const notes = (await lab.experiments()).map((one) => one.notes).sort();
  expect(notes).toEqual(['<b>of the second</b>', 'of the first']);
  await lab.importExperiment(await lab.exportExperiment(id), 'a file');
  const { summary } = await lab.account((await lab.snapshot())!.id);
  expect(summary).toMatchObject({ name: 'first', notes: 'of the first', origin: id });
});

it('a parent that was erased and comes back as a file is the parent again', async () => {
  const { lab, id } = await withBase();
  const file = await lab.exportExperiment();
  const copy = await lab.duplicate({ id, config, name: 'second', keep: everything });
  await lab.remove(id);
  expect((await lab.removed()).map((one) => one.id)).toEqual([id]);
  await lab.erase(id);
  expect(familyOf(copy.id, await lab.experiments())).toHaveLength(1);
  const back = await lab.importExperiment(file, 'a file');
  const family = familyOf(copy.id, await lab.experiments());
  expect(family.map((one) => one.id).sort()).toEqual([back.id, copy.id].sort());
  const accounts = await Promise.all(family.map((one) => lab.account(one.id)));
  // One base model, which both have.
  expect(placed(lineageOf(accounts)).map(({ node }) => node.key)).toEqual([`${back.id}/base`]);
});

it('the open experiment can be deleted, restored and opened again', async () => {
  const { lab, id } = await withBase();
  await lab.remove(id);
  expect(await lab.snapshot()).toBeNull();
  expect(await lab.experiments()).toEqual([]);
  await lab.restore(id);
  const again = await lab.select(id);
  expect(again.models).toEqual(['base']);
  expect(Object.keys(await lab.sizes())).toEqual([id]);
  expect((await lab.sizes())[id]).toBeGreaterThan(10_000);
});

it('whoever opens a deleted experiment has it back', async () => {
  const { lab, id } = await withBase();
  const other = await lab.duplicate({ id, config, name: 'second', keep: everything });
  await lab.remove(id);
  await lab.select(id);
  const ids = (await lab.experiments()).map((one) => one.id).sort();
  expect(ids).toEqual([id, other.id].sort());
  expect(await lab.removed()).toEqual([]);
});
