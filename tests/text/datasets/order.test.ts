/** Counter-based randomness, and epochs shuffled by it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochPermutation, ShuffledOrder } from '../../../src/text/datasets/order';
import { philox4x32, randomBelow } from '../../../src/text/datasets/philox';

describe('Philox', () => {
  test('gives the known answers that its authors publish', () => {
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([
      0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8,
    ]);
    const ones = 0xffffffff;
    expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(
      philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });

  test('spreads evenly over what is asked for', () => {
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[randomBelow(5, 7, 1, i, 0)]++;
    // 2,000 expected in each with a deviation of 40; five deviations.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});

describe('a shuffled order', () => {
  test('visits every example once an epoch, whatever the batch size', () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, fc.nat(), (count, batchSize, seed) => {
        const order = new ShuffledOrder(count, batchSize, seed);
        const visited = Array.from({ length: count }, (_, step) => order.batch(step)).flat();
        for (let epoch = 0; epoch < batchSize; epoch++) {
          const one = visited.slice(epoch * count, (epoch + 1) * count);
          expect(one.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        }
      }),
    );
  });

  test('resumes at any step as if never stopped', () => {
    const order = new ShuffledOrder(10, 4, 3);
    const steps = Array.from({ length: 40 }, (_, step) => order.batch(step));
    expect(new ShuffledOrder(10, 4, 3).batch(37)).toEqual(steps[37]);
    expect(order.batch(2)).toEqual(steps[2]);
  });

  test('differs between epochs and between seeds', () => {
    expect(epochPermutation(30, 1, 0)).not.toEqual(epochPermutation(30, 1, 1));
    expect(epochPermutation(30, 1, 0)).not.toEqual(epochPermutation(30, 2, 0));
    expect(epochPermutation(30, 1, 0)).not.toEqual(epochPermutation(30, 1 + 2 ** 32, 0));
  });

  test('puts every example at every place equally often', () => {
    const firsts = [0, 0, 0, 0];
    for (let epoch = 0; epoch < 4000; epoch++) firsts[epochPermutation(4, 9, epoch)[0]]++;
    // 1,000 expected in each with a deviation of 27; five deviations.
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(137);
  });

  test('counts the steps of some epochs', () => {
    expect(new ShuffledOrder(10, 4, 0).stepsFor(1)).toBe(3);
    expect(new ShuffledOrder(10, 4, 0).stepsFor(2)).toBe(5);
    expect(new ShuffledOrder(10, 4, 0).stepsFor(0.4)).toBe(1);
  });

  test('of nothing is refused', () => {
    expect(() => new ShuffledOrder(0, 4, 0)).toThrow('There are 0 examples to batch');
    expect(() => new ShuffledOrder(4, 0, 0)).toThrow('The batch size is 0');
  });
});
