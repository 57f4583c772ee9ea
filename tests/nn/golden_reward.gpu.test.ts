/** The reward model against PyTorch: scores, the K-wise loss and every gradient. */
import { expect, test } from 'vitest';
import { RewardTrainer } from '../../src/rlhf/reward_trainer';
import { expectClose } from '../reference/compare';
import { loadGolden } from '../reference/golden';
import { testGpu } from '../support/kernel';
import { expectGradients, goldenConfig, readTensors, TOLERANCE, uploadModel } from './support';

/** 1/(pairs of the completion's prompt · prompts with a pair); 0 where its prompt has none. */
function pairWeights(group: ArrayLike<number>, rank: ArrayLike<number>) {
  const pairsOf = new Map<number, number>();
  for (let a = 0; a < group.length; a++) {
    for (let b = 0; b < a; b++) {
      if (group[a] !== group[b] || rank[a] === rank[b]) continue;
      pairsOf.set(group[a]!, (pairsOf.get(group[a]!) ?? 0) + 1);
    }
  }
  return Float32Array.from(group, (g) =>
    pairsOf.has(g) ? 1 / (pairsOf.get(g)! * pairsOf.size) : 0,
  );
}

test('scores, loss, statistics and every named gradient', async () => {
  const golden = await loadGolden('model/reward.safetensors');
  const { tensors, number, group } = golden;
  const S = number('N');
  const gpu = await testGpu();
  const { buffers } = gpu.counters;
  const weights = uploadModel(gpu, goldenConfig(golden), 'score', group('before'));
  let row = new Float32Array();
  // Two rows more than completions, as in a last batch.
  const trainer = new RewardTrainer(gpu, weights, [{ from: 0, count: S + 2 }], (_, metrics) => {
    row = metrics.slice();
  });
  await trainer.finish();
  const padded = (name: string, fill: number, width = 1) => {
    const values = new Int32Array((S + 2) * width).fill(fill);
    values.set(Array.from(tensors[name]!));
    return values;
  };
  const weight = new Float32Array(S + 2);
  weight.set(pairWeights(tensors['group']!, tensors['rank']!));
  await trainer.step(1, 1e-3, {
    ids: padded('input_ids', number('pad'), number('T')),
    lengths: padded('lengths', 1),
    group: padded('group', -1),
    rank: padded('rank', 0),
    weight,
    filled: Array.from({ length: S }, (_, row) => row),
  });
  await trainer.drain();
  const scores = await trainer.scores();
  const met = await readTensors(gpu, trainer.grads);
  trainer.free();
  gpu.free(weights.arena);

  expectClose(scores.subarray(0, S), tensors['scores']!, TOLERANCE, 'scores');
  expectClose([row[0]!], tensors['loss']!, TOLERANCE, 'loss');
  expect([row[1], row[2]]).toEqual([number('correct'), number('pairs')]);
  expectClose([row[3]! / row[2]!], [number('margin')], TOLERANCE, 'margin');
  // A constant added to every score changes no difference of two, and ln_f.bias adds just that.
  expectGradients(met, group('grad'), TOLERANCE, ['transformer.ln_f.bias']);
  expect(gpu.counters.buffers).toBe(buffers);
});
