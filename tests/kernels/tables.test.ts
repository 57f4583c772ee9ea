/** The tables of src/kernels against the WGSL itself, by reflection. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { Kernel } from '../../src/gpu/kernel';
import { specialise } from '../../src/gpu/pipeline';
import { KERNELS } from '../../src/kernels';
import { workgroupSize } from '../../src/kernels/workgroup';

const SHADERS = readdirSync('shaders').filter((file) => file.endsWith('.wgsl'));
const TESTS = readdirSync('tests/kernels')
  .filter((file) => file.endsWith('.gpu.test.ts'))
  .map((file) => readFileSync(`tests/kernels/${file}`, 'utf8'));

/** The name under which a table is exported, for each kernel. */
const EXPORTS = new Map(
  Object.values(
    import.meta.glob<Record<string, unknown>>('../../src/kernels/*.ts', { eager: true }),
  )
    .flatMap((module) => Object.entries(module))
    .filter(([, value]) => typeof value === 'object' && value !== null && 'bindings' in value)
    .map(([name, value]) => [(value as Kernel).name, name]),
);

/** The smallest device's storage buffers a stage. */
const MOST_STORAGE_BUFFERS = 8;
/** Its storage textures a stage. */
const MOST_STORAGE_TEXTURES = 4;
/** Bytes of uniform that a tape binds. */
const UNIFORM_BYTES = 128;

it('every shader has one table and every table one shader', () => {
  const names = SHADERS.map((file) => file.replace('.wgsl', ''));
  expect([...KERNELS.keys()].toSorted()).toEqual(names.toSorted());
  expect([...EXPORTS.keys()].toSorted()).toEqual(names.toSorted());
});

describe.each([...KERNELS.values()])('$name', (kernel) => {
  const source = readFileSync(`shaders/${kernel.name}.wgsl`, 'utf8');
  const shader = new WgslReflect(source);

  it('is the file that its table imports, and opens with a header comment', () => {
    expect(kernel.code).toBe(source);
    const header = /^(\/\/.*\n)+/.exec(source)?.[0] ?? '';
    expect(header).toContain('Grid: ');
    expect(header, 'what it is checked against').toMatch(/reference|in the test/i);
  });

  it('has the params of its table: order, types, no padding', () => {
    const [uniform, ...rest] = shader.uniforms;
    expect(rest).toEqual([]);
    expect([uniform?.name, uniform?.group, uniform?.binding]).toEqual(['params', 0, 0]);
    const members = uniform!.members!.map(({ name, type, offset }) => [name, type.name, offset]);
    const expected = Object.entries(kernel.params).map(([name, type], i) => [name, type, 4 * i]);
    expect(members).toEqual(expected);
    expect(4 * members.length).toBeLessThanOrEqual(UNIFORM_BYTES);
  });

  it('has the bindings of its table: order, access, element type', () => {
    const actual = shader.storage.map(({ name, group, binding, access, format }) => ({
      name,
      group,
      binding,
      access,
      element: scalarOf(format!.getTypeName()),
    }));
    const expected = Object.entries(kernel.bindings).map(([name, { access, type, image }], i) => ({
      name,
      group: 0,
      binding: i + 1,
      access: access === 'in' ? 'read' : 'read_write',
      element: image ? 'rgba32float' : type,
    }));
    expect(actual.toSorted((a, b) => a.binding - b.binding)).toEqual(expected);
    const buffers = expected.filter(({ element }) => element !== 'rgba32float');
    expect(buffers.length).toBeLessThanOrEqual(MOST_STORAGE_BUFFERS);
    expect(expected.length - buffers.length).toBeLessThanOrEqual(MOST_STORAGE_TEXTURES);
  });

  it('declares each constant of its table, with one entry point `main`', () => {
    expect(() => specialise(kernel, kernel.constants)).not.toThrow();
    expect(shader.entry.compute.map(({ name }) => name)).toEqual(['main']);
  });

  it('gets a power of two within the smallest device as its workgroup, on any adapter', () => {
    for (const software of [false, true]) {
      expect([8, 16, 32, 64, 128, 256]).toContain(workgroupSize(kernel.name, { software }));
    }
  });

  it('has a test in a browser', () => {
    const name = new RegExp(`\\b${EXPORTS.get(kernel.name)}\\b`);
    expect(TESTS.some((test) => name.test(test))).toBe(true);
  });
});

/** 'f32' of 'f32', 'vec4f' or 'vec4<f32>': a buffer of vectors is one of scalars. */
function scalarOf(type: string): string {
  const short = { f: 'f32', h: 'f16', i: 'i32', u: 'u32' } as Record<string, string>;
  const plain = type.replace(/^atomic<(.*)>$/, '$1');
  const vector = /^vec[234](?:([fhiu])|<(.*)>)$/.exec(plain);
  return vector ? (vector[2] ?? short[vector[1]!]!) : plain;
}
