/**
 * What is done about a device that was lost in a stage: the stage goes on from its checkpoint on a
 * new one, unless that is of no use; a missing adapter is waited for, a bounded number of times.
 */
import type { Gpu } from '../gpu/device';
import { GpuFault } from '../gpu/faults';
import { MOST_AHEAD } from '../gpu/readback';
import { type Checkpoint, Paused } from '../rlhf/context';
import type { Progress } from './api';

/** A device that is lost this often without a new checkpoint in between will be lost again. */
const MOST_LOSSES = 3;

/** Pauses before the tries after the first to open a GPU again. */
export const PAUSES_MS: readonly number[] = [500, 1000, 2000, 4000, 8000, 16_000];

/** A pause that somebody asks for takes hold within this time. */
const LOOK_MS = 100;

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Where a run was when its device went. */
export interface Whereabouts {
  readonly progress: Progress | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

/** Counts the losses of a run and says when it is of no use to go on. */
export class Losses {
  private count = 0;
  private checkpoint: Checkpoint | undefined;
  private hungAt: Progress | undefined;

  /**
   * Call when a device was lost.
   * @param failure what ended it
   * @returns what to tell before the run goes on
   * @throws in one sentence when it would only happen again
   */
  note(failure: Error | undefined, { progress, checkpoint }: Whereabouts): string {
    this.count = checkpoint === this.checkpoint ? this.count + 1 : 1;
    this.checkpoint = checkpoint;
    const isHung = failure instanceof GpuFault && failure.kind === 'hung';
    if (isHung && progress) {
      if (this.hungAt && isSameStep(this.hungAt, progress)) {
        throw new Error(`${failure.message} It was the second time at the same step.`);
      }
      this.hungAt = progress;
    }
    if (this.count > MOST_LOSSES) {
      throw new Error(
        `The GPU device was lost ${this.count} times without a new checkpoint in between. Close other tabs that use the GPU, or choose a smaller batch or model; then resume: the run goes on from its last checkpoint.`,
      );
    }
    return isHung
      ? `${failure.message.replace(/\..*/s, '')}; the run goes on from its last checkpoint.`
      : 'The GPU device was lost; the run goes on from its last checkpoint.';
  }
}

/** Steps are queued ahead, so the same one may hang with more or fewer of them behind it. */
const isSameStep = (a: Progress, b: Progress) =>
  a.stage === b.stage && a.phase === b.phase && b.done <= a.done + MOST_AHEAD;

/**
 * Opens the GPU again, with growing pauses between the tries.
 * @param isStopped whether somebody has asked for a pause
 * @throws {Paused} then; otherwise what the last try threw, with what to do
 */
export async function reopen(
  open: () => Promise<Gpu>,
  isStopped: () => boolean,
  pausesMs = PAUSES_MS,
): Promise<Gpu> {
  for (let tries = 0; ; tries++) {
    try {
      return await open();
    } catch (cause) {
      const pause = pausesMs[tries];
      if (pause === undefined) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(
          `The GPU was lost and did not come back in ${tries + 1} tries (${why.replace(/\.$/, '')}). Restart the browser, or wake or reconnect the graphics card; then resume: the run goes on from its last checkpoint.`,
        );
      }
      for (let slept = 0; slept < pause && !isStopped(); slept += LOOK_MS) await sleep(LOOK_MS);
      if (isStopped()) throw new Paused('paused');
    }
  }
}
