/**
 * Two thousand training steps leave memory where it was. The browser of these tests is started with
 * `gc` and an exact `performance.memory`.
 */
import { expect, test } from 'vitest';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { layoutOf } from '../../src/nn/layout';
import { LmTrainer } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { random } from '../reference/compare';
import { testGpu } from '../support/kernel';
import { nnConfig } from './support';

declare global {
  interface Performance {
    /** Chromium only. */
    readonly memory: { readonly usedJSHeapSize: number };
  }
}

const gpu = await testGpu();
const layout = layoutOf(nnConfig({ L: 1, C: 8, H: 2, V: 23, T: 4 }), 'lm');
const [B, T] = [2, 4];
/** Until code is compiled, and rings and staging buffers are as many as they will be. */
const WARM = 1000;
const STEPS = 2000;
/** Of the heap: an object that each step left behind would come to more. */
const MOST_BYTES = 16 * STEPS;

const ids = (seed: number) =>
  Int32Array.from(random(B * T, seed), (z) => Math.floor(Math.abs(z) * 1000) % 23);

/** Bytes in use once what nobody holds is gone; what the GPU answers is collected a turn later. */
async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    gc!();
    await new Promise((done) => setTimeout(done, 20));
  }
  return performance.memory.usedJSHeapSize;
}

test('2,000 steps leave the heap and the bytes on the GPU where they were', async () => {
  const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 3));
  let last = 0;
  const trainer = await LmTrainer.make(
    gpu,
    weights,
    { B, T, dropout: 0.1, seed: 5, adamw: { ...ADAMW, weightDecay: 0.1 } },
    ({ step }) => {
      last = step;
    },
  );
  const batch = { inputIds: ids(1), targets: ids(2) };
  const train = async (from: number, to: number) => {
    for (let step = from; step <= to; step++) await trainer.step(step, 1e-3, batch);
    await trainer.drain();
  };
  await train(1, WARM);
  const before = { heap: await heap(), ...gpu.counters };
  await train(WARM + 1, WARM + STEPS);
  const after = { heap: await heap(), ...gpu.counters };
  trainer.free();
  gpu.free(weights.arena);

  expect(last).toBe(WARM + STEPS);
  expect(after.submits - before.submits).toBe(STEPS);
  expect(after.bytes).toBe(before.bytes);
  expect(after.buffers).toBe(before.buffers);
  expect(after.bindGroups).toBe(before.bindGroups);
  expect(after.heap - before.heap).toBeLessThan(MOST_BYTES);
});
