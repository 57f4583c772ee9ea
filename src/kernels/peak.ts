/** The adapter's peaks, measured by the two probe kernels: the best of a few settings. */
import type { Gpu } from '../gpu/device';
import { Tape } from '../gpu/tape';
import { race } from '../gpu/timing';
import { probeBandwidth, probeFlops } from './probe';
import type { Peak } from './work';

/** Bytes of the copied array: beyond a cache, within any binding; software adapters take long. */
const COPY_MIB = { gpu: 64, software: 16 };
const WORKGROUPS = [8, 64, 256];

const none = { reset: () => {}, most: 1024 };

export async function measurePeak(gpu: Gpu): Promise<Peak> {
  return { gflops: await peakGflops(gpu), gbps: await peakGbps(gpu) };
}

async function peakGflops(gpu: Gpu): Promise<number> {
  const N = gpu.adapter.is_fallback ? 4096 : 262_144;
  const ITERATIONS = 1024;
  const out = gpu.alloc('probe', N * 4);
  let best = 0;
  for (const WG of WORKGROUPS) {
    const tape = new Tape(gpu, 'probe flops');
    tape.dispatch(probeFlops, { N, a: 0.5, b: 1 }, { out }, { WG, ITERATIONS });
    await tape.finish();
    const [ms] = await race(gpu, [{ tape, ...none }]);
    best = Math.max(best, (64 * ITERATIONS * N) / ms!.min / 1e6);
    tape.free();
  }
  gpu.free(out);
  return best;
}

async function peakGbps(gpu: Gpu): Promise<number> {
  const bytes = (gpu.adapter.is_fallback ? COPY_MIB.software : COPY_MIB.gpu) * 1024 * 1024;
  const N = bytes / 4;
  const source = gpu.alloc('probe source', bytes);
  const out = gpu.alloc('probe copy', bytes);
  let best = 0;
  for (const WG of WORKGROUPS) {
    const tape = new Tape(gpu, 'probe bandwidth');
    tape.dispatch(probeBandwidth, { N }, { source, out }, { WG, PER_THREAD: WG < 64 ? 64 : 8 });
    await tape.finish();
    const [ms] = await race(gpu, [{ tape, ...none }]);
    best = Math.max(best, (2 * bytes) / ms!.min / 1e6);
    tape.free();
  }
  gpu.free(source, out);
  return best;
}
