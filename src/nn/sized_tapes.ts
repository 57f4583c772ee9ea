/**
 * One step recorded for several numbers of rows, so that a packed batch runs on the fewest that hold
 * it. The tapes share their temporaries.
 */
import type { Gpu } from '../gpu/device';
import { Scratch } from '../gpu/scratch';
import { Tape } from '../gpu/tape';

/** A tape, and what its recording gave. */
export interface SizedTape<Given> {
  readonly rows: number;
  readonly tape: Tape;
  readonly given: Given;
}

export class SizedTapes<Given = void> {
  /** The least first. */
  private readonly tapes: SizedTape<Given>[] = [];
  private readonly scratch: Scratch;

  /** @param shared where temporaries live, with those of other tapes; without it, apart */
  constructor(
    private readonly gpu: Gpu,
    private readonly label: string,
    private readonly shared?: Scratch,
  ) {
    this.scratch = shared ?? new Scratch(gpu, `${label} temporaries`);
  }

  /**
   * Records and compiles a tape for each number of rows.
   * @param counts the least first
   */
  async record(
    counts: readonly number[],
    onto: (tape: Tape, rows: number) => Given,
  ): Promise<void> {
    // The largest first: its temporaries are large enough for the others.
    for (const rows of counts.toReversed()) {
      const tape = new Tape(this.gpu, this.label, this.scratch);
      this.tapes.unshift({ rows, tape, given: onto(tape, rows) });
      await tape.finish();
    }
  }

  /** The tape for the largest batch. */
  get largest(): SizedTape<Given> {
    return this.tapes.at(-1)!;
  }

  /** The tape for so many rows. */
  holding(rows: number): SizedTape<Given> {
    return this.tapes.find((sized) => sized.rows >= rows) ?? this.largest;
  }

  free(): void {
    for (const { tape } of this.tapes) tape.free();
    if (!this.shared) this.scratch.free();
  }
}
