/**
 * How long each dispatch of a tape takes.
 *
 * With `timestamp-query` every dispatch stands in a pass of its own between two timestamps, repeated
 * until the pass outlasts the browser's grain (Chromium rounds timestamps to 0.1 ms). Without it, or
 * where the timestamps make no sense, each dispatch is replayed alone and timed by the clock. Only a
 * profiled tape is split like this; an ordinary step stays one pass.
 */
import type { Gpu } from './device';
import { hasten, read } from './readback';
import { median } from './spread';
import type { Tape } from './tape';

export type TimingMethod = 'timestamps' | 'clock';

export interface TapeProfile {
  readonly method: TimingMethod;
  /** Microseconds of each operation of the tape; undefined for a copy. */
  readonly us: readonly (number | undefined)[];
}

export interface ProfileOptions {
  /** Puts back what the tape's own dispatches move on, such as a position; called before each. */
  readonly before?: () => void;
  /** Most repeats of a dispatch between two calls of `before`. */
  readonly most?: number;
  readonly report?: (done: number, total: number) => void;
}

/** Nanoseconds that a pass should take: twenty grains of Chromium's timestamps. */
const PASS_NS = 2e6;
/** Nanoseconds of a replay timed by the clock. */
const CLOCK_NS = 2e7;
const MOST_REPEATS = 512;
const ROUNDS = 3;

/**
 * Times every dispatch of a tape that has run before, so that its buffers hold a step's contents;
 * they are left with whatever the repeats compute.
 */
export async function profileTape(
  gpu: Gpu,
  tape: Tape,
  { before = () => {}, most = MOST_REPEATS, report = () => {} }: ProfileOptions = {},
): Promise<TapeProfile> {
  const dispatches = tape.describe().flatMap((info, index) => (info ? [index] : []));
  const timer = await timerOf(gpu, tape, dispatches);
  const measured = new Map<number, number>();
  let done = 0;
  for (const index of dispatches) {
    before();
    const once = await timer.measure(index, 1);
    const wanted = Math.ceil(timer.wanted / Math.max(once, 1000));
    const times = Math.max(1, Math.min(most, MOST_REPEATS, wanted));
    // What is slow is measured well enough by fewer rounds.
    const samples = times === 1 ? [once] : [];
    const rounds = times === 1 ? 1 : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      before();
      samples.push((await timer.measure(index, times)) / times);
    }
    report(++done, dispatches.length);
    measured.set(index, Math.max(0, median(samples)) / 1000);
  }
  timer.free();
  return { method: timer.method, us: tape.describe().map((_, index) => measured.get(index)) };
}

interface Timer {
  readonly method: TimingMethod;
  /** Nanoseconds that a measurement should span. */
  readonly wanted: number;
  /** Nanoseconds of `times` dispatches of an operation. */
  measure(index: number, times: number): Promise<number>;
  free(): void;
}

/** Timestamps where they work: some drivers offer them and answer zeros. */
async function timerOf(gpu: Gpu, tape: Tape, dispatches: readonly number[]): Promise<Timer> {
  if (!gpu.hasTimestamps || dispatches.length === 0) return clockTimer(gpu, tape);
  const timer = timestampTimer(gpu, tape);
  let sum = 0;
  for (const index of dispatches.slice(0, 8)) sum += await timer.measure(index, 16);
  if (sum > 0) return timer;
  timer.free();
  return clockTimer(gpu, tape);
}

function timestampTimer(gpu: Gpu, tape: Tape): Timer {
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count: 2 });
  const results = gpu.device.createBuffer({
    label: 'timestamps',
    size: 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  return {
    method: 'timestamps',
    wanted: PASS_NS,
    async measure(index, times) {
      const encoder = gpu.device.createCommandEncoder({ label: 'profile' });
      tape.encodeOne(encoder, index, times, {
        querySet,
        beginningOfPassWriteIndex: 0,
        endOfPassWriteIndex: 1,
      });
      encoder.resolveQuerySet(querySet, 0, 2, results, 0);
      gpu.submit(encoder.finish());
      const [bytes] = await read(gpu, { buffer: results, offset: 0, size: 16 });
      const [begin, end] = new BigUint64Array(bytes!);
      return Number(end! - begin!);
    },
    free() {
      querySet.destroy();
      results.destroy();
    },
  };
}

/** Wall-clock time of a submit until the GPU is idle, less that of an empty one. */
function clockTimer(gpu: Gpu, tape: Tape): Timer {
  const span = async (encode: (encoder: GPUCommandEncoder) => void) => {
    await hasten(gpu, gpu.device.queue.onSubmittedWorkDone());
    const begun = performance.now();
    const encoder = gpu.device.createCommandEncoder({ label: 'profile' });
    encode(encoder);
    gpu.submit(encoder.finish());
    await hasten(gpu, gpu.device.queue.onSubmittedWorkDone());
    return (performance.now() - begun) * 1e6;
  };
  let empty: Promise<number> | undefined;
  const emptySpan = async () => {
    const samples: number[] = [];
    for (let round = 0; round < 5; round++) samples.push(await span(() => {}));
    return median(samples);
  };
  return {
    method: 'clock',
    wanted: CLOCK_NS,
    async measure(index, times) {
      empty ??= emptySpan();
      const idle = await empty;
      return (await span((encoder) => tape.encodeOne(encoder, index, times))) - idle;
    },
    free() {},
  };
}
