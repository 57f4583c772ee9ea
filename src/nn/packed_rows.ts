/**
 * Sequences laid one behind the other into rows of T tokens, so that a batch goes through a model
 * without its padding. A token's position counts from the beginning of its own sequence, and
 * attention ends there, so losses and gradients are those of one sequence a row; only the order in
 * which sums are taken differs.
 *
 * Left out on purpose: sequences that go on in another row.
 */

/** Where the sequences of a batch lie. */
export interface PackedRows {
  readonly T: number;
  /** Rows that hold something. */
  readonly rows: number;
  /** Tokens of each sequence. */
  readonly lengths: readonly number[];
  /** Each sequence's first token among the tokens of all rows. */
  readonly starts: readonly number[];
}

/**
 * The longest sequences first, each into the first row that has room: near the fewest rows, and a
 * function of the lengths alone.
 * @param lengths from 0 to T; a sequence of 0 needs no room
 * @param align sequences begin at multiples of it. With 4, which is how many keys attention takes at
 *   once, a sequence has the same bits wherever it lies
 */
export function packRows(lengths: readonly number[], T: number, align = 1): PackedRows {
  const used: number[] = [];
  const starts = lengths.map(() => 0);
  const longestFirst = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const at of longestFirst) {
    const length = lengths[at]!;
    if (length === 0) continue;
    let row = used.findIndex((tokens) => tokens + length <= T);
    if (row < 0) row = used.push(0) - 1;
    starts[at] = row * T + used[row]!;
    used[row] = Math.ceil((used[row]! + length) / align) * align;
  }
  return { T, rows: used.length, lengths, starts };
}

/** Tokens of all sequences. */
export const tokensIn = ({ lengths }: PackedRows) =>
  lengths.reduce((sum, length) => sum + length, 0);

/** Numbers of rows that a batch of at most `most` is recorded for, the least first: an eighth apart. */
export function rowCounts(most: number): number[] {
  const counts = [most];
  for (let count = most; count > Math.max(1, most / 5); ) {
    count = Math.floor(0.88 * count);
    counts.unshift(count);
  }
  return counts;
}

/** Copies values of one sequence a row, [S, T], to where `packed` has each of them. */
export function lay<Values extends Int32Array | Float32Array>(
  { T, lengths, starts }: PackedRows,
  values: Values,
  into: Values,
): void {
  for (const [row, length] of lengths.entries()) {
    into.set(values.subarray(row * T, row * T + length), starts[row]);
  }
}

/** The opposite, for C channels a token: [S, T, C] from packed rows; `padding` stands elsewhere. */
export function unlay(
  { T, lengths, starts }: PackedRows,
  values: Float32Array,
  C: number,
  padding: number,
): Float32Array<ArrayBuffer> {
  const all = new Float32Array(lengths.length * T * C).fill(padding);
  for (const [row, length] of lengths.entries()) {
    const start = starts[row]! * C;
    all.set(values.subarray(start, start + length * C), row * T * C);
  }
  return all;
}

/** Writes the position of every token of `into`, whole rows; what is unfilled is a sequence too. */
export function layPositions({ T, lengths, starts }: PackedRows, into: Int32Array): void {
  const isStart = new Uint8Array(into.length + 1);
  for (const [at, length] of lengths.entries()) {
    if (length === 0) continue;
    isStart[starts[at]!] = 1;
    isStart[starts[at]! + length] = 1;
  }
  for (let n = 0; n < into.length; n++) {
    into[n] = n % T === 0 || isStart[n] === 1 ? 0 : into[n - 1]! + 1;
  }
}

/** Tokens of each row up to the last that has a target; what comes after it changes no loss. */
export function lengthsOf(targets: Int32Array, T: number): number[] {
  return Array.from({ length: targets.length / T }, (_, row) => {
    let length = T;
    while (length > 0 && targets[row * T + length - 1] === -100) length--;
    return length;
  });
}
