/**
 * Notices work that was submitted and does not end. Time is counted in ticks of a timer of its own:
 * while a tab is frozen or a laptop sleeps the timer does not run, and none of that time counts.
 */

/** Beyond the longest that this device was seen to take between two ends of submitted work. */
export const HANG_MS = 30_000;
/** The same for a software adapter, where one step of a large model takes minutes. */
export const SOFTWARE_HANG_MS = 300_000;

const TICK_MS = 1000;

export class Watchdog {
  private inFlight = 0;
  /** Ticks since work last ended, or was submitted to an idle queue. */
  private quiet = 0;
  /** The most that `quiet` has been when work ended. */
  private slowest = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** @param bark called once, with the seconds that nothing has ended */
  constructor(
    public patienceMs: number,
    private readonly bark: (seconds: number) => void,
  ) {}

  /** Follows submitted work to its end. */
  watch(done: Promise<unknown>): void {
    if (this.inFlight === 0) this.quiet = 0;
    this.inFlight++;
    this.timer ??= setInterval(this.tick, TICK_MS);
    done.then(this.ended, this.ended);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private readonly ended = () => {
    this.inFlight--;
    this.slowest = Math.max(this.slowest, this.quiet);
    this.quiet = 0;
  };

  private readonly tick = () => {
    if (this.inFlight === 0) return this.stop();
    this.quiet++;
    if (this.quiet * TICK_MS <= this.patienceMs + this.slowest * TICK_MS) return;
    this.stop();
    this.bark(this.quiet);
  };
}
