/**
 * The order in which examples are visited: each epoch is its own random permutation of all of them,
 * and batches run on across the ends of epochs, so that every batch is full and every example comes
 * exactly once an epoch. Which examples make batch `step` depends on (seed, step) alone.
 */

import { randomBelow, Stream } from './philox';

/** A random permutation of 0 … count−1 (Fisher–Yates) for one epoch. */
export function epochPermutation(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = randomBelow(i + 1, seed, Stream.order, epoch, i);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}

export class ShuffledOrder {
  private readonly permutations = new Map<number, Uint32Array>();

  /**
   * @param count examples in the set
   * @param batchSize examples a step
   * @throws RangeError when either is not a whole number above 0.
   */
  constructor(
    readonly count: number,
    readonly batchSize: number,
    readonly seed: number,
  ) {
    if (!(Number.isSafeInteger(count) && count > 0)) {
      throw new RangeError(`There are ${count} examples to batch, but at least one is wanted.`);
    }
    if (!(Number.isSafeInteger(batchSize) && batchSize > 0)) {
      throw new RangeError(`The batch size is ${batchSize}, but a whole number above 0 is wanted.`);
    }
  }

  /** Indices of the examples of batch `step`, which counts from 0. */
  batch(step: number): number[] {
    return Array.from({ length: this.batchSize }, (_, row) => {
      const position = step * this.batchSize + row;
      return this.permutation(Math.floor(position / this.count))[position % this.count];
    });
  }

  /** Steps until every example was visited `epochs` times (a fraction is allowed). */
  stepsFor(epochs: number): number {
    return Math.ceil((this.count * epochs) / this.batchSize);
  }

  private permutation(epoch: number): Uint32Array {
    let order = this.permutations.get(epoch);
    if (!order) {
      // A batch of a step touches few epochs; those long past are never asked for again.
      if (this.permutations.size > 3 + this.batchSize / this.count) this.permutations.clear();
      order = epochPermutation(this.count, this.seed, epoch);
      this.permutations.set(epoch, order);
    }
    return order;
  }
}
