/** A run that was stopped and resumed ends with the very weights of one that was not. */
import { describe, expect, it } from 'vitest';
import { MODELS, type Stage } from '../../src/config/stages';
import { memoryStore, type Store } from '../../src/store/store';
import { smallConfig, testLab } from '../support/lab';

/** Some stages take their batches in parts, alike and not. */
const config = () =>
  smallConfig(7, {
    'sft.accumulate': 3,
    'sft_for_rl.accumulate': 2,
    'reward.accumulate': 3,
    'ppo.accumulate': 2,
  });

const TRAINED: readonly Stage[] = ['base', 'sft', 'reward', 'ppo'];

async function weightsOf(store: Store, id: string): Promise<Record<string, Float32Array>> {
  const found: Record<string, Float32Array> = {};
  for (const name of MODELS) {
    const floats = await store.get<Float32Array>(id, `model ${name}`);
    if (floats) found[name] = floats;
  }
  return found;
}

async function straight() {
  const { lab, store } = testLab();
  const { id } = await lab.create(config());
  await lab.run(TRAINED);
  return weightsOf(store, id);
}

describe('resuming', () => {
  it('gives the same bits after a stop in every stage, each time with a new lab', async () => {
    const wanted = await straight();
    const store = memoryStore();
    const first = testLab(store);
    const { id } = await first.lab.create(config());
    for (const stage of TRAINED) {
      // Two single steps, each of which ends in a checkpoint, then a new lab goes on.
      for (let step = 0; step < 2; step++) {
        const { lab } = testLab(store);
        await lab.select(id);
        await lab.step();
        const { stages, rollouts } = (await lab.snapshot())!;
        expect(stages[stage]).toBe('paused');
        // A watched step shows its two updates, and what they made of a response, to nobody's cost.
        if (stage !== 'ppo') continue;
        expect(rollouts!.step!.updates).toHaveLength(2);
        const { logprobs, step: watched } = rollouts!.rollouts[0]!;
        expect(watched!.logprobsAfter).toHaveLength(logprobs.length);
        expect(watched!.logprobsAfter).not.toEqual(logprobs);
      }
      const { lab } = testLab(store);
      await lab.select(id);
      await lab.resume();
      expect((await lab.snapshot())!.stages[stage]).toBe('done');
    }
    const met = await weightsOf(store, id);
    expect(Object.keys(met).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, floats] of Object.entries(wanted)) {
      expect(
        met[name]!.every((value, i) => Object.is(value, floats[i])),
        name,
      ).toBe(true);
    }
  }, 900_000);

  it('keeps the trace of a stage that was killed after its first updates', async () => {
    const { lab, store, events } = testLab();
    const { id } = await lab.create(smallConfig());
    const running = lab.run(['base'], { trace: 1, checkpointMs: 0 });
    await expect
      .poll(() => events.some(({ type }) => type === 'metrics'), { timeout: 60_000 })
      .toBe(true);
    await lab.pause();
    await running;
    const next = testLab(store);
    await next.lab.select(id);
    await next.lab.run(['base'], { trace: 1 });
    const name = 'trace/base/update-0001.safetensors';
    expect(await next.lab.files()).toContain(name);
    expect((await next.lab.file(name)).length).toBeGreaterThan(1000);
  }, 300_000);

  it('does not repeat or lose a row of the metrics', async () => {
    const { lab } = testLab();
    await lab.create(smallConfig());
    await lab.step();
    await lab.step();
    await lab.resume();
    const steps = (await lab.snapshot())!.metrics.base!.map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(6);
  }, 120_000);
});
