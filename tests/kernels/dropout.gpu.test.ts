import { describe, expect, it } from 'vitest';
import { dropoutBackward } from '../../src/kernels/dropout';
import { random } from '../reference/compare';
import { dropout } from '../reference/dropout';
import { runKernel } from '../support/kernel';

describe('dropout_backward', () => {
  for (const N of [1, 63, 64, 65, 1009]) {
    it(`multiplies ${N} gradients by their mask`, async () => {
      const dy = random(N, 1);
      const mask = Float64Array.from({ length: N }, (_, i) => (i % 3 === 0 ? 0 : 1.25));
      const { dx } = await runKernel(dropoutBackward, { N }, { dy, mask });
      // One f32 multiplication: each factor and the product are rounded once.
      const wanted = dropout(dy, mask);
      dx!.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(2.4e-7 * Math.abs(wanted[i]!));
      });
    });
  }
});
