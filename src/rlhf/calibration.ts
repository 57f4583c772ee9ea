/**
 * Whether a reward model's certainty is deserved: it says of a pair that the higher score is better
 * with probability σ(|r_a − r_b|) (eq. 1 read the other way round); how often is it?
 */

export interface CalibrationBin {
  /** Mean stated probability of the bin's pairs, from ½ to 1. */
  readonly predicted: number;
  /** Share of them that the labeler ordered alike, with its 95 % interval (Wilson 1927). */
  readonly observed: number;
  readonly interval: readonly [number, number];
  readonly n: number;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error: mean |predicted − observed| over pairs. */
  readonly error: number;
  readonly n: number;
}

const BINS = 10;

/** @param margins score of the better minus score of the worse, by the labeler, a value a pair */
export function calibrationOf(margins: readonly number[]): Calibration {
  const pairs = margins
    .filter((margin) => margin !== 0)
    .map((margin) => ({ p: 1 / (1 + Math.exp(-Math.abs(margin))), right: margin > 0 }))
    .sort((a, b) => a.p - b.p);
  const n = pairs.length;
  const count = Math.min(BINS, n);
  const bins = Array.from({ length: count }, (_, b): CalibrationBin => {
    const part = pairs.slice(Math.floor((b * n) / count), Math.floor(((b + 1) * n) / count));
    const predicted = part.reduce((sum, { p }) => sum + p, 0) / part.length;
    const observed = part.filter(({ right }) => right).length / part.length;
    return { predicted, observed, interval: wilson(observed, part.length), n: part.length };
  });
  const error = bins.reduce(
    (sum, bin) => sum + (bin.n / n) * Math.abs(bin.predicted - bin.observed),
    0,
  );
  return { bins, error, n };
}

/** The 95 % score interval of a share of n. */
export function wilson(share: number, n: number): [number, number] {
  const z2 = 1.959964 ** 2;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
