/** Loops that are written out before a shader is compiled. */
import { describe, expect, test } from 'vitest';
import { unroll } from '../../src/gpu/unroll';

const loop = (rounds: string, ...body: string[]) =>
  [`  for (var d = 0u; d < ${rounds}; d++) { // unrolled`, ...body, '  }', ''].join('\n');

describe('unroll', () => {
  test('writes out every round with its number, and nothing else', () => {
    const code = `const D4: u32 = 2u;\n${loop('D4', '    dd[d] = x[4u * d + d4].d;')}end\n`;
    expect(unroll(code)).toBe(
      'const D4: u32 = 2u;\n  {\n    dd[0u] = x[4u * 0u + d4].0u;\n  }\n  {\n    dd[1u] = x[4u * 1u + d4].1u;\n  }\nend\n',
    );
  });

  test('takes a number of rounds, and none at all', () => {
    expect(unroll(loop('3u', '    f(d);')).match(/f\(\du\)/g)).toEqual(['f(0u)', 'f(1u)', 'f(2u)']);
    expect(unroll(`a\n${loop('0u', '    f(d);')}b\n`)).toBe('a\nb\n');
  });

  test('takes a part of a const, with or without a type', () => {
    for (const declared of ['const TILE_M: u32 = 8u;', 'const TILE_M = 8u;']) {
      const code = `${declared}\n${loop('TILE_M / 4u', '    f(d);')}`;
      expect(unroll(code).match(/f\(\du\)/g)).toEqual(['f(0u)', 'f(1u)']);
    }
  });

  test('writes out loops within loops, and several of them', () => {
    const inner = '    for (var k = 0u; k < 2u; k++) { // unrolled\n      f(d, k);\n    }';
    const calls = unroll(loop('2u', inner) + loop('1u', '    g(d);')).match(/\w\(.*\)/g);
    expect(calls).toEqual(['f(0u, 0u)', 'f(0u, 1u)', 'f(1u, 0u)', 'f(1u, 1u)', 'g(0u)']);
  });

  test('leaves other loops alone', () => {
    const code = '  for (var d = 0u; d < 4u; d++) {\n    f(d);\n  }\n';
    expect(unroll(code)).toBe(code);
  });

  test('refuses a loop without an end, and rounds that nobody knows', () => {
    expect(() => unroll(loop('N', '    f(d);'))).toThrow("'N' is no const of the shader");
    expect(() => unroll(loop('2u', '    f(d);').replace('  }\n', ''))).toThrow('does not end');
  });
});
