/** The language model against PyTorch: forward, backward and ten optimizer steps. */
import { afterAll, describe, expect, test } from 'vitest';
import { ceil4 } from '../../src/gpu/kernel';
import { recordTrunk } from '../../src/nn/gpt';
import { recordLmBackward, recordLmHead } from '../../src/nn/heads';
import { type LmStep, LmTrainer } from '../../src/nn/trainer';
import { expectClose } from '../reference/compare';
import { loadGolden } from '../reference/golden';
import { testGpu } from '../support/kernel';
import { outOfRows } from '../support/rows';
import {
  asHardware,
  dirtyGradients,
  expectGradients,
  goldenConfig,
  meanWeights,
  readTensors,
  runOnce,
  TOLERANCE,
  upload,
  uploadModel,
} from './support';

describe('language model against PyTorch', async () => {
  const golden = await loadGolden('model/lm.safetensors');
  const { tensors, number, group } = golden;
  const config = goldenConfig(golden);
  const [B, T] = [number('B'), config.T];
  const gpu = await testGpu();
  const weights = uploadModel(gpu, config, 'lm', group('before'));
  const grads = dirtyGradients(gpu, weights);
  const ids = upload.ints(gpu, tensors['input_ids']!);
  const targets = upload.ints(gpu, tensors['targets']!);
  const weight = upload.floats(gpu, meanWeights(tensors['targets']!));
  afterAll(() => gpu.free(weights.arena, grads.arena, ids, targets, weight));

  test('logits', async () => {
    const { logits } = await runOnce(gpu, (tape) => {
      const trunk = recordTrunk(gpu, tape, weights, ids, B, T);
      return { logits: recordLmHead(gpu, tape, weights, trunk, targets).chunks[0]!.logits };
    });
    const { values } = outOfRows(logits, config.V, ceil4(config.V));
    expectClose(values, tensors['logits']!, TOLERANCE);
  });

  test.each([
    ['a software adapter', gpu],
    ['a GPU', asHardware(gpu)],
  ] as const)('loss and every named gradient, by the kernels of %s', async (_, device) => {
    const { logprob } = await runOnce(device, (tape) => {
      const trunk = recordTrunk(device, tape, weights, ids, B, T);
      const head = recordLmHead(device, tape, weights, trunk, targets);
      recordLmBackward(device, tape, weights, grads, head, weight);
      return { logprob: head.logprob };
    });
    const perRow = meanWeights(tensors['targets']!).map((w, i) => -w * logprob[i]!);
    const loss = perRow.reduce((sum, value) => sum + value, 0);
    expectClose([loss], [tensors['losses']![0]!], TOLERANCE);
    expectGradients(await readTensors(gpu, grads), group('grad'));
  });

  test.each([1, 2, 3])(
    'losses, gradient norms and final weights of ten clipped AdamW steps, batches in %i parts',
    async (accumulate) => {
      const met: LmStep[] = [];
      const options = {
        B,
        T,
        accumulate,
        dropout: 0,
        seed: 1,
        adamw: {
          beta1: number('beta1'),
          beta2: number('beta2'),
          eps: number('eps'),
          weightDecay: number('weight_decay'),
          maxNorm: number('max_grad_norm'),
        },
      };
      const trained = uploadModel(gpu, config, 'lm', group('before'));
      const trainer = await LmTrainer.make(gpu, trained, options, (step) => met.push(step));
      const batch = {
        inputIds: Int32Array.from(tensors['input_ids']!),
        targets: Int32Array.from(tensors['targets']!),
      };
      for (let step = 1; step <= number('steps'); step++)
        await trainer.step(step, number('lr'), batch);
      await trainer.drain();
      const after = await readTensors(gpu, trained);
      trainer.free();
      gpu.free(trained.arena);

      expect(met.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(met.every(({ finite }) => finite)).toBe(true);
      expectClose(
        met.map(({ loss }) => loss),
        tensors['losses']!,
        TOLERANCE,
      );
      expectClose(
        met.map(({ gradNorm }) => gradNorm),
        tensors['grad_norms']!,
        TOLERANCE,
      );
      expectWeightsAfterAdam(after, group('after'), 10 * number('lr'));
    },
  );
});

/**
 * Adam divides each gradient by its own size, so that an element whose gradient is a thousandth of
 * its tensor's largest moves with a thousand times the relative rounding. Of the `reach` = steps·lr
 * that a weight can move, 1e-5 is allowed on average (measured 2e-6) and 1e-2 to the worst of some
 * thousand elements (measured 7e-4). Where the exact gradient is 0 (the k third of c_attn.bias) Adam
 * amplifies rounding itself, up to the whole reach.
 */
function expectWeightsAfterAdam(
  actual: Record<string, Float32Array>,
  expected: Record<string, Float64Array>,
  reach: number,
) {
  for (const [name, wanted] of Object.entries(expected)) {
    const C = wanted.length / 3;
    const isKey = (i: number) => name.endsWith('c_attn.bias') && i >= C && i < 2 * C;
    const off = Array.from(wanted, (x, i) =>
      isKey(i) ? 0 : Math.abs(actual[name]![i]! - x) / reach,
    );
    const mean = off.reduce((sum, d) => sum + d, 0) / off.length;
    expect(Math.max(...off), `${name}: worst element`).toBeLessThan(1e-2);
    expect(mean, `${name}: on average`).toBeLessThan(1e-5);
  }
}
