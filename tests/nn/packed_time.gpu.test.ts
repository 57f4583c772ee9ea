/**
 * What packing saves in SFT of `nano`: the rows that its batches need, and steps beside steps that
 * keep their padding, in turn. The losses are compared; rows and times are printed, since times are
 * the machine's.
 */
import { expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/experiment';
import { spreadOf } from '../../src/gpu/spread';
import { makeMaterial, openMaterial, tokenizeDemonstrations } from '../../src/lab/material';
import { ADAMW } from '../../src/nn/adamw';
import { initialWeights } from '../../src/nn/init';
import { configOf, layoutOf } from '../../src/nn/layout';
import { type LmStep, LmTrainer } from '../../src/nn/trainer';
import { Weights } from '../../src/nn/weights';
import { exampleBatch } from '../../src/text/datasets/examples';
import { ShuffledOrder } from '../../src/text/datasets/order';
import { testGpu } from '../support/kernel';

const ROUNDS = 5;
const STEPS = 20;

it('steps of SFT on packed rows have the losses of those with padding', async () => {
  const config = defaultConfig('nano', 0);
  const { world, tokenizer } = openMaterial(makeMaterial(config));
  const model = configOf(config.settings);
  const [B, T] = [config.settings['sft.batch'], model.n_positions];
  const { examples } = tokenizeDemonstrations(world.demonstrations.train, tokenizer, T);
  const order = new ShuffledOrder(examples.length, B, 0);
  const batches = Array.from({ length: STEPS }, (_, step) => {
    const rows = order.batch(step).map((index) => examples[index]!);
    return exampleBatch(rows, { B, T, pad: tokenizer.pad });
  });

  const gpu = await testGpu();
  const layout = layoutOf(model, 'lm');
  const contestants = await Promise.all(
    [true, false].map(async (packed) => {
      const weights = Weights.from(gpu, layout, 'weights', initialWeights(layout, 1));
      const losses: number[] = [];
      const receive = ({ loss }: LmStep) => losses.push(loss);
      const options = { B, T, packed, dropout: 0, seed: 1, adamw: ADAMW };
      const trainer = await LmTrainer.make(gpu, weights, options, receive);
      return { weights, trainer, losses, rows: [] as number[], ms: [] as number[] };
    }),
  );
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { trainer, rows, ms } of contestants) {
      const begun = performance.now();
      for (const [step, batch] of batches.entries()) {
        // Without learning, so that the same batch has the same loss in every round.
        await trainer.step(step + 1, 0, batch);
        if (round === 0) rows.push(trainer.rows);
      }
      await trainer.drain();
      if (round > 0) ms.push((performance.now() - begun) / STEPS);
    }
  }
  const [packed, padded] = contestants;
  for (const { trainer, weights } of contestants) {
    trainer.free();
    gpu.free(weights.arena);
  }
  packed!.losses.forEach((loss, at) => {
    expect(Math.abs(loss - padded!.losses[at]!)).toBeLessThan(1e-5);
  });
  expect(Math.max(...packed!.rows)).toBeLessThan(B);
  const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0) / examples.length;
  const said = (values: readonly number[]) => {
    const { median, min, max } = spreadOf(values);
    return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
  };
  console.log(
    `SFT of nano, ${tokens.toFixed(1)} tokens a demonstration, ${gpu.adapter.vendor} ${gpu.adapter.architecture}: packed ${said(packed!.rows)} rows a step, ${said(packed!.ms)} ms; padded ${said(padded!.rows)} rows, ${said(padded!.ms)} ms`,
  );
});
