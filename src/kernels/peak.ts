/** The adapter's peaks, measured by the two probe kernels: the best of a few settings. */
import type { Gpu } from '../gpu/device';
import { Tape } from '../gpu/tape';
import { type Contestant, race } from '../gpu/timing';
import { probeBandwidth, probeFlops } from './probe';
import type { Peak } from './work';

/** Bytes of the copied array: beyond a cache, within any binding; software adapters take long. */
const COPY_MIB = { gpu: 64, software: 16 };
const WORKGROUPS = [8, 64, 256];
/** Multiply-adds of a thread are 64 operations an iteration. */
const ITERATIONS = 1024;

/** A probe in its best setting, ready to run beside something else. */
interface Probe {
  readonly entry: Contestant;
  /** Thousand millions of operations, or of bytes, of one replay over its milliseconds. */
  rate(ms: number): number;
  /** The best that was measured. */
  readonly best: number;
}

/** Both probes, kept until `free`. */
export interface Probes {
  readonly flops: Probe;
  readonly bandwidth: Probe;
  free(): void;
}

export async function measurePeak(gpu: Gpu): Promise<Peak> {
  const probes = await openProbes(gpu);
  probes.free();
  return peakOf(probes);
}

/** The peaks as they were when the probes were opened. */
export const peakOf = ({ flops, bandwidth }: Pick<Probes, 'flops' | 'bandwidth'>): Peak => ({
  gflops: flops.best,
  gbps: bandwidth.best,
});

export async function openProbes(gpu: Gpu): Promise<Probes> {
  const software = gpu.adapter.is_fallback;
  const threads = software ? 4096 : 262_144;
  const bytes = (software ? COPY_MIB.software : COPY_MIB.gpu) * 1024 * 1024;
  const out = gpu.alloc('probe', threads * 4);
  const source = gpu.alloc('probe source', bytes);
  const copy = gpu.alloc('probe copy', bytes);
  const flops = await best(gpu, 'probe flops', 64 * ITERATIONS * threads, (tape, WG) =>
    tape.dispatch(probeFlops, { N: threads, a: 0.5, b: 1 }, { out }, { WG, ITERATIONS }),
  );
  const bandwidth = await best(gpu, 'probe bandwidth', 2 * bytes, (tape, WG) => {
    const PER_THREAD = WG < 64 ? 64 : 8;
    tape.dispatch(probeBandwidth, { N: bytes / 4 }, { source, out: copy }, { WG, PER_THREAD });
  });
  return {
    flops,
    bandwidth,
    free: () => {
      for (const { entry } of [flops, bandwidth]) entry.tape.free();
      gpu.free(out, source, copy);
    },
  };
}

/** The workgroup size that is fastest. @param work operations or bytes of one replay */
async function best(
  gpu: Gpu,
  label: string,
  work: number,
  record: (tape: Tape, WG: number) => void,
): Promise<Probe> {
  const rate = (ms: number) => work / ms / 1e6;
  let found: Probe | undefined;
  for (const WG of WORKGROUPS) {
    const tape = new Tape(gpu, label);
    record(tape, WG);
    await tape.finish();
    const entry = { tape, reset: () => {}, most: 1024 };
    const [ms] = await race(gpu, [entry]);
    const probe = { entry, rate, best: rate(ms!.min) };
    const slower = found && found.best >= probe.best ? probe : found;
    slower?.entry.tape.free();
    if (slower !== probe) found = probe;
  }
  return found!;
}
