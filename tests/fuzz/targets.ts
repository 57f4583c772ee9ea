/** Every way in for a file, a link or a stored record, each with what it is fed. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { defaultConfig, parseConfig, withSetting } from '../../src/config/experiment';
import { readBackup, writeBackup } from '../../src/lab/backup';
import { bundleMetrics } from '../../src/lab/bundle';
import { Experiment } from '../../src/lab/experiment';
import { importBase } from '../../src/lab/import_base';
import type { Material } from '../../src/lab/material';
import { memoryStore } from '../../src/store/store';
import { demonstrationOf, plainRow } from '../../src/text/datasets/conversation';
import { detectJsonl } from '../../src/text/datasets/jsonl';
import { packDocuments, splitDocuments } from '../../src/text/datasets/packing';
import { gpt2TensorShapes } from '../../src/text/formats/gpt2';
import { readModelFolder, writeModelFolder } from '../../src/text/formats/huggingface';
import { elementCount, readSafetensors, toFloat32 } from '../../src/text/formats/safetensors';
import { decodeText } from '../../src/text/formats/text';
import { Tokenizer } from '../../src/text/tokenizer/tokenizer';
import { trainBpe } from '../../src/text/tokenizer/trainBpe';
import { readLink } from '../../src/ui/state/link';
import { isHeadless, roomOf } from '../../src/ui/state/rooms';
import { oldParts } from '../support/oldStore';
import { judged } from './judge';
import { bytesLike, deepJson, encodedText, jsonLike } from './mutate';

export interface Target {
  readonly name: string;
  readonly input: fc.Arbitrary<unknown>;
  /** @throws when the input found a fault */
  readonly check: (input: never) => Promise<unknown>;
}

const target = <Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  check: (input: Input) => Promise<unknown>,
): Target => ({ name, input, check });

const utf8 = new TextEncoder();
const bytesOf = (value: unknown) => utf8.encode(JSON.stringify(value) ?? '');
const linesOf = (rows: unknown) =>
  utf8.encode(
    (Array.isArray(rows) ? rows : [rows]).map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
const golden = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../golden/${name}`, import.meta.url)));

const tokenizer = trainBpe(['the owl is green and the cat is red '.repeat(20)], { vocabSize: 270 });
const SIZES = { n_layer: 1, n_embd: 4, n_head: 1, n_positions: 32, vocab_size: 270 };
const folder = writeModelFolder(
  {
    kind: 'lm',
    sizes: SIZES,
    tensors: new Map(
      [...gpt2TensorShapes(SIZES, 'lm')].map(([name, shape]) => [
        name,
        new Float32Array(elementCount(shape)).fill(0.1),
      ]),
    ),
  },
  tokenizer,
);
const jsonOf = (name: string) => JSON.parse(new TextDecoder().decode(folder.get(name)));

/** The folder with one file replaced, and how many bytes it has. */
function folderWith(name: string, bytes: Uint8Array) {
  const files = new Map(folder).set(name, bytes);
  return { files, size: [...files.values()].reduce((sum, file) => sum + file.length, 0) };
}

const readFolderWith = (name: string) => (bytes: Uint8Array) => {
  const { files, size } = folderWith(name, bytes);
  return judged(size, () => readModelFolder(files));
};

const message = (role: string) => ({ role, content: 'Is it red?' });
const ROWS: Readonly<Record<string, object>> = {
  text: { text: 'The owl is green.' },
  messages: { messages: [message('user'), message('assistant')] },
  prompt: { prompt: [message('user')], brief: { a: [1] } },
  completion: { prompt: 'Q: Who?\nA:', completion: ' Tom.' },
  preference: { prompt: 'Q', chosen: [message('assistant')], rejected: 'b' },
  ranking: {
    ...{ prompt: 'Q', completions: ['a', 'b', 'c'], ranks: [1, 2, 2], likert: [7, null, 1] },
    ...{ flags: [[], ['x'], []], labeler: 'Ada' },
  },
};

/** Reads a JSONL file and puts its rows into plain text, as an import does. */
function readRows(bytes: Uint8Array) {
  return judged(bytes.length, () => {
    const { format, rows } = detectJsonl(decodeText(bytes, 'a.jsonl'), 'a.jsonl');
    if (format === 'messages') return rows.map(demonstrationOf);
    return format === 'prompt' || format === 'completion' || format === 'preference'
      ? rows.map((row) => plainRow(row))
      : rows;
  });
}

/** A link's room, and what it holds. */
const readHash = (hash: string) =>
  judged(hash.length, () => [roomOf(hash), isHeadless(hash), readLink(hash)]);

const stored = oldParts();
const { id } = stored['record'] as { id: string };

/** An experiment from the store, with one part as it was given. */
async function openStored(parts: Record<string, unknown>) {
  const store = memoryStore();
  await store.write(id, { put: parts });
  return judged(500_000, () => Experiment.load(store, id));
}

/** What is not the part under test must come through, people's rankings above all. */
async function storedPart(name: string, value: unknown) {
  const parts = { ...stored, [name]: value };
  const experiment = await openStored(parts);
  if (!experiment) throw new Error(`A damaged ${name} keeps the experiment from being opened`);
  if (name !== 'personal' && experiment.parts.personal.length !== 1) {
    throw new Error(`A damaged ${name} lost a ranking`);
  }
}

const SMALL_PARTS = ['metrics', 'samples', 'rankings', 'tasks', 'personal', 'log'];

/** As much of an experiment's material as an import looks at. */
const MATERIAL = { world: { corpus: { train: ['a'] } }, tokenizer } as unknown as Material;
const BUNDLE = { preset: 'nano', seed: 7, corpus: 'a', model: {}, val_loss: 1 };
const LOG = linesOf([1, 2].map((step) => ({ stage: 'base', step, seconds: 1, loss: 2 })));

/** Whatever the folder, the experiment has all of the new model or all of the old one. */
async function importInto(name: string, bytes: Uint8Array) {
  const store = memoryStore();
  await store.write(id, { put: stored });
  const experiment = await Experiment.load(store, id);
  const before = { record: structuredClone(experiment.record), models: [...experiment.models] };
  const { files, size } = folderWith(name, bytes);
  const done = await judged(size, async () => {
    await importBase(experiment, MATERIAL, Object.fromEntries(files));
    return true;
  });
  const { record, models } = experiment;
  parseConfig(record.config);
  if (done) {
    if (models.size !== 1) throw new Error('The import left models of the former base');
  } else if (JSON.stringify({ record, models: [...models] }) !== JSON.stringify(before)) {
    throw new Error('A refused import changed the experiment');
  }
}

let backup: Promise<Uint8Array> | undefined;
const backupFile = () => {
  backup ??= (async () => {
    const store = memoryStore();
    await store.write(id, { put: stored });
    return writeBackup(await Experiment.load(store, id));
  })();
  return backup;
};

export async function makeTargets(): Promise<Target[]> {
  const saved = await backupFile();
  const mixed = golden('formats/mixed.safetensors');
  const index = JSON.parse(
    new TextDecoder().decode(golden('formats/sharded/model.safetensors.index.json')),
  );
  return [
    ...[
      mixed,
      golden('model/ppo.safetensors').subarray(0, 4096),
      folder.get('model.safetensors')!,
    ].map((file, i) =>
      target(`safetensors ${i + 1}`, bytesLike(file), (bytes) =>
        judged(bytes.length, () => {
          const { tensors } = readSafetensors(bytes, 'a.safetensors');
          for (const tensor of tensors.values()) toFloat32(tensor);
        }),
      ),
    ),
    target('safetensors header', jsonLike(headerOf(mixed)), (header) => {
      const file = withHeader(header, mixed);
      return judged(file.length, () => readSafetensors(file, 'a.safetensors'));
    }),
    target('index.json', jsonLike(index).map(bytesOf), (bytes) => {
      const files = new Map(folder).set('model.safetensors.index.json', bytes);
      files.delete('model.safetensors');
      return judged(bytes.length, () => readModelFolder(files));
    }),
    ...['config.json', 'tokenizer.json', 'tokenizer_config.json'].flatMap((name) => [
      target(`${name} values`, jsonLike(jsonOf(name)).map(bytesOf), readFolderWith(name)),
      target(`${name} bytes`, bytesLike(folder.get(name)!), readFolderWith(name)),
    ]),
    target('a tokenizer in use', jsonLike(jsonOf('tokenizer.json')), (json) =>
      judged(200_000, () => {
        const made = Tokenizer.fromJSON(json);
        return made.decode(made.encode('the owl <|endoftext|> \uD800 ünï', { allowSpecial: true }));
      }),
    ),
    ...Object.entries(ROWS).flatMap(([name, row]) => [
      target(`JSONL ${name} values`, jsonLike([row, row]).map(linesOf), readRows),
      target(`JSONL ${name} bytes`, bytesLike(linesOf([row, row])), readRows),
    ]),
    target('JSONL of brackets', deepJson, readRows),
    ...['config.json', 'tokenizer.json'].map((name) =>
      target(`${name} of brackets`, deepJson, readFolderWith(name)),
    ),
    target('texts', encodedText, (bytes) =>
      judged(bytes.length, () => {
        const text = decodeText(bytes, 'a.txt');
        return packDocuments(splitDocuments(text || ' '), tokenizer);
      }),
    ),
    target('import config.json', jsonLike(jsonOf('config.json')).map(bytesOf), (bytes) =>
      importInto('config.json', bytes),
    ),
    target('import model', bytesLike(folder.get('model.safetensors')!), (bytes) =>
      importInto('model.safetensors', bytes),
    ),
    target('import bundle.json', jsonLike(BUNDLE).map(bytesOf), (bytes) =>
      importInto('bundle.json', bytes),
    ),
    target('a bundled log', bytesLike(LOG), (bytes) =>
      judged(bytes.length, () =>
        bundleMetrics({ 'bundle.json': bytesOf(BUNDLE), 'metrics.jsonl': bytes }),
      ),
    ),
    target('hash', fc.string({ unit: 'binary', maxLength: 400 }), readHash),
    target(
      'link',
      bytesLike(utf8.encode('#/rank?preset=nano&seed=7&ppo.kl_coef=0.02&lesson=4')).map((bytes) =>
        new TextDecoder().decode(bytes),
      ),
      readHash,
    ),
    target('setting', fc.tuple(fc.string({ unit: 'binary' }), fc.string()), ([key, value]) =>
      judged(100, () => withSetting(defaultConfig('nano'), `${key}=${value}`)),
    ),
    target('config', jsonLike(defaultConfig('nano')), (config) =>
      judged(5000, () => parseConfig(config)),
    ),
    target('stored record', jsonLike(stored['record']), (record) =>
      openStored({ ...stored, record }),
    ),
    target('stored checkpoint', jsonLike(stored['checkpoint']), (checkpoint) =>
      openStored({ ...stored, checkpoint }),
    ),
    ...SMALL_PARTS.map((name) =>
      target(`stored ${name}`, jsonLike(stored[name]), (value) => storedPart(name, value)),
    ),
    target('experiment file', bytesLike(saved), (bytes) =>
      judged(bytes.length, () => readBackup(bytes, 'a.safetensors')),
    ),
    target(
      'experiment file values',
      jsonLike(JSON.parse(headerOf(saved).__metadata__.json)),
      (json) => {
        const header = structuredClone(headerOf(saved));
        header.__metadata__.json = JSON.stringify(json) ?? '';
        const file = withHeader(header, saved);
        return judged(file.length, () => readBackup(file, 'a.safetensors'));
      },
    ),
  ];
}

const headerLength = (file: Uint8Array) =>
  new DataView(file.buffer, file.byteOffset).getUint32(0, true);
const headerOf = (file: Uint8Array) =>
  JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength(file))));

function withHeader(header: unknown, file: Uint8Array): Uint8Array {
  const json = bytesOf(header);
  const data = file.subarray(8 + headerLength(file));
  const made = new Uint8Array(8 + json.length + data.length);
  new DataView(made.buffer).setBigUint64(0, BigInt(json.length), true);
  made.set(json, 8);
  made.set(data, 8 + json.length);
  return made;
}
