/** The two probes do the work that the benchmark divides their time by. */
import { describe, expect, it } from 'vitest';
import { probeBandwidth, probeFlops } from '../../src/kernels/probe';
import { random } from '../reference/compare';
import { runKernel } from '../support/kernel';

describe('probe_flops', () => {
  it.each([1, 63, 130])('settles at the fixed point in each of %i threads', async (N) => {
    const { out } = await runKernel(probeFlops, { N, a: 0.5, b: 1 }, {}, { ITERATIONS: 32 });
    // 128 halvings leave nothing of where it began, so eight values of exactly 2.
    expect(Array.from(out!)).toEqual(new Array(N).fill(16));
  });

  it('runs the iterations that it is told to', async () => {
    const { out } = await runKernel(probeFlops, { N: 1, a: 1, b: 1 }, {}, { ITERATIONS: 10 });
    // From 0 and 1, adding 1 four times an iteration: 4·40 + 4·41.
    expect(Array.from(out!)).toEqual([324]);
  });
});

describe('probe_bandwidth', () => {
  it.each([4, 1020, 2052])('copies %i floats', async (N) => {
    const source = Float32Array.from(random(N, 1));
    const { out } = await runKernel(probeBandwidth, { N }, { source });
    expect(out).toEqual(source);
  });
});
