/** The same for the reward model's updates, and for PPO's, where two models stop together. */
import { afterAll, describe, expect, test } from 'vitest';
import { initialWeights } from '../../src/nn/init';
import { type Head, layoutOf } from '../../src/nn/layout';
import { Weights } from '../../src/nn/weights';
import { Rollout } from '../../src/rlhf/ppo_rollout';
import { sequencesOf } from '../../src/rlhf/ppo_rows';
import { Updater, type UpdateStats } from '../../src/rlhf/ppo_update';
import { RewardTrainer, rewardParts } from '../../src/rlhf/reward_trainer';
import { random } from '../reference/compare';
import { testGpu } from '../support/kernel';
import { nnConfig } from './support';

const gpu = await testGpu();
const config = nnConfig({ L: 2, C: 12, H: 3, V: 53, T: 10 });
const T = 8;
const bits = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset);
const ids = (count: number, seed: number) =>
  Int32Array.from(random(count, seed), (z) => Math.floor(Math.abs(z) * 1000) % config.vocab_size);

function modelOf(head: Head, seed: number): Weights {
  const layout = layoutOf(config, head);
  const floats = initialWeights(layout, seed);
  if (head === 'score') {
    const { offset, size } = layout.tensors.find(({ name }) => name === 'score.weight')!;
    floats.set(random(size, seed), offset);
  }
  return Weights.from(gpu, layout, head, floats);
}

/** Puts one value into a tensor. */
const place = (weights: Weights, name: string, at: number, value: number) =>
  gpu.write(weights.tensor(name), Float32Array.of(value), at * 4);

describe('the reward model', async () => {
  const weights = modelOf('score', 1);
  const [prompts, K] = [2, 3];
  const S = prompts * K;
  const rows: Float32Array[] = [];
  const long = config.n_positions;
  const trainer = await RewardTrainer.make(gpu, weights, rewardParts(prompts, 2, K), (_, row) => {
    rows.push(row.slice());
  });
  afterAll(() => {
    trainer.free();
    gpu.free(weights.arena);
  });
  const batch = {
    ids: ids(S * long, 1),
    lengths: new Int32Array(S).fill(long),
    group: Int32Array.from({ length: S }, (_, row) => Math.floor(row / K)),
    rank: Int32Array.from({ length: S }, (_, row) => row % K),
    weight: new Float32Array(S).fill(1 / S),
    filled: Array.from({ length: S }, (_, row) => row),
  };

  test('is well, then an overflow of one channel is named, and no update takes it', async () => {
    await trainer.step(1, 1e-3, batch);
    await trainer.drain();
    expect(await trainer.diagnose(batch)).toBeUndefined();
    place(weights, 'transformer.ln_f.weight', 5, 3e38);
    const before = bits(await weights.floats(gpu));
    const found = await trainer.diagnose(batch);
    expect(found?.what).toBe('transformer.ln_f.out');
    expect(found!.element % config.n_embd).toBe(5);
    expect(await trainer.tries(batch)).toBe(false);
    await trainer.step(2, 1e-3, batch);
    await trainer.drain();
    expect(rows.map((row) => row[6])).toEqual([0, 1]);
    expect(bits(await weights.floats(gpu))).toEqual(before);
  });
});

describe('PPO', async () => {
  const [S, M, R, X] = [4, 2, 4, 2];
  const models = {
    policy: modelOf('lm', 2),
    reference: modelOf('lm', 2),
    value: modelOf('score', 3),
    reward: modelOf('score', 3),
  };
  const average = modelOf('lm', 4);
  const options = {
    temperature: 1,
    cliprange: 0.2,
    cliprangeValue: 0.2,
    vfCoef: 0.1,
    ptxCoef: 1,
    emaDecay: 0.9,
    gamma: 1,
    lam: 0.95,
  };
  const shape = { S, M, A: 2, T, R };
  const rollout = await Rollout.make(gpu, models, shape, options);
  const met: UpdateStats[] = [];
  const updater = await Updater.make(
    gpu,
    models,
    rollout,
    shape,
    { X, T: config.n_positions },
    average.arena,
    options,
    (stats) => met.push(stats),
  );
  afterAll(() => {
    updater.free();
    rollout.free();
    gpu.free(average.arena, ...Object.values(models).map(({ arena }) => arena));
  });
  const prompts = new Array<number>(S).fill(T - R);
  const sequences = sequencesOf(ids(S * T, 5), prompts, new Int32Array(S).fill(R), T);
  const N = X * config.n_positions;
  const windows = { inputIds: ids(N, 6), targets: ids(N, 7) };
  const rows = [3, 1];
  const lr = { policy: 1e-3, value: 1e-3 };
  const arenas = [
    ...[models.policy, updater.policyAdam.m, updater.policyAdam.v],
    ...[models.value, updater.valueAdam.m, updater.valueAdam.v, average],
  ];
  const state = async () => {
    await updater.drain();
    return Promise.all(arenas.map(async (arena) => bits(await arena.floats(gpu))));
  };
  const diagnose = () => updater.diagnose(sequences, rows, windows, 1);
  const step = (update: number) => updater.step(update, lr, sequences, rows, windows, 1);
  const scores = await rollout.pass(sequences);
  rollout.assignCredit(scores, 0.1);

  test('an update that is well has no such value', async () => {
    await step(1);
    await updater.drain();
    expect(await diagnose()).toBeUndefined();
    expect(await updater.tries()).toBe(true);
  });

  test.each([
    ['value', 'transformer.h.0.ln_1.weight', 'value transformer.h.0.ln_1.out'],
    ['policy', 'transformer.h.1.ln_2.weight', 'policy transformer.h.1.ln_2.out'],
  ] as const)(
    'an overflow in the %s model is named, and stops both and the average',
    async (which, tensor, what) => {
      updater.release();
      const gain = (await models[which].floats(gpu)).slice();
      for (let c = 0; c < config.n_embd; c++) place(models[which], tensor, c, 3e38);
      const before = await state();
      await step(2);
      await step(3);
      expect(await state()).toEqual(before);
      expect(met.at(-1)!.finite).toBe(false);
      const found = await diagnose();
      expect(found).toMatchObject({ what, kernel: expect.stringMatching(/^layernorm_forward/) });
      expect(await updater.tries()).toBe(false);
      gpu.write(models[which].arena, gain);
    },
  );

  test('what the rollout hands over is an input, and a moment is a moment', async () => {
    place(updater.valueAdam.v, 'transformer.wpe.weight', 9, Number.NaN);
    expect(await diagnose()).toEqual({
      what: "AdamW's v of value transformer.wpe.weight",
      kernel: undefined,
      element: 9,
    });
    place(updater.valueAdam.v, 'transformer.wpe.weight', 9, 0);
    const whitened = rollout.arrays.whitened_advantages;
    gpu.write(whitened, Float32Array.of(Number.NaN), 4 * (R + 1));
    expect(await diagnose()).toEqual({
      what: 'rollout whitened_advantages',
      kernel: undefined,
      element: R + 1,
    });
  });
});
