/** IEEE binary16 by arithmetic alone. */

/** The largest half. */
const LARGEST = 65_504;

/** The halves next to x, at and below and at and above it; past ±65,504 that. */
export function halvesAround(x: number): readonly [below: number, above: number] {
  const within = Math.min(LARGEST, Math.max(-LARGEST, x));
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(within) || 2 ** -14)));
  const step = 2 ** (exponent - 10);
  return [Math.floor(within / step) * step, Math.ceil(within / step) * step];
}
