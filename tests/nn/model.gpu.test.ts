/** The GPU model against the f64 reference where shapes are awkward: nothing divides a tile. */
import { describe, expect, test } from 'vitest';
import type { Gpu, View } from '../../src/gpu/device';
import type { Tape } from '../../src/gpu/tape';
import { recordTrunk } from '../../src/nn/gpt';
import { recordLmBackward, recordLmHead } from '../../src/nn/heads';
import type { Weights } from '../../src/nn/weights';
import { expectClose, random } from '../reference/compare';
import { crossEntropy } from '../reference/crossEntropy';
import { dropoutMask } from '../reference/dropout';
import { gptForward, lmBackward, lmLogits } from '../reference/gpt';
import type { Tensors } from '../reference/optimizer';
import { type GptConfig, initParams } from '../reference/params';
import type { Values } from '../reference/types';
import { testGpu } from '../support/kernel';
import {
  dirtyGradients,
  expectGradients,
  otherKind,
  readTensors,
  rounded,
  runOnce,
  TOLERANCE,
  upload,
  uploadModel,
} from './support';

const gpu = await testGpu();
const kinds = [gpu, otherKind(gpu)];

/** Positions beyond T are there and must get gradient 0. */
const config = (L: number, C = 12, H = 3): GptConfig => ({ L, C, H, V: 53, T: 9 });

interface Batch {
  B: number;
  T: number;
  ids: number[];
  targets: number[];
  /** [B·T] of any sign, as a policy loss gives them. */
  weight: Float64Array;
  dropoutMasks?: Record<string, Float64Array>;
}

function batchOf({ L, C, V }: GptConfig, B: number, T: number, seed: number, p = 0): Batch {
  const N = B * T;
  const below = (limit: number, stream: number) =>
    Array.from(random(N, stream), (z) => Math.floor(Math.abs(z) * 1000) % limit);
  // Few distinct ids, so that many rows share a row of wte; some are met never, some targets ignored.
  const ids = below(V - 30, seed);
  const targets = below(V, seed + 1).map((target, i) => (i % 5 === 3 ? -100 : target));
  const weight = Float64Array.from(Float32Array.from(random(N, seed + 2), (z) => z / N));
  if (p === 0) return { B, T, ids, targets, weight };
  const sites = Array.from({ length: L }, (_, layer) => [`h.${layer}.attn`, `h.${layer}.mlp`]);
  const dropoutMasks = Object.fromEntries(
    sites.flat().map((site, s) => {
      const uniforms = random(N * C, seed + 10 + s).map((z) => Math.abs(z) % 1);
      return [site, dropoutMask(uniforms, p)];
    }),
  );
  return { B, T, ids, targets, weight, dropoutMasks };
}

/** What the reference makes of Σ weight·(−logprob). */
function expected(model: GptConfig, params: Tensors, batch: Batch, temperature: number) {
  const { B, T, ids, targets, weight, dropoutMasks } = batch;
  const shape = { B, T, ...(dropoutMasks ? { dropoutMasks } : {}) };
  const activations = gptForward(model, params, ids, shape);
  const logits = lmLogits(model, params, activations.hidden);
  const settings = { weights: weight, temperature };
  const { logp, dlogits } = crossEntropy(logits, targets, B * T, model.V, settings);
  return { logp, grads: lmBackward(model, params, activations, dlogits) };
}

interface Recording {
  on?: Gpu;
  temperature?: number;
  accumulate?: boolean;
  logitsBytes?: number;
  recompute?: boolean;
}

/** Records one batch; the views it uploads are pushed onto `views`. */
function recordBatch(
  tape: Tape,
  weights: Weights,
  grads: Weights,
  batch: Batch,
  views: View[],
  { on = gpu, temperature = 1, accumulate = false, logitsBytes, recompute }: Recording = {},
) {
  const keep = (view: View) => {
    views.push(view);
    return view;
  };
  const { B, T, ids, targets, weight, dropoutMasks } = batch;
  const floats = (values: Values) => keep(upload.floats(gpu, values));
  const masks =
    dropoutMasks &&
    Array.from({ length: weights.layout.config.n_layer }, (_, layer) => ({
      attn: floats(dropoutMasks[`h.${layer}.attn`]!),
      mlp: floats(dropoutMasks[`h.${layer}.mlp`]!),
    }));
  const trunk = recordTrunk(on, tape, weights, keep(upload.ints(gpu, ids)), B, T, {
    masks,
    ...(recompute === undefined ? {} : { recompute }),
  });
  const targetView = keep(upload.ints(gpu, targets));
  const head = recordLmHead(on, tape, weights, trunk, targetView, temperature, logitsBytes);
  recordLmBackward(on, tape, weights, grads, head, floats(weight), accumulate);
  return head;
}

async function expectAgreement(model: GptConfig, batch: Batch, recording: Recording = {}) {
  const params = rounded(initParams(model, 11, { std: 0.3, noise: 0.2 }));
  const weights = uploadModel(gpu, model, 'lm', params);
  const grads = dirtyGradients(gpu, weights);
  const views: View[] = [];
  const { logprob } = await runOnce(gpu, (tape) => ({
    logprob: recordBatch(tape, weights, grads, batch, views, recording).logprob,
  }));
  const met = await readTensors(gpu, grads);
  gpu.free(weights.arena, grads.arena, ...views);
  const wanted = expected(model, params, batch, recording.temperature ?? 1);
  expectClose(logprob, wanted.logp, TOLERANCE, 'logprob');
  expectGradients(met, wanted.grads);
}

describe('log-probabilities and gradients agree with the reference', () => {
  for (const on of kinds) {
    const kind = on.adapter.is_fallback ? 'a software adapter' : 'a GPU';
    for (const L of [1, 2, 3]) {
      test(`L=${L} C=12 H=3 V=53 T=7 B=5, the kernels of ${kind}`, () =>
        expectAgreement(config(L), batchOf(config(L), 5, 7, 20), { on }));
    }
  }

  test('one sequence of one position', () => {
    const model = config(1);
    const batch = { ...batchOf(model, 1, 1, 30), targets: [5] };
    return expectAgreement(model, batch);
  });

  test('one head as wide as the model, with a temperature', () =>
    expectAgreement(config(2, 20, 1), batchOf(config(2, 20, 1), 3, 9, 40), { temperature: 0.6 }));

  test('dropout multiplies by its masks on the way forth and back', () =>
    expectAgreement(config(2), batchOf(config(2), 5, 7, 50, 0.3)));

  test('logits made in three chunks, remade on the way back', async () => {
    const model = config(1);
    const batch = batchOf(model, 19, 7, 60);
    await expectAgreement(model, batch, { logitsBytes: 1, temperature: 1.4 });
  });
});

test('blocks computed once more on the way back give the bits of kept ones, in less memory', async () => {
  const model = config(3);
  const params = rounded(initParams(model, 13, { std: 0.3, noise: 0.2 }));
  const weights = uploadModel(gpu, model, 'lm', params);
  const batch = batchOf(model, 5, 7, 90, 0.3);
  const train = async (recompute: boolean) => {
    const grads = dirtyGradients(gpu, weights);
    const views: View[] = [];
    let bytes = 0;
    await runOnce(gpu, (tape) => {
      recordBatch(tape, weights, grads, batch, views, { recompute });
      bytes = gpu.counters.bytes;
      const { finish } = tape;
      tape.finish = async () => {
        await finish.call(tape);
        bytes = gpu.counters.bytes - bytes;
        return tape;
      };
      return {};
    });
    const floats = await grads.floats(gpu);
    gpu.free(grads.arena, ...views);
    return { floats, bytes };
  };
  const [kept, recomputed] = [await train(false), await train(true)];
  gpu.free(weights.arena);
  expect(recomputed.floats).toEqual(kept.floats);
  expect(recomputed.bytes).toBeLessThan(0.7 * kept.bytes);
});

test('gradients of a second batch are added to those of the first', async () => {
  const model = config(2);
  const params = rounded(initParams(model, 12, { std: 0.3, noise: 0.2 }));
  const weights = uploadModel(gpu, model, 'lm', params);
  const grads = dirtyGradients(gpu, weights);
  const views: View[] = [];
  const [first, second] = [batchOf(model, 5, 7, 70), batchOf(model, 10, 9, 80)];
  await runOnce(gpu, (tape) => {
    recordBatch(tape, weights, grads, first, views, { temperature: 0.7 });
    recordBatch(tape, weights, grads, second, views, { accumulate: true, logitsBytes: 1 });
    return {};
  });
  const met = await readTensors(gpu, grads);
  gpu.free(weights.arena, grads.arena, ...views);
  const a = expected(model, params, first, 0.7).grads;
  const b = expected(model, params, second, 1).grads;
  const sum = Object.fromEntries(
    Object.entries(a).map(([name, x]) => [name, x.map((value, i) => value + b[name]![i]!)]),
  );
  expectGradients(met, sum);
});

test('positions that no batch reaches get gradient 0', async () => {
  const model = config(1);
  const weights = uploadModel(gpu, model, 'lm', initParams(model, 13));
  const grads = dirtyGradients(gpu, weights);
  const views: View[] = [];
  await runOnce(gpu, (tape) => {
    recordBatch(tape, weights, grads, batchOf(model, 2, 6, 90), views);
    return {};
  });
  const dwpe = (await readTensors(gpu, grads))['transformer.wpe.weight']!;
  gpu.free(weights.arena, grads.arena, ...views);
  const from6 = dwpe.subarray(6 * model.C);
  expect(from6).toEqual(new Float32Array(3 * model.C));
});
