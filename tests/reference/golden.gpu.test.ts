/** The golden reader gives a browser test what it gives Node. */
import { expect, test } from 'vitest';
import { loadGolden } from './golden';

test('a golden file is read from the dev server', async () => {
  const { tensors, shapes, number, group } = await loadGolden('model/lm.safetensors');
  expect(shapes['logits']).toEqual([3, 16, 61]);
  expect(number('lr')).toBe(0.003);
  expect(tensors['targets']![0]).toBe(-100);
  expect(Object.keys(group('before'))).toHaveLength(28);
});
