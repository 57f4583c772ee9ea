/** Choosing kernel variants by measuring: what is measured, kept, used by a run, and forgotten. */
import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { matmulDevice, matmulVariants } from '../../src/kernels/linear_choice';
import { openGpu } from '../../src/kernels/trust';
import type { Lab } from '../../src/lab/lab';
import { agree, productsOf, tune } from '../../src/lab/tuner';
import { type Tuning, Variants } from '../../src/lab/variants';
import { memoryStore } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

const { settings } = smallConfig();
const model = {
  n_layer: settings['model.n_layer'],
  n_embd: settings['model.n_embd'],
  n_head: settings['model.n_head'],
  n_positions: settings['model.n_positions'],
  vocab_size: settings['model.vocab_size'],
};

/** Every class with the last of its variants, which the built-in choice never is. */
function lastOfEach(tuning: Tuning): Tuning {
  const choices = tuning.choices.map((choice) => {
    const all = matmulVariants(choice.form, choice.size, { software: true });
    return { ...choice, variant: all.at(-1)!.name };
  });
  return { ...tuning, choices };
}

/** Runs the base stage to its first boundary, where it pauses with a checkpoint. */
async function begin(lab: Lab): Promise<void> {
  const run = lab.run(['base']);
  await lab.pause();
  await run;
}

describe('tuning', () => {
  test('finds the products of training, reward and sampling, the most work first', async () => {
    const gpu = await openGpu();
    const before = { ...gpu.counters };
    const products = await productsOf(gpu, model, settings);
    expect(gpu.counters).toEqual(before);
    expect(new Set(products.map(({ form }) => form))).toEqual(new Set(['nn', 'nt', 'tn']));
    const work = products.map(({ flops }) => flops);
    expect(work).toEqual(work.toSorted((a, b) => b - a));
    expect(new Set(products.map((product) => product.class)).size).toBe(products.length);
    gpu.close();
  });

  test('chooses a variant that can run each product, and leaves no buffer behind', async () => {
    const gpu = await openGpu();
    const products = (await productsOf(gpu, model, settings)).slice(-3);
    const choices = await tune(gpu, products, Number.POSITIVE_INFINITY);
    expect(choices).toHaveLength(3);
    for (const { form, size, variant, gain } of choices) {
      const names = matmulVariants(form, size, matmulDevice(gpu)).map(({ name }) => name);
      expect(names).toContain(variant);
      // A default that stays has gained nothing; another one was clearly faster.
      if (variant === names[0]) expect(gain).toBe(1);
      else expect(gain).toBeGreaterThan(1.05);
    }
    expect(gpu.counters.buffers).toBe(0);
    gpu.close();
  });

  test('stops when its time is up', async () => {
    const gpu = await openGpu();
    expect(await tune(gpu, await productsOf(gpu, model, settings), -1)).toEqual([]);
    gpu.close();
  });

  test('a variant with another result than the default is none', () => {
    const wanted = Float32Array.of(1, -2, 3);
    expect(agree(wanted, Float32Array.of(1.001, -2, 3))).toBe(true);
    expect(agree(wanted, Float32Array.of(1, -2, 3.2))).toBe(false);
    expect(agree(wanted, Float32Array.of(1, Number.NaN, 3))).toBe(false);
  });
});

describe('measured choices', () => {
  test('are kept for the adapter, used from the next opening on, and forgotten when asked', async () => {
    const gpu = await openGpu();
    const store = memoryStore();
    const variants = new Variants(store);
    expect(await variants.load(gpu)).toBeNull();
    const tuning = await variants.measure(gpu, model, settings, true);
    expect(tuning.choices.length).toBeGreaterThan(0);
    expect(gpu.variants.size).toBe(tuning.choices.length);

    const later = new Variants(store);
    gpu.variants.clear();
    expect(await later.load(gpu)).toEqual(tuning);
    expect(gpu.variants.size).toBe(tuning.choices.length);

    await later.forget(gpu);
    expect(gpu.variants.size).toBe(0);
    expect(await new Variants(store).load(gpu)).toBeNull();
    gpu.close();
  });

  test('of variants that no longer exist are left out', async () => {
    const gpu = await openGpu();
    const variants = new Variants(memoryStore());
    const size = { M: 64, N: 64, K: 64 };
    const here = variants.use(gpu, undefined);
    const choice = { class: 'nn 64×64×64', form: 'nn', size, variant: 'matmul_of_old' } as const;
    variants.use(gpu, { ...here, choices: [choice] });
    expect(gpu.variants.size).toBe(0);
    gpu.close();
  });

  test('stay those a run began with, whatever is measured or forgotten meanwhile', async () => {
    const { lab, store } = testLab();
    const config = smallConfig(5);
    await lab.create(config);
    expect((await lab.tune(true)).tuning!.choices.length).toBeGreaterThan(0);
    // As another adapter might have chosen: every class with another variant than the built-in one.
    const [part] = await store.parts('kernel variants');
    const tuning = lastOfEach((await store.get<Tuning>('kernel variants', part!))!);
    await store.write('kernel variants', { put: { [part!]: tuning } });

    const second = testLab(store).lab;
    const { id } = await second.create(config);
    await begin(second);
    const began = (await second.tuning()).run!;
    expect(began.choices.map(({ variant }) => variant)).toEqual(
      tuning.choices.map(({ variant }) => variant),
    );
    await second.forgetTuning();

    const third = testLab(store).lab;
    await third.select(id);
    await begin(third);
    expect((await third.tuning()).run).toEqual(began);
    expect((await third.tuning()).tuning).toBeNull();
    const file = new TextDecoder().decode(await third.file('experiment.json'));
    expect(Object.values(JSON.parse(file).kernels)).toEqual(
      began.choices.map(({ variant }) => variant),
    );
  });

  test('use an optional feature until it is switched off, and a run keeps what it began with', async () => {
    const { lab, store } = testLab();
    await lab.create(smallConfig(7));
    await begin(lab);
    const { features, run } = await lab.tuning();
    const used = features.subgroups === 'used';
    expect(run!.features).toEqual(used ? ['subgroups'] : []);
    const off = used ? 'off' : features.subgroups;
    expect((await lab.useFeature('subgroups', false)).features.subgroups).toBe(off);

    const second = testLab(store).lab;
    const { id } = (await second.create(smallConfig(7)))!;
    expect((await second.tuning()).features.subgroups, 'kept').toBe(off);
    await begin(second);
    expect((await second.tuning()).run!.features).toEqual([]);
    await second.useFeature('subgroups', true);

    const third = testLab(store).lab;
    await third.select(id);
    await begin(third);
    expect((await third.tuning()).run!.features).toEqual([]);
    const file = new TextDecoder().decode(await third.file('experiment.json'));
    expect(JSON.parse(file).features).toEqual([]);
  });

  test('read weights in half precision for runs that begin once somebody asks', async () => {
    const gpu = await openGpu();
    // The same device, taken for one that has passed the check.
    const half: Gpu = Object.create(gpu, {
      verified: { value: new Set(['shader-f16']) },
      trusted: { value: new Set() },
      offers: { value: () => true },
    });
    const store = memoryStore();
    const variants = new Variants(store);
    await variants.load(half);
    expect(variants.features(half)['shader-f16']).toBe('off');
    const before = variants.use(half, undefined);
    expect(before.features).toEqual([]);
    expect(matmulDevice(half).halves).toBe(false);

    await variants.setFeature(half, 'shader-f16', true);
    const later = new Variants(store);
    await later.load(half);
    expect(later.features(half)['shader-f16'], 'kept').toBe('used');
    const run = later.use(half, undefined);
    expect(run.features).toEqual(['shader-f16']);
    expect(matmulDevice(half).halves).toBe(true);
    later.use(half, before);
    expect(matmulDevice(half).halves, 'a run keeps what it began with').toBe(false);

    await later.setFeature(half, 'shader-f16', false);
    expect(later.use(half, undefined).features).toEqual([]);
    expect(later.use(half, run).features).toEqual(['shader-f16']);
    gpu.close();
  });

  test('are none until somebody asks: a run has the built-in ones', async () => {
    const { lab } = testLab();
    await lab.create(smallConfig(6));
    await begin(lab);
    expect(await lab.tuning()).toMatchObject({ tuning: null, run: { choices: [] } });
  });
});
