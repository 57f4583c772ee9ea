/** What an adapter can do at most: the benchmark states every kernel as a share of these two. */

import probeBandwidthCode from '../../shaders/probe_bandwidth.wgsl?raw';
import probeFlopsCode from '../../shaders/probe_flops.wgsl?raw';
import { defineKernel, flatGrid, groups, input, output } from '../gpu/kernel';

/** 64·ITERATIONS floating-point operations for each of N threads. */
export const probeFlops = defineKernel({
  name: 'probe_flops',
  code: probeFlopsCode,
  params: { N: 'u32', a: 'f32', b: 'f32' },
  bindings: { out: output('N') },
  constants: { WG: 64, ITERATIONS: 1024 },
  grid: ({ N }, c) => flatGrid(groups(N, c.WG)),
});

/** Copies N floats, a multiple of 4: 8·N bytes of traffic. */
export const probeBandwidth = defineKernel({
  name: 'probe_bandwidth',
  code: probeBandwidthCode,
  params: { N: 'u32' },
  bindings: { source: input('N'), out: output('N') },
  constants: { WG: 64, PER_THREAD: 4 },
  grid: ({ N }, c) => flatGrid(groups(N, 4 * c.WG * c.PER_THREAD)),
});
