/** The Kernels lens' figures: every dispatch of a step, in order, timed and named. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { profileTape } from '../../src/gpu/profiler';
import { Tape } from '../../src/gpu/tape';
import { gradNormPartial } from '../../src/kernels/optimizer';
import { probeFlops } from '../../src/kernels/probe';
import { openGpu } from '../../src/kernels/trust';
import type { Lab } from '../../src/lab/lab';
import { PROFILED_STEPS, type StepProfile } from '../../src/lab/profile_api';
import { smallConfig, testLab } from '../support/lab';

describe('a profiled tape', () => {
  const profile = async (gpu: Gpu) => {
    const tape = new Tape(gpu, 'two sizes');
    const out = gpu.alloc('out', 4 * 4096);
    const other = gpu.alloc('other', 16);
    const small = { N: 64, a: 0.5, b: 1 };
    tape.dispatch(probeFlops, small, { out }, { WG: 64, ITERATIONS: 64 });
    tape.copy(out, other, 16);
    tape.dispatch(probeFlops, { ...small, N: 4096 }, { out }, { WG: 64, ITERATIONS: 4096 });
    await tape.finish();
    const result = await profileTape(gpu, tape);
    tape.free();
    gpu.free(out, other);
    return result;
  };

  test('has a time for each dispatch and none for a copy', async () => {
    const gpu = await openGpu();
    const { us, method } = await profile(gpu);
    expect(method).toBe(gpu.hasTimestamps ? 'timestamps' : 'clock');
    expect(us).toHaveLength(3);
    expect(us[1]).toBeUndefined();
    // Billions of operations: more than any clock's grain.
    expect(us[2]!).toBeGreaterThan(0);
    gpu.close();
  });

  test('without timestamp queries is timed by the clock', async () => {
    const gpu = await openGpu();
    Object.defineProperty(gpu, 'hasTimestamps', { value: false });
    const { us, method } = await profile(gpu);
    expect(method).toBe('clock');
    expect(us[2]!).toBeGreaterThan(0);
    gpu.close();
  });

  test('puts back what it moves before each measurement', async () => {
    const gpu = await openGpu();
    const tape = new Tape(gpu, 'norm');
    const N = 64;
    const views = { grads: gpu.alloc('gradients', 4 * N), partial: gpu.alloc('partial', 16) };
    tape.dispatch(gradNormPartial, { N, P: 2, FIRST: 0, COUNT: 2 }, views);
    await tape.finish();
    let resets = 0;
    await profileTape(gpu, tape, { before: () => resets++, most: 1 });
    // One repeat is all there may be, so it is measured twice.
    expect(resets).toBe(2);
    tape.free();
    gpu.free(...Object.values(views));
    gpu.close();
  });
});

describe('a profiled step of an experiment', () => {
  let lab: Lab;
  const profiles = new Map<string, StepProfile>();

  beforeAll(async () => {
    lab = testLab().lab;
    await lab.create(smallConfig(3, { 'ppo.minibatch': 4, 'reward.prompts_per_batch': 1 }));
    for (const step of PROFILED_STEPS) profiles.set(step, await lab.profile(step));
  }, 240_000);

  test.each(PROFILED_STEPS)('%s: every dispatch is named, timed and rated', (step) => {
    const { dispatches, peak } = profiles.get(step)!;
    expect(peak.gflops).toBeGreaterThan(0);
    expect(peak.gbps).toBeGreaterThan(0);
    expect(dispatches.length).toBeGreaterThan(8);
    for (const { writes, us, read, written, share } of dispatches) {
      expect(writes).not.toBe('');
      expect(us).toBeGreaterThanOrEqual(0);
      expect(read + written).toBeGreaterThan(0);
      expect(share).toBeGreaterThanOrEqual(0);
    }
    // Every product is in them, with its operations.
    const products = dispatches.filter(({ kernel }) => /^(matmul|decode_linear)/.test(kernel));
    expect(products.length).toBeGreaterThan(3);
    for (const { flops } of products) expect(flops).toBeGreaterThan(0);
  });

  test('a training step goes forward, backward and ends with the optimizer', () => {
    const { dispatches } = profiles.get('train')!;
    expect(dispatches[0]).toMatchObject({ kernel: 'embedding_forward', phase: 'forward' });
    const phases = dispatches.map(({ phase }) => phase);
    expect(phases.at(-1)).toBe('optimizer');
    expect(phases.indexOf('backward')).toBeGreaterThan(phases.lastIndexOf('forward') / 2);
    const written = dispatches.map(({ writes }) => writes);
    for (const name of ['h.0.attn.c_attn.out', '∂ h.0.attn.c_attn.weight']) {
      expect(written).toContain(name);
    }
  });

  test.each(PROFILED_STEPS)(
    '%s: leaves no buffer behind, the experiment as it was',
    async (step) => {
      const before = await lab.snapshot();
      const { buffers, bytes } = (await lab['gpu'].now()).counters;
      await lab.profile(step);
      expect((await lab['gpu'].now()).counters).toMatchObject({ buffers, bytes });
      expect(await lab.snapshot()).toEqual(before);
    },
  );

  test('the source of a kernel is its file', async () => {
    const { kernel } = profiles.get('train')!.dispatches[0]!;
    const { file, code } = await lab.kernelSource(kernel);
    expect(file).toBe(`shaders/${kernel}.wgsl`);
    expect(code).toContain('fn main(');
    await expect(lab.kernelSource('nonsense')).rejects.toThrow("There is no kernel 'nonsense'.");
  });
});
