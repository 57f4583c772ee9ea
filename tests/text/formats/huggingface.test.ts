/**
 * Model folders: those that `transformers` saved are read (golden files made by
 * tests/golden/formats/make_formats_golden.py), ours hold what it wants, and a wrong one is refused
 * with the tensor's name.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gpt2TensorShapes, type ModelKind } from '../../../src/text/formats/gpt2';
import {
  type Model,
  type ModelFolder,
  readModelFolder,
  tokenizerFolder,
  writeModelFolder,
} from '../../../src/text/formats/huggingface';
import {
  elementCount,
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../../src/text/formats/safetensors';
import { trainBpe } from '../../../src/text/tokenizer/trainBpe';

const tokenizer = trainBpe(['a small harbour town'], { vocabSize: 260 });
const SIZES = { n_layer: 2, n_embd: 4, n_head: 2, n_positions: 6, vocab_size: tokenizer.vocabSize };

/** Multiples of 1/64 below 2, which F16 and BF16 hold exactly; no two tensors alike. */
function makeModel(kind: ModelKind, sizes = SIZES): Model {
  let n = 0;
  const tensors = new Map<string, Float32Array>();
  for (const [name, shape] of gpt2TensorShapes(sizes, kind)) {
    tensors.set(
      name,
      Float32Array.from({ length: elementCount(shape) }, () => (((n++ * 37) % 255) - 127) / 64),
    );
  }
  return { kind, sizes, tensors };
}

function goldenFolder(name: string): ModelFolder {
  const folder = new URL(`../../golden/formats/${name}/`, import.meta.url);
  const files: ModelFolder = new Map(
    readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(new URL(file, folder)))]),
  );
  // The golden models have nine tokens and no tokenizer; a wider one stands in for the check below.
  for (const [file, bytes] of tokenizerFolder(tokenizer, 6)) files.set(file, bytes);
  return files;
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const jsonOf = (files: ModelFolder, name: string) => JSON.parse(text(files.get(name)));
const withJson = (
  files: ModelFolder,
  name: string,
  edit: (json: ReturnType<typeof JSON.parse>) => void,
): ModelFolder => {
  const json = jsonOf(files, name);
  edit(json);
  return new Map(files).set(name, new TextEncoder().encode(JSON.stringify(json)));
};

/** The folder with its tensors changed: by stored name, shape and floats. */
function withTensors(
  files: ModelFolder,
  edit: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
): ModelFolder {
  const stored = readSafetensors(files.get('model.safetensors')!).tensors;
  const tensors = new Map(
    Array.from(stored, ([name, tensor]) => [
      name,
      { shape: tensor.shape, data: toFloat32(tensor) },
    ]),
  );
  edit(tensors);
  return new Map(files).set('model.safetensors', writeSafetensors(tensors));
}

describe('models that transformers saved', () => {
  const lm = readModelFolder(goldenFolder('lm'));

  test('have their sizes, kind and tensors read', () => {
    expect(lm.kind).toBe('lm');
    expect(lm.sizes).toMatchObject({ n_layer: 2, n_embd: 4, n_head: 2, n_positions: 6 });
    const stored = readSafetensors(goldenFolder('lm').get('model.safetensors')!).tensors;
    const shapes = gpt2TensorShapes({ ...lm.sizes, vocab_size: 9 }, 'lm');
    expect([...lm.tensors.keys()]).toEqual([...shapes.keys()]);
    for (const [name, shape] of shapes) {
      expect(stored.get(name)!.shape).toEqual(shape);
      if (name !== 'transformer.wte.weight') {
        expect(lm.tensors.get(name)).toEqual(toFloat32(stored.get(name)!));
      }
    }
  });

  test.each(['sharded', 'trunk-bf16', 'f16'])('%s gives the same tensors', (name) => {
    expect(readModelFolder(goldenFolder(name)).tensors).toEqual(lm.tensors);
  });

  test('with a score head are reward models', () => {
    const reward = readModelFolder(goldenFolder('reward'));
    expect(reward.kind).toBe('reward');
    expect(reward.tensors.get('score.weight')).toHaveLength(4);
  });

  test('get rows of the mean embedding for tokens that they lack', () => {
    const stored = readSafetensors(goldenFolder('lm').get('model.safetensors')!).tensors;
    const before = toFloat32(stored.get('transformer.wte.weight')!);
    const after = lm.tensors.get('transformer.wte.weight')!;
    expect(lm.addedRows).toBe(tokenizer.vocabSize - 9);
    expect(lm.sizes.vocab_size).toBe(tokenizer.vocabSize);
    expect(after.subarray(0, 36)).toEqual(before);
    for (let c = 0; c < 4; c++) {
      const column = before.filter((_, i) => i % 4 === c);
      const mean = column.reduce((sum, value) => sum + value, 0) / 9;
      expect(after[36 + c]).toBeCloseTo(mean, 6);
      expect(after[after.length - 4 + c]).toBe(after[36 + c]);
    }
  });
});

describe('a written folder', () => {
  test('holds the six files', () => {
    expect([...writeModelFolder(makeModel('lm'), tokenizer).keys()].sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  test.each<ModelKind>(['lm', 'reward', 'value'])('%s is read back as it was', (kind) => {
    const model = makeModel(kind);
    for (const dtype of ['F32', 'F16'] as const) {
      const read = readModelFolder(writeModelFolder(model, tokenizer, { dtype }));
      expect(read.kind).toBe(kind === 'lm' ? 'lm' : 'reward');
      expect(read.sizes).toEqual(SIZES);
      expect(read.tensors).toEqual(model.tensors);
      expect(read.addedRows).toBe(0);
      expect(read.tokenizer.toJSONText()).toBe(tokenizer.toJSONText());
    }
  });

  test('names no head for an lm, and one label and a pad apart from the end for a score', () => {
    const lm = writeModelFolder(makeModel('lm'), tokenizer);
    expect(readSafetensors(lm.get('model.safetensors')!).tensors.has('lm_head.weight')).toBe(false);
    expect(readSafetensors(lm.get('model.safetensors')!).metadata).toEqual({ format: 'pt' });
    expect(jsonOf(lm, 'config.json')).toMatchObject({
      architectures: ['GPT2LMHeadModel'],
      tie_word_embeddings: true,
      activation_function: 'gelu_new',
      layer_norm_epsilon: 1e-5,
      resid_pdrop: 0,
      embd_pdrop: 0,
      attn_pdrop: 0,
    });
    expect(jsonOf(writeModelFolder(makeModel('value'), tokenizer), 'config.json')).toMatchObject({
      architectures: ['GPT2ForSequenceClassification'],
      id2label: { '0': 'LABEL_0' },
      label2id: { LABEL_0: 0 },
      eos_token_id: 0,
      pad_token_id: 1,
    });
  });

  test('is refused where tensors and sizes differ', () => {
    const { sizes, tensors } = makeModel('reward');
    const write = (model: Model) => () => writeModelFolder(model, tokenizer);
    expect(write({ kind: 'lm', sizes, tensors })).toThrow(
      'A lm model has no tensor "score.weight"',
    );
    const lm = makeModel('lm');
    expect(write({ ...lm, kind: 'reward' })).toThrow('tensor "score.weight" is missing');
    expect(write({ ...lm, sizes: { ...SIZES, vocab_size: 261 } })).toThrow('has shape [261,4]');
    expect(write(makeModel('lm', { ...SIZES, vocab_size: 100 }))).toThrow('only 100 embeddings');
  });
});

describe('other layouts are read', () => {
  const model = makeModel('lm');
  const files = writeModelFolder(model, tokenizer);

  test('a stored head that equals the embedding, and mask buffers', () => {
    const old = withTensors(files, (tensors) => {
      tensors.set('lm_head.weight', tensors.get('transformer.wte.weight')!);
      tensors.set('transformer.h.0.attn.bias', { shape: [1, 1, 6, 6], data: new Float32Array(36) });
      tensors.set('transformer.h.1.attn.masked_bias', { shape: [], data: Float32Array.of(-1e4) });
    });
    expect(readModelFolder(old).tensors).toEqual(model.tensors);
  });

  test('names without the prefix', () => {
    const bare = withTensors(files, (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(name.replace(/^transformer\./, ''), tensor);
      }
      tensors.set('h.0.attn.bias', { shape: [1, 1, 6, 6], data: new Float32Array(36) });
    });
    expect(readModelFolder(bare).tensors).toEqual(model.tensors);
  });

  test('special tokens written as objects', () => {
    const old = withJson(files, 'tokenizer_config.json', (json) => {
      json.eos_token = { __type: 'AddedToken', content: '<|endoftext|>' };
      json.pad_token = null;
    });
    expect(readModelFolder(old).tokenizer.pad).toBe(1);
  });
});

describe('a wrong folder is refused in one sentence', () => {
  const files = writeModelFolder(makeModel('lm'), tokenizer);
  const without = (name: string): ModelFolder => {
    const rest = new Map(files);
    rest.delete(name);
    return rest;
  };
  const tensor = (length: number) => ({ shape: [length], data: new Float32Array(length) });
  const sharded = goldenFolder('sharded');
  sharded.delete('model-00002-of-00003.safetensors');

  test.each<[string, ModelFolder, string]>([
    ['no files', new Map(), 'config.json is missing; the folder has no files.'],
    [
      'no weights',
      without('model.safetensors'),
      'model.safetensors is missing, and so is model.safetensors.index.json; the folder has config.json, ',
    ],
    ['no tokenizer', without('tokenizer.json'), 'tokenizer.json is missing; the folder has '],
    ['a missing shard', sharded, '" in model-00002-of-00003.safetensors, which the folder lacks.'],
    [
      'a config that is no JSON',
      new Map(files).set('config.json', new Uint8Array([123])),
      'config.json is not JSON: ',
    ],
    [
      'another model',
      withJson(files, 'config.json', (json) => {
        json.model_type = 'llama';
      }),
      'config.json: "model_type" is "llama", but "gpt2" was wanted.',
    ],
    [
      'another architecture',
      withJson(files, 'config.json', (json) => {
        json.architectures = ['GPT2DoubleHeadsModel'];
      }),
      'config.json: "architectures" names GPT2DoubleHeadsModel, but ',
    ],
    [
      'another activation',
      withJson(files, 'config.json', (json) => {
        json.activation_function = 'relu';
      }),
      'config.json: "activation_function" is "relu", but ',
    ],
    [
      'no layers',
      withJson(files, 'config.json', (json) => {
        json.n_layer = 0;
      }),
      'config.json: "n_layer" is 0, but a whole number from 1 to 1024 was wanted.',
    ],
    [
      'no size',
      withJson(files, 'config.json', (json) => {
        delete json.n_embd;
      }),
      'config.json: "n_embd" is missing.',
    ],
    [
      'heads that do not divide the channels',
      withJson(files, 'config.json', (json) => {
        json.n_head = 3;
      }),
      'config.json: "n_embd" is 4, but a multiple of "n_head" (3) was wanted.',
    ],
    [
      'another feed-forward width',
      withJson(files, 'config.json', (json) => {
        json.n_inner = 12;
      }),
      'config.json: "n_inner" is 12, but four times "n_embd" (16) was wanted.',
    ],
    [
      'a score head of five',
      withJson(goldenFolder('reward'), 'config.json', (json) => {
        json.id2label = { 0: 'a', 1: 'b' };
      }),
      'config.json: "id2label" has 2 labels, but a score model with exactly one was wanted.',
    ],
    [
      'a missing tensor',
      withTensors(files, (tensors) => tensors.delete('transformer.h.1.ln_2.bias')),
      'The tensor "transformer.h.1.ln_2.bias" is missing; shape [4] was wanted.',
    ],
    [
      'a tensor too many',
      withTensors(files, (tensors) => tensors.set('transformer.h.2.ln_1.bias', tensor(4))),
      'The tensor "transformer.h.2.ln_1.bias" of shape [4] is no part of a GPT-2 of kind lm with 2 layers.',
    ],
    [
      'a tensor of another shape',
      withTensors(files, (tensors) => tensors.set('transformer.ln_f.bias', tensor(5))),
      'The tensor "transformer.ln_f.bias" has shape [5], but [4] was wanted.',
    ],
    [
      'a tensor that comes under both names',
      withTensors(files, (tensors) => tensors.set('ln_f.bias', tensor(4))),
      'The tensors "ln_f.bias" and "transformer.ln_f.bias" are the same one.',
    ],
    [
      'an untied head',
      withTensors(files, (tensors) => {
        const { shape, data } = tensors.get('transformer.wte.weight')!;
        tensors.set('lm_head.weight', { shape, data: data.map((value) => value + 1) });
      }),
      'The tensor "lm_head.weight" differs from "transformer.wte.weight", but a tied head was wanted.',
    ],
  ])('%s', (_, folder, message) => {
    expect(() => readModelFolder(folder)).toThrow(message);
  });
});
