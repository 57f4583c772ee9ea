/**
 * Weights in half precision for a sampler's tokens: rounded at every start, since a policy's weights
 * change between two of them. Only what is asked for takes memory, two bytes a weight.
 */
import type { Gpu, View } from '../gpu/device';
import { bytesOfElement } from '../gpu/kernel';
import type { Tape } from '../gpu/tape';
import { toHalf } from '../kernels/decode_linear';
import { workgroup } from './choice';

export class HalfWeights {
  private readonly made: View[] = [];

  /** @param tape rounds them; it runs before what reads the halves */
  constructor(
    private readonly gpu: Gpu,
    private readonly tape: Tape,
  ) {}

  /** The halves of some weights, as many as a multiple of 4. */
  of(weights: View): View {
    const n = weights.size / bytesOfElement('f32');
    const out = this.gpu.alloc('weights in half precision', bytesOfElement('f16') * n);
    this.made.push(out);
    this.tape.dispatch(toHalf, { n }, { x: weights, out }, workgroup(this.gpu, toHalf));
    return out;
  }

  free(): void {
    this.gpu.free(...this.made);
    this.made.length = 0;
  }
}
