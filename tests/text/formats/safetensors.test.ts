/**
 * Safetensors against files of the Python library (made by
 * tests/golden/formats/make_formats_golden.py), round trips, and damaged files.
 */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatToHalf, halfToFloat } from '../../../src/text/formats/halfFloat';
import {
  elementCount,
  readSafetensors,
  type StoredTensor,
  type TensorToWrite,
  toFloat32,
  toInt32,
  writeSafetensors,
} from '../../../src/text/formats/safetensors';

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../golden/formats/${name}`, import.meta.url)));

const PYTHON_NUMBERS: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

describe("the library's files", () => {
  const expected: Record<string, { shape: number[]; values: string[] }> = JSON.parse(
    new TextDecoder().decode(golden('mixed.json')),
  );
  const file = readSafetensors(golden('mixed.safetensors'));

  test.each(Object.keys(expected))('%s has its shape and its exact values', (name) => {
    const { shape, values } = expected[name];
    const tensor = file.tensors.get(name)!;
    expect(tensor.shape).toEqual(shape);
    // PyTorch printed the values in f64, so rounding them to f32 gives back those of f32 tensors.
    const wanted = values.map((value) => Math.fround(PYTHON_NUMBERS[value] ?? Number(value)));
    expect([...toFloat32(tensor)]).toEqual(wanted);
    if (['I32', 'I64', 'U8', 'BOOL'].includes(tensor.dtype)) {
      expect([...toInt32(tensor)]).toEqual(values.map(Number));
    }
  });

  test('metadata is read', () => {
    expect(file.metadata).toEqual({ 'made by': 'tests', Ünicode: 'ja' });
  });

  test.each(['lm', 'reward', 'f16'])('%s is written back byte for byte', (folder) => {
    const bytes = golden(`${folder}/model.safetensors`);
    const { tensors, metadata } = readSafetensors(bytes);
    const again = Array.from(tensors, ([name, tensor]): [string, TensorToWrite] => [
      name,
      {
        shape: tensor.shape,
        data: toFloat32(tensor),
        dtype: tensor.dtype === 'F16' ? 'F16' : 'F32',
      },
    ]);
    expect(writeSafetensors(again.reverse(), metadata)).toEqual(bytes);
  });
});

describe('round trips', () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
  const tensor = shape.chain((shape): fc.Arbitrary<TensorToWrite> => {
    const exactly = { minLength: elementCount(shape), maxLength: elementCount(shape) };
    return fc.oneof(
      fc.float32Array(exactly).map((data) => ({ shape, data })),
      fc.int32Array(exactly).map((data) => ({ shape, data })),
    );
  });
  const names = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('__proto__', '12', 'a.b'),
  );

  test('whatever is written is read', () => {
    fc.assert(
      fc.property(fc.dictionary(names, tensor), fc.dictionary(names, fc.string()), (all, meta) => {
        const tensors = Object.entries(all);
        const file = writeSafetensors(tensors, meta);
        const read = readSafetensors(file);
        expect({ ...read.metadata }).toEqual({ ...meta });
        expect([...read.tensors.keys()].sort()).toEqual(tensors.map(([name]) => name).sort());
        for (const [name, { shape, data }] of tensors) {
          const stored = read.tensors.get(name)!;
          expect(stored.shape).toEqual(shape);
          const back = data instanceof Int32Array ? toInt32(stored) : toFloat32(stored);
          expect(back).toEqual(data);
        }
      }),
    );
  });

  test('the order of the tensors makes no difference to the bytes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tensor), (all) => {
        const tensors = Object.entries(all);
        expect(writeSafetensors([...tensors].reverse())).toEqual(writeSafetensors(tensors));
      }),
    );
  });

  test('the header ends at a multiple of 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcdefgh']) {
      const file = writeSafetensors([[name, { shape: [1], data: Float32Array.of(7) }]]);
      expect((file.length - 4) % 8).toBe(0);
    }
  });

  test('an aligned F32 tensor is a view and an unaligned one a copy', () => {
    const file = writeSafetensors([['a', { shape: [2], data: Float32Array.of(1, 2) }]]);
    expect(toFloat32(readSafetensors(file).tensors.get('a')!).buffer).toBe(file.buffer);
    const moved = new Uint8Array(file.length + 1);
    moved.set(file, 1);
    const copy = toFloat32(readSafetensors(moved.subarray(1)).tensors.get('a')!);
    expect(copy.buffer).not.toBe(moved.buffer);
    expect([...copy]).toEqual([1, 2]);
  });
});

describe('half floats', () => {
  test('every half survives widening and narrowing', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      if ((bits & 0x7fff) <= 0x7c00) expect(floatToHalf(halfToFloat(bits))).toBe(bits);
      else expect(halfToFloat(bits)).toBeNaN();
    }
  });

  test('a float goes to the nearest half, and between two to the even one', () => {
    const nextHalf = fc.integer({ min: 0, max: 0x7bfe });
    fc.assert(
      fc.property(nextHalf, fc.double({ min: 0, max: 1, noNaN: true }), (bits, part) => {
        const [low, high] = [halfToFloat(bits), halfToFloat(bits + 1)];
        const value = Math.fround(low + part * (high - low));
        const middle = (low + high) / 2;
        const even = bits % 2 === 0 ? bits : bits + 1;
        const wanted = value < middle ? bits : value > middle ? bits + 1 : even;
        expect(floatToHalf(value)).toBe(wanted);
        expect(floatToHalf(-value)).toBe(wanted | 0x8000);
      }),
      {
        examples: [
          [0, 0.5],
          [1, 0.5],
          [0x3ff, 0.5],
          [0x400, 0.5],
          [0x7bfe, 0.5],
        ],
      },
    );
  });

  test('what lies beyond 65504 by half a step or more is infinite, and refused in a file', () => {
    expect(floatToHalf(65519)).toBe(0x7bff);
    expect(floatToHalf(65520)).toBe(0x7c00);
    const write = () =>
      writeSafetensors([['w', { shape: [1], data: Float32Array.of(-1e5), dtype: 'F16' }]]);
    expect(write).toThrow('Tensor "w" holds -100000, but F16 ends at 65504; write it as F32.');
  });
});

describe('a damaged file is refused in one sentence', () => {
  const file = (header: unknown, dataBytes: number): Uint8Array => {
    const json = new TextEncoder().encode(
      typeof header === 'string' ? header : JSON.stringify(header),
    );
    const bytes = new Uint8Array(8 + json.length + dataBytes);
    new DataView(bytes.buffer).setUint32(0, json.length, true);
    bytes.set(json, 8);
    return bytes;
  };
  const f32 = (shape: number[], data_offsets: number[]) => ({ dtype: 'F32', shape, data_offsets });
  const hugeHeader = file({}, 0);
  hugeHeader[7] = 1;

  test.each<[string, Uint8Array, string]>([
    [
      'too short',
      new Uint8Array(5),
      'x.safetensors: the file has 5 bytes, but at least 8 for the header length were wanted.',
    ],
    [
      'a header longer than the file',
      hugeHeader,
      'x.safetensors: the header length at offset 0 is 72057594037927938, but 2 bytes follow it and at most 100000000 are allowed.',
    ],
    ['no JSON', file('{"a":', 0), 'x.safetensors: the header at offset 8 is not JSON: '],
    ['a list', file('[]', 0), 'x.safetensors: the header at offset 8 is not a JSON object.'],
    [
      'no UTF-8',
      (() => {
        const bytes = file('{"a"}', 0);
        bytes[10] = 0xff;
        return bytes;
      })(),
      'x.safetensors: the header at offset 8 is not JSON: ',
    ],
    [
      'metadata of numbers',
      file({ __metadata__: { a: 1 } }, 0),
      'x.safetensors: "__metadata__" is not an object of strings.',
    ],
    ['a tensor of null', file({ a: null }, 0), 'x.safetensors: tensor "a" has dtype undefined'],
    [
      'an unknown dtype',
      file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1),
      'x.safetensors: tensor "a" has dtype "F8_E4M3", but one of F32, F16, BF16, I32, I64, U8, BOOL was wanted.',
    ],
    [
      'a negative size',
      file({ a: f32([-1], [0, 4]) }, 4),
      'x.safetensors: tensor "a" has shape [-1], but a list of sizes was wanted.',
    ],
    [
      'offsets the wrong way round',
      file({ a: f32([1], [4, 0]) }, 4),
      'x.safetensors: tensor "a" has data_offsets [4,0], but [begin, end] was wanted.',
    ],
    [
      'a size that does not match',
      file({ a: f32([2, 3], [0, 20]) }, 20),
      'x.safetensors: tensor "a" takes 20 bytes at data offset 0, but F32 of shape [2,3] takes 24.',
    ],
    [
      'sizes whose product overflows',
      file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4),
      'x.safetensors: tensor "a" takes 4 bytes at data offset 0, but F32 of shape [1099511627776,1099511627776] takes',
    ],
    [
      'an overlap',
      file({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12),
      'x.safetensors: tensor "b" begins at data offset 4, but 8 was wanted (it overlaps the tensor before it).',
    ],
    [
      'a gap',
      file({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12),
      'x.safetensors: tensor "b" begins at data offset 8, but 4 was wanted (bytes lie unused before it).',
    ],
    [
      'a cut end',
      file({ a: f32([4], [0, 16]) }, 15),
      `x.safetensors: tensor "a" ends at data offset 16, but the file's data ends at 15.`,
    ],
    [
      'bytes too many',
      file({ a: f32([1], [0, 4]) }, 7),
      'x.safetensors: 3 bytes after data offset 4 belong to no tensor.',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(message);
  });

  test('cut anywhere', () => {
    const whole = golden('mixed.safetensors');
    for (let length = 0; length < whole.length; length++) {
      expect(() => readSafetensors(whole.subarray(0, length))).toThrow('model.safetensors: ');
    }
  });
});

describe('what cannot be written is refused', () => {
  test('a shape that does not fit its data', () => {
    const write = () => writeSafetensors([['a', { shape: [2, 3], data: new Float32Array(5) }]]);
    expect(write).toThrow('Tensor "a" has shape [2,3], but 5 values were given for it.');
  });

  test('a name that comes twice', () => {
    const tensor = { shape: [1], data: new Float32Array(1) };
    const write = () =>
      writeSafetensors([
        ['a', tensor],
        ['a', tensor],
      ]);
    expect(write).toThrow('Two tensors are named "a".');
  });

  test('an integer tensor read that 32 bits do not hold, or that is a float', () => {
    const wide: StoredTensor = {
      dtype: 'I64',
      shape: [1],
      bytes: new Uint8Array(BigInt64Array.of(2n ** 31n).buffer),
    };
    expect(() => toInt32(wide)).toThrow('An I64 tensor holds 2147483648');
    expect(() => toInt32({ ...wide, dtype: 'F32' })).toThrow('A tensor is F32');
  });
});
