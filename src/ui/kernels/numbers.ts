/** The lens' units: microseconds that become milliseconds, and rates of three digits. */

const three = (value: number): string => {
  if (value === 0) return '0';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 10 ? 1 : 2);
};

/** 8.50 µs, 123 µs, 12.3 ms. */
export const formatMicroseconds = (us: number): string =>
  us >= 10_000 ? `${three(us / 1000)} ms` : `${three(us)} µs`;

/** GFLOP/s or GB/s. */
export const formatRate = three;
