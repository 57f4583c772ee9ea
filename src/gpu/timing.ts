/**
 * Times recorded tapes. Each sample replays a tape often enough to outlast the clock's and the
 * submit's grain; contestants take turns, so that a machine that slows down slows all of them.
 */
import type { Gpu } from './device';
import { hasten } from './readback';
import { type Spread, spreadOf } from './spread';
import type { Tape } from './tape';

export interface Contestant {
  readonly tape: Tape;
  /** Puts buffers that the tape changes back; not timed. */
  readonly reset: () => void;
  /** Most replays between two resets. */
  readonly most: number;
}

const SAMPLE_MS = 40;
const ROUNDS = 5;
/** Where rounds take longer than so many samples, there are fewer. */
const FEWEST_ROUNDS = 3;
const LONG = 50;
/** Where even one round takes as long as so many, it is the only one. */
const ENDLESS = 200;
/** A replay that takes as long as so many does more than compile. */
const COMPILED = 40;

async function once(gpu: Gpu, { tape, reset }: Contestant, times: number): Promise<number> {
  reset();
  await hasten(gpu, gpu.device.queue.onSubmittedWorkDone());
  const begun = performance.now();
  tape.run(times);
  await hasten(gpu, gpu.device.queue.onSubmittedWorkDone());
  return performance.now() - begun;
}

/** Replays that take about a sample's time, found by doubling; the tries also warm the tape up. */
async function timesFor(gpu: Gpu, contestant: Contestant, sampleMs: number): Promise<number> {
  // The first compiles on some adapters, so it counts only when it is far beyond that too.
  if ((await once(gpu, contestant, 1)) > COMPILED * sampleMs) return 1;
  let times = 1;
  for (;;) {
    const ms = await once(gpu, contestant, times);
    if (ms >= sampleMs / 2 || times >= contestant.most) return times;
    const wanted = ms > 0 ? Math.ceil((times * sampleMs) / ms) : 8 * times;
    times = Math.min(contestant.most, 8 * times, Math.max(2 * times, wanted));
  }
}

/**
 * Milliseconds of one replay of each contestant.
 * @param sampleMs time of a sample; the longer, the less the wait for its end counts
 */
export async function race(
  gpu: Gpu,
  contestants: readonly Contestant[],
  sampleMs = SAMPLE_MS,
): Promise<Spread[]> {
  const times: number[] = [];
  for (const contestant of contestants) times.push(await timesFor(gpu, contestant, sampleMs));
  const samples = contestants.map((): number[] => []);
  const begun = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const ms = performance.now() - begun;
    if (ms > ENDLESS * sampleMs || (round >= FEWEST_ROUNDS && ms > LONG * sampleMs)) break;
    for (const [at, contestant] of contestants.entries()) {
      samples[at]!.push((await once(gpu, contestant, times[at]!)) / times[at]!);
    }
  }
  return samples.map(spreadOf);
}
