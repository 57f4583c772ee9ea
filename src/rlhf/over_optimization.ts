/**
 * The forms that Gao et al. (2022, section 3.1) found for reward against distance d = √KL, fitted by
 * least squares:
 *
 *   best of n:  R(d) = d·(α − β·d)          PPO:  R(d) = d·(α − β·log d)
 *
 * R is the reward above that at d = 0. Both are linear in α and β. Best of n knows R(0) from the very
 * samples; in PPO it is the mean of one noisy batch, so the level at d = 0 is fitted too.
 */

/** A point of a curve: √nats, and a reward. */
export interface DistancePoint {
  readonly d: number;
  readonly reward: number;
}

export interface DistanceFit {
  readonly alpha: number;
  readonly beta: number;
  /** The reward at d = 0 that the others are above. */
  readonly start: number;
  /** Where the reward is highest; null where the form has no maximum (β ≤ 0). */
  readonly peak: DistancePoint | null;
  /** The form from d = 0 to the last measured point, rewards above `start`. */
  readonly curve: readonly DistancePoint[];
}

const CURVE_POINTS = 48;

/** R = d·(α − β·d); the points' rewards are above that at d = 0. Null for fewer than three points. */
export function fitBestOfN(points: readonly DistancePoint[]): DistanceFit | null {
  const form = (d: number) => [d, -d * d];
  const found = points.length < 3 ? null : leastSquares(points, form);
  if (!found) return null;
  const [alpha, beta] = found as [number, number];
  const reward = (d: number) => d * (alpha - beta * d);
  const d = alpha / (2 * beta);
  const peak = beta > 0 && alpha > 0 ? { d, reward: reward(d) } : null;
  return { alpha, beta, start: 0, peak, curve: curveOf(reward, points) };
}

/** R = start + d·(α − β·log d), with d·log d = 0 at d = 0. Null for fewer than four points. */
export function fitPpo(points: readonly DistancePoint[]): DistanceFit | null {
  const form = (d: number) => [1, d, d > 0 ? -d * Math.log(d) : 0];
  const found = points.length < 4 ? null : leastSquares(points, form);
  if (!found) return null;
  const [start, alpha, beta] = found as [number, number, number];
  const reward = (d: number) => (d > 0 ? d * (alpha - beta * Math.log(d)) : 0);
  const d = Math.exp(alpha / beta - 1);
  const peak = beta > 0 && Number.isFinite(d) ? { d, reward: reward(d) } : null;
  return { alpha, beta, start, peak, curve: curveOf(reward, points) };
}

function curveOf(reward: (d: number) => number, points: readonly DistancePoint[]): DistancePoint[] {
  const last = Math.max(...points.map(({ d }) => d));
  return Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
    const d = (i * last) / CURVE_POINTS;
    return { d, reward: reward(d) };
  });
}

/** The coefficients of the form's terms by the normal equations; null where they are not determined. */
function leastSquares(
  points: readonly DistancePoint[],
  form: (d: number) => number[],
): number[] | null {
  const rows = points.map(({ d }) => form(d));
  const size = rows[0]!.length;
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => rows.reduce((sum, r) => sum + r[i]! * r[j]!, 0)),
    points.reduce((sum, { reward }, at) => sum + rows[at]![i]! * reward, 0),
  ]);
  return solve(matrix);
}

/** Gaussian elimination with row exchange on an augmented matrix. */
function solve(matrix: number[][]): number[] | null {
  const size = matrix.length;
  const scale = Math.max(...matrix.flat().map(Math.abs));
  for (let column = 0; column < size; column++) {
    let best = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[best]![column]!)) best = row;
    }
    if (!(Math.abs(matrix[best]![column]!) > 1e-12 * scale)) return null;
    [matrix[column], matrix[best]] = [matrix[best]!, matrix[column]!];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = matrix[row]![column]! / matrix[column]![column]!;
      for (let at = column; at <= size; at++) {
        matrix[row]![at]! -= factor * matrix[column]![at]!;
      }
    }
  }
  return matrix.map((row, at) => row[size]! / row[at]!);
}
