/** Rows of V numbers in rows of S: what kernels read that take four numbers at a time. */

/** Rows of V numbers set apart to rows of S; behind each stands what would spoil any sum or draw. */
export const inRows = (values: ArrayLike<number>, V: number, S: number): number[] =>
  Array.from({ length: (values.length / V) * S }, (_, i) =>
    i % S < V ? values[Math.floor(i / S) * V + (i % S)]! : 1e30,
  );

/** The first V numbers of each row of S, and what stands behind them. */
export const outOfRows = (rows: ArrayLike<number>, V: number, S: number) => ({
  values: Array.from(rows).filter((_, i) => i % S < V),
  behind: Array.from(rows).filter((_, i) => i % S >= V),
});
