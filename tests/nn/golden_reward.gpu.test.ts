/** The reward model against PyTorch: scores, the K-wise loss and every gradient. */
import { expect, test } from 'vitest';
import { pairwiseLoss } from '../../src/kernels/rlhf';
import { workgroup } from '../../src/nn/choice';
import { recordTrunk } from '../../src/nn/gpt';
import { recordScores, recordScoresBackward } from '../../src/nn/heads';
import { expectClose } from '../reference/compare';
import { loadGolden } from '../reference/golden';
import { testGpu } from '../support/kernel';
import {
  dirtyGradients,
  expectGradients,
  goldenConfig,
  readTensors,
  runOnce,
  TOLERANCE,
  upload,
  uploadModel,
} from './support';

/** 1/(pairs of the completion's prompt · prompts with a pair); 0 where its prompt has none. */
function pairWeights(group: ArrayLike<number>, rank: ArrayLike<number>): number[] {
  const pairsOf = new Map<number, number>();
  for (let a = 0; a < group.length; a++) {
    for (let b = 0; b < a; b++) {
      if (group[a] !== group[b] || rank[a] === rank[b]) continue;
      pairsOf.set(group[a]!, (pairsOf.get(group[a]!) ?? 0) + 1);
    }
  }
  return Array.from(group, (g) => (pairsOf.has(g) ? 1 / (pairsOf.get(g)! * pairsOf.size) : 0));
}

test('scores, loss, statistics and every named gradient', async () => {
  const golden = await loadGolden('model/reward.safetensors');
  const { tensors, number, group } = golden;
  const config = goldenConfig(golden);
  const [S, T] = [number('N'), config.T];
  const gpu = await testGpu();
  const weights = uploadModel(gpu, config, 'score', group('before'));
  const grads = dirtyGradients(gpu, weights);
  const views = {
    ids: upload.ints(gpu, tensors['input_ids']!),
    length: upload.ints(gpu, tensors['lengths']!),
    group: upload.ints(gpu, tensors['group']!),
    rank: upload.ints(gpu, tensors['rank']!),
    weight: upload.floats(gpu, pairWeights(tensors['group']!, tensors['rank']!)),
  };
  const { picked, stats, dscores } = await runOnce(gpu, (tape) => {
    const { ids, ...labels } = views;
    const trunk = recordTrunk(gpu, tape, weights, ids, S, T);
    const scores = recordScores(gpu, tape, weights, trunk);
    const out = {
      dscores: tape.temp('dscores', S * T),
      picked: tape.temp('picked', S),
      stats: tape.temp('stats', 4),
    };
    const constants = workgroup(gpu, pairwiseLoss);
    tape.dispatch(pairwiseLoss, { S, T }, { scores, ...labels, ...out }, constants);
    recordScoresBackward(gpu, tape, weights, grads, trunk, out.dscores);
    return out;
  });
  const met = await readTensors(gpu, grads);
  gpu.free(weights.arena, grads.arena, ...Object.values(views));

  const lengths = tensors['lengths']!;
  const atLast = Float64Array.from(lengths, (length, s) => dscores[s * T + length - 1]!);
  expectClose(picked, tensors['scores']!, TOLERANCE, 'scores');
  expectClose(atLast, tensors['dscores']!, TOLERANCE, 'dscores');
  expectClose([stats[0]!], tensors['loss']!, TOLERANCE, 'loss');
  expect([stats[1], stats[2]]).toEqual([number('correct'), number('pairs')]);
  expectClose([stats[3]! / stats[2]!], [number('margin')], TOLERANCE, 'margin');
  // A constant added to every score changes no difference of two, and ln_f.bias adds just that.
  expectGradients(met, group('grad'), TOLERANCE, ['transformer.ln_f.bias']);
});
