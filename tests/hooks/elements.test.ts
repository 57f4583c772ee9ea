/** Numbers as kernels' buffers hold them, and back. */
import { describe, expect, test } from 'vitest';
import { bytesOfElement, type ElementType } from '../../src/gpu/kernel';
import { numbersOf, storedAs, unwritten, zeros } from '../../src/hooks/elements';

const TYPES: ElementType[] = ['f32', 'i32', 'u32', 'f16'];

describe.each(TYPES)('%s', (type) => {
  test('numbers that fit come back, from as many bytes as an element has', () => {
    const values = [0, 1, 2, 2047];
    const stored = storedAs(type, values);
    expect(stored.byteLength).toBe(4 * bytesOfElement(type));
    expect([...numbersOf(type, stored.buffer, 4)]).toEqual(values);
    expect([...numbersOf(type, stored.buffer, 2)]).toEqual([0, 1]);
  });

  test('a new buffer is zeros, one that nobody wrote is no number', () => {
    expect([...numbersOf(type, zeros(type, 3).buffer, 3)]).toEqual([0, 0, 0]);
    const [first] = numbersOf(type, unwritten(type, 3).buffer, 3);
    if (type.startsWith('f')) expect(first).toBeNaN();
    else expect(first).toBe(0x7fc0_0000);
  });
});

test('a half is the nearest one', () => {
  const stored = storedAs('f16', [1 + 2 ** -12, 0.1]);
  const tenth = 0.0999755859375;
  expect([...numbersOf('f16', stored.buffer, 2)]).toEqual([1, tenth]);
});
