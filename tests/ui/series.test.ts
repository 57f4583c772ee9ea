/** Lines of a chart from logged rows: any metric on x, no kink from smoothing, tables, files. */
import { describe, expect, test } from 'vitest';
import {
  nearest,
  pointsOf,
  SQRT_KL,
  smoothed,
  tabulate,
  thin,
  toCsv,
} from '../../src/ui/parts/series';

const rows = [
  { step: 1, seconds: 0.5, loss: 3, 'objective/kl': 0 },
  { step: 2, seconds: 1, loss: Number.NaN, 'objective/kl': 9 },
  { step: 3, seconds: 2, loss: 2, 'objective/kl': 4 },
  { step: 4, seconds: 3, 'objective/kl': 4 },
];

describe('points', () => {
  test('leave out what is not logged and what is not finite', () => {
    expect(pointsOf(rows, 'step', 'loss')).toEqual({ x: [1, 3], y: [3, 2], forward: true });
    expect(pointsOf(rows, 'seconds', 'val_loss').x).toEqual([]);
  });

  test('are in the order of x, and say when x went back', () => {
    expect(pointsOf(rows, 'objective/kl', 'step')).toEqual({
      x: [0, 4, 4, 9],
      y: [1, 3, 4, 2],
      forward: false,
    });
  });

  test('can stand over the root of the KL', () => {
    expect(pointsOf(rows, SQRT_KL, 'step').x).toEqual([0, 2, 2, 3]);
  });
});

test('lines with x of their own share one table', () => {
  const { x, columns } = tabulate([
    { x: [1, 3], y: [10, 30] },
    { x: [2, 3], y: [5, 6] },
  ]);
  expect(x).toEqual([1, 2, 3]);
  expect(columns).toEqual([
    [10, null, 30],
    [null, 5, 6],
  ]);
});

test('the nearest point is found at the ends, between points and without any', () => {
  expect([-5, 1, 1.4, 1.6, 9].map((x) => nearest([0, 1, 2], x))).toEqual([0, 1, 1, 2, 2]);
  expect(nearest([], 1)).toBe(-1);
});

test('a smoothed line begins at its first value and is not bent where values are constant', () => {
  expect(smoothed([5, 1, 1], 0.9)[0]).toBe(5);
  // Rounding alone: the normalised weights of an average sum to 1.
  for (const value of smoothed([2, 2, null, 2], 0.9))
    if (value !== null) expect(value).toBeCloseTo(2, 12);
});

test('thinning keeps both ends', () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  expect(thin(items, 5)).toEqual([0, 25, 50, 74, 99]);
});

test('a file of values quotes what would break a line', () => {
  expect(
    toCsv(
      ['run', 'a,b'],
      [
        ['say "x"', 1],
        ['y', null],
      ],
    ),
  ).toBe('run,"a,b"\n"say ""x""",1\ny,\n');
});
