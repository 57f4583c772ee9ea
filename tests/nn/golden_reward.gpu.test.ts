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

/** Rows of each part, and the row in which each completion stands: prompts 0 and 1 apart from 2. */
const LAYOUTS = {
  'in one part, with two empty rows': { counts: [11], rows: [0, 1, 2, 3, 4, 5, 6, 7, 8] },
  'in two parts of whole prompts': { counts: [7, 4], rows: [0, 1, 2, 3, 4, 5, 7, 8, 9] },
  'in three parts, one without a pair, one empty': {
    counts: [6, 3, 2],
    rows: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  },
} as const;

test.each(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[])(
  'scores, loss, statistics and every named gradient, %s',
  async (name) => {
    const { counts, rows } = LAYOUTS[name];
    const S = counts.reduce<number>((sum, count) => sum + count, 0);
    const golden = await loadGolden('model/reward.safetensors');
    const { tensors, number, group } = golden;
    const gpu = await testGpu();
    const { buffers } = gpu.counters;
    const weights = uploadModel(gpu, goldenConfig(golden), 'score', group('before'));
    let row = new Float32Array();
    let from = 0;
    const parts = counts.map((count) => {
      from += count;
      return { from: from - count, count };
    });
    const trainer = await RewardTrainer.make(gpu, weights, parts, (_, metrics) => {
      row = metrics.slice();
    });
    const padded = (key: string, fill: number, width = 1) => {
      const values = new Int32Array(S * width).fill(fill);
      rows.forEach((row, n) => {
        values.set(Array.from(tensors[key]!.subarray(n * width, (n + 1) * width)), row * width);
      });
      return values;
    };
    const weight = new Float32Array(S);
    const weights01 = pairWeights(tensors['group']!, tensors['rank']!);
    rows.forEach((row, n) => {
      weight[row] = weights01[n]!;
    });
    await trainer.step(1, 1e-3, {
      ids: padded('input_ids', number('pad'), number('T')),
      lengths: padded('lengths', 1),
      group: padded('group', -1),
      rank: padded('rank', 0),
      weight,
      filled: rows,
    });
    await trainer.drain();
    const scores = await trainer.scores();
    const met = await readTensors(gpu, trainer.grads);
    trainer.free();
    gpu.free(weights.arena);

    const ofCompletions = rows.map((row) => scores[row]!);
    expectClose(ofCompletions, tensors['scores']!, TOLERANCE, 'scores');
    expectClose([row[0]!], tensors['loss']!, TOLERANCE, 'loss');
    expect([row[1], row[2]]).toEqual([number('correct'), number('pairs')]);
    expectClose([row[3]! / row[2]!], [number('margin')], TOLERANCE, 'margin');
    // A constant added to every score changes no difference of two, and ln_f.bias adds just that.
    expectGradients(met, group('grad'), TOLERANCE, ['transformer.ln_f.bias']);
    expect(gpu.counters.buffers).toBe(buffers);
  },
);
