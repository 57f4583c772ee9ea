/** The strip's rows and the colouring of WGSL. */
import { describe, expect, test } from 'vitest';
import { familyOf, partsOf, phasesOf, sharesOf } from '../../src/ui/kernels/flame';
import { piecesOf } from '../../src/ui/kernels/highlight';
import { formatMicroseconds } from '../../src/ui/kernels/numbers';
import { fakeProfile } from '../support/fakeProfile';

const { dispatches } = fakeProfile('train');

describe('the strip', () => {
  test('groups neighbours by phase; the segments cover the step', () => {
    const phases = phasesOf(dispatches);
    expect(phases.map(({ label, from, to, us }) => [label, from, to, us])).toEqual([
      ['forward', 0, 4, 1500],
      ['backward', 4, 7, 2300],
      ['optimizer', 7, 8, 200],
    ]);
  });

  test('groups them by part; what names none belongs to the one before it', () => {
    expect(partsOf(dispatches).map(({ label, from, to }) => [label, from, to])).toEqual([
      ['embedding', 0, 1],
      ['block 0', 1, 4],
      ['head', 4, 5],
      ['block 0', 5, 7],
      ['update', 7, 8],
    ]);
  });

  test('shares of kinds of kernels add up, the largest first', () => {
    const shares = sharesOf(dispatches);
    expect(shares[0]).toEqual({ family: 'product', us: 3000 });
    expect(shares.reduce((sum, { us }) => sum + us, 0)).toBe(4000);
  });

  test('the norm of the gradients is the optimizer’s, not a LayerNorm', () => {
    expect(['grad_norm', 'layernorm_backward'].map(familyOf)).toEqual(['optimizer', 'norm']);
  });
});

describe('colouring', () => {
  test('comments, keywords and numbers, and every character is kept', () => {
    const code = '// sum of 2\nfn main() { let fn_ = 0x1fu; } /* f32 */';
    const pieces = piecesOf(code);
    expect(pieces.map(({ text }) => text).join('')).toBe(code);
    const kinds = pieces.filter(({ kind }) => kind !== 'plain').map((p) => [p.kind, p.text]);
    expect(kinds).toEqual([
      ['comment', '// sum of 2'],
      ['keyword', 'fn'],
      ['keyword', 'let'],
      ['number', '0x1fu'],
      ['comment', '/* f32 */'],
    ]);
  });
});

test('times change their unit at ten milliseconds', () => {
  expect([8.5, 123.4, 9999, 12_345].map(formatMicroseconds)).toEqual([
    '8.50 µs',
    '123 µs',
    '9,999 µs',
    '12.3 ms',
  ]);
});
