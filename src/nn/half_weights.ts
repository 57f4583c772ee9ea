/**
 * Weights in half precision for a sampler's tokens: rounded at every start, since a policy's weights
 * change between two of them. Only what is asked for takes memory, two bytes a weight.
 */
import type { Gpu, View } from '../gpu/device';
import { bytesOfElement } from '../gpu/kernel';
import type { Tape } from '../gpu/tape';
import { toHalf } from '../kernels/decode_linear';
import { workgroup } from './choice';
import type { Weights } from './weights';

export class HalfWeights {
  private readonly views = new Map<string, View>();

  /** @param tape rounds what is asked for; it runs before what reads the halves */
  constructor(
    private readonly gpu: Gpu,
    private readonly weights: Weights,
    private readonly tape: Tape,
  ) {}

  /** The halves of one tensor, whose size is a multiple of 4. @throws for a name that the model does not have */
  tensor(name: string): View {
    const known = this.views.get(name);
    if (known) return known;
    const x = this.weights.tensor(name);
    const n = x.size / bytesOfElement('f32');
    const out = this.gpu.alloc(`${name} in half precision`, bytesOfElement('f16') * n);
    this.tape.dispatch(toHalf, { n }, { x, out }, workgroup(this.gpu, toHalf));
    this.views.set(name, out);
    return out;
  }

  free(): void {
    this.gpu.free(...this.views.values());
    this.views.clear();
  }
}
