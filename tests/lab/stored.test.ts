/** An experiment from the store: old forms are read, damage costs no more than what is damaged. */
import { describe, expect, it } from 'vitest';
import { readBackup, writeBackup } from '../../src/lab/backup';
import { Experiment } from '../../src/lab/experiment';
import { readRecord, summarise } from '../../src/lab/stored';
import { oldParts, oldRecord, oldStore } from '../support/oldStore';

const warnings = ({ parts }: Experiment) =>
  parts.log.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe('an experiment of form 1', () => {
  it('is read whole: labels, models, metrics and the checkpoint', async () => {
    const { store, id, parts } = await oldStore();
    const { record, parts: read, models, checkpoint } = await Experiment.load(store, id);
    expect(record.version).toBe(2);
    expect(record.stages).toMatchObject({ base: 'done', sft: 'done', reward: 'paused' });
    expect(read.personal).toEqual(parts['personal']);
    expect(read.metrics).toEqual(parts['metrics']);
    expect([...models.keys()]).toEqual(['base', 'sft', 'sft_for_rl']);
    expect(checkpoint).toEqual(parts['checkpoint']);
    expect(read.log).toEqual(parts['log']);
  });

  it('is stored in the new form from then on, once', async () => {
    const { store, id, parts } = await oldStore();
    await Experiment.load(store, id);
    expect(await store.get(id, 'checkpoint')).toBeUndefined();
    const before = (await store.parts(id)).sort();
    const again = await Experiment.load(store, id);
    expect(again.checkpoint).toEqual(parts['checkpoint']);
    expect((await store.parts(id)).sort()).toEqual(before);
  });

  it('has no notes and is a copy of nothing; its record of form 2 is read the same way', async () => {
    const { store, id } = await oldStore();
    const plain = { notes: '', made: {}, version: 2 };
    expect((await Experiment.load(store, id)).record).toMatchObject(plain);
    await store.write(id, { put: { record: oldRecord('form-2-record.json') } });
    const { record } = await Experiment.load(store, id);
    expect(record).toMatchObject(plain);
    expect(summarise(record)).toMatchObject({ parent: null, origin: null, notes: '' });
  });

  it('has no result of a study that there was none of', async () => {
    const { store, id } = await oldStore({ studies: { bestOfN: null, labelCurve: null } });
    const { parts } = await Experiment.load(store, id);
    expect(parts.studies).toEqual({ bestOfN: null, labelCurve: null, modelSizes: null });
  });

  it('of a form yet to come is refused in one sentence', async () => {
    const { store, id, parts } = await oldStore();
    await store.write(id, { put: { record: { ...(parts['record'] as object), version: 99 } } });
    await expect(Experiment.load(store, id)).rejects.toThrow(/newer version of this page.*reload/);
  });
});

describe('damage', () => {
  it('to one ranking leaves the others, and sets the whole list aside', async () => {
    const { personal } = oldParts() as { personal: { id: string }[] };
    const mixed = [...personal, { nonsense: true }, { ...personal[0], id: 'second' }];
    const { store, id } = await oldStore({ personal: mixed });
    const experiment = await Experiment.load(store, id);
    expect(experiment.parts.personal.map((one) => one.id)).toEqual([personal[0]!.id, 'second']);
    expect(warnings(experiment)).toEqual([
      expect.stringMatching(/stored personal could not be read .*set aside, not deleted/),
    ]);
    const aside = (await store.parts(id)).find((part) => part.startsWith('damaged personal'));
    expect(await store.get(id, aside!)).toEqual(mixed);
  });

  it('to metrics costs the metrics only', async () => {
    const { store, id, parts } = await oldStore({ metrics: { base: 'gone' } });
    const experiment = await Experiment.load(store, id);
    expect(experiment.parts.metrics).toEqual({});
    expect(experiment.parts.personal).toEqual(parts['personal']);
    expect(warnings(experiment)).toHaveLength(1);
  });

  it('to a model lets its stage run again', async () => {
    const { store, id } = await oldStore();
    const first = await Experiment.load(store, id);
    first.setModel('sft', first.model('sft'));
    await first.save();
    const floats = (await store.get<Float32Array>(id, 'model sft'))!;
    floats[3]! += 1;
    await store.write(id, { put: { 'model sft': floats } });
    const experiment = await Experiment.load(store, id);
    expect(experiment.record.stages).toMatchObject({ base: 'done', sft: 'paused' });
    expect(warnings(experiment)).toEqual([expect.stringMatching(/sft model .*must run again/)]);
  });

  it('to a record is told and hides no other experiment', () => {
    const said: string[] = [];
    const record = oldParts()['record'] as Record<string, unknown>;
    const all = [null, { ...record, stages: {} }, { ...record, config: {} }, record];
    expect(all.flatMap((value) => readRecord(value, (why: string) => said.push(why)))).toHaveLength(
      1,
    );
    expect(said).toHaveLength(3);
    for (const sentence of said) expect(sentence.split('\n')).toHaveLength(1);
  });
});

describe('an experiment as a file', () => {
  it('comes back as it was, with its checkpoint, typed arrays and numbers that JSON lacks', async () => {
    const { store, id } = await oldStore();
    const experiment = await Experiment.load(store, id);
    experiment.parts.metrics.reward![0]!['margin'] = Number.NaN;
    const { record, parts, models, checkpoint } = readBackup(writeBackup(experiment));
    expect(record).toEqual(experiment.record);
    expect({ ...parts, traces: [], sums: {} }).toEqual({
      ...experiment.parts,
      traces: [],
      sums: {},
    });
    expect(models).toEqual(experiment.models);
    expect(checkpoint).toEqual(experiment.checkpoint);
  });

  it('brings its notes, as they were typed, and what it is a copy of', async () => {
    const { store, id } = await oldStore();
    const experiment = await Experiment.load(store, id);
    const notes = '<b>β</b> too low?\n  "twice" \\ 2 & 3 🦉';
    const parent = { id: 'before', name: 'first', changes: [], models: ['base' as const] };
    Object.assign(experiment.record, { notes, parent, made: { base: 5 } });
    const { record } = readBackup(writeBackup(experiment));
    expect(record).toMatchObject({ notes, parent, made: { base: 5 } });
  });

  it('is refused in one sentence when it is another file, or its parts are not whole', async () => {
    const { store, id } = await oldStore();
    const experiment = await Experiment.load(store, id);
    expect(() => readBackup(new Uint8Array(4), 'a.txt')).toThrow(/^a.txt: the file has 4 bytes/);
    experiment.parts.duels.push({ prompt: 1 } as never);
    expect(() => readBackup(writeBackup(experiment), 'b')).toThrow(/^b: the duels cannot be read/);
  });
});
