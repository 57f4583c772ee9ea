/** The calibration of a reward model from the margins of its pairs. */
import { describe, expect, test } from 'vitest';
import { calibrationOf, wilson } from '../../src/rlhf/calibration';

const logit = (p: number) => Math.log(p / (1 - p));

test('a model that is right as often as it says has no error', () => {
  // 100 pairs at 60 %, 100 at 90 %, each right exactly so often.
  const pairs = [0.6, 0.9].flatMap((p) =>
    Array.from({ length: 100 }, (_, i) => ((i % 10) / 10 < p ? logit(p) : -logit(p))),
  );
  const { bins, error, n } = calibrationOf(pairs);
  expect(n).toBe(200);
  expect(bins).toHaveLength(10);
  // Sums of a hundred doubles.
  expect(error).toBeLessThan(1e-12);
  expect(bins[0]!.predicted).toBeCloseTo(0.6, 12);
  expect(bins[9]!.observed).toBeCloseTo(0.9, 12);
});

test('one that is too sure lies below the line by what it claims too much', () => {
  const { error, bins } = calibrationOf([3, -3, 3, -3]);
  const claimed = 1 / (1 + Math.exp(-3));
  expect(bins.every(({ predicted }) => Math.abs(predicted - claimed) < 1e-12)).toBe(true);
  expect(bins.map(({ n }) => n)).toEqual([1, 1, 1, 1]);
  expect(error).toBeCloseTo((2 * (1 - claimed) + 2 * claimed) / 4, 12);
});

test('equal scores are neither right nor wrong', () => {
  expect(calibrationOf([0, 0, 1]).n).toBe(1);
  expect(calibrationOf([0]).bins).toEqual([]);
});

describe('the interval of a share', () => {
  // Wilson's interval as tabulated by Newcombe 1998, table I: 81 of 263 gives .2553 to .3662.
  test('is the published one', () => {
    const [low, high] = wilson(81 / 263, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });
  test('stays within 0 and 1', () => {
    expect(wilson(0, 5)[0]).toBe(0);
    expect(wilson(1, 5)[1]).toBe(1);
  });
});
