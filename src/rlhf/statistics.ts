/** Means and their intervals. */
import { randomBelow } from '../text/datasets/philox';

/** NaN for no values. */
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const variance = (values: readonly number[]) => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};

const RESAMPLES = 2000;
const DRAW = 0x424f4f54;

/** A mean, its bootstrap interval and the number of values behind it. */
export interface Estimated {
  readonly mean: number;
  readonly ci95: [low: number, high: number];
  readonly n: number;
}

export const estimated = (values: readonly number[], seed: number): Estimated => ({
  mean: mean(values),
  ci95: bootstrap(values, seed),
  n: values.length,
});

/** The 2.5 % and 97.5 % points of the mean over bootstrap resamples. */
export function bootstrap(values: readonly number[], seed: number): [number, number] {
  if (values.length === 0) return [Number.NaN, Number.NaN];
  const means = Array.from({ length: RESAMPLES }, (_, resample) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += values[randomBelow(values.length, seed, DRAW, resample, i)]!;
    }
    return sum / values.length;
  }).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * RESAMPLES)]!, means[Math.ceil(0.975 * RESAMPLES) - 1]!];
}
