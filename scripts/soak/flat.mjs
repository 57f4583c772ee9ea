/** Whether what is measured at equal points of a soak stays where it is. */

/** Growth beyond this is a leak. */
export const ALLOWED = 0.02;
/** Fewer points say nothing. */
const FEWEST = 4;

/** @param {readonly number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/**
 * Growth from the first half of the points to the second, as a share of the first: medians, so that
 * one point taken at a busy moment decides nothing. Undefined where there are too few.
 * @param {readonly number[]} values
 * @returns {number | undefined}
 */
export function growth(values) {
  if (values.length < FEWEST) return undefined;
  const half = values.length >> 1;
  const first = median(values.slice(0, half));
  const second = median(values.slice(-half));
  return first === 0 ? (second === 0 ? 0 : Number.POSITIVE_INFINITY) : second / first - 1;
}
