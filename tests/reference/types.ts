/**
 * The numeric types of the reference. Every function here is written as an oracle: plain loops in
 * f64, one formula a loop, no blocking and no in-place tricks, so that it can be read against the
 * paper and trusted. Inputs may be any number array (f32 arrays read back from a GPU included);
 * outputs are always fresh Float64Arrays. Everything is row-major.
 *
 * Letters: B sequences, T positions, C channels, H heads, D head size, L layers, V vocabulary,
 * F = 4C, K completions of one prompt, R response positions, N = B*T rows.
 */
export type Values = ArrayLike<number>;

/** Target of a row that takes no part in a loss, as in PyTorch. */
export const IGNORE = -100;
