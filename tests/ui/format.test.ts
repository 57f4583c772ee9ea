/** Numbers and times as people read them, and curves as charts need them. */
import { describe, expect, test } from 'vitest';
import { FIELDS, type Field } from '../../src/config/fields';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatSigned,
  list,
  paperNumber,
  plural,
  promptText,
} from '../../src/ui/format';
import { adviceFor } from '../../src/ui/noGpu';

describe('numbers', () => {
  test('have about four digits, and an exponent where they are very small', () => {
    expect([1.18042, 12.3456, 2140.4, 128, 0.0004].map(formatNumber)).toEqual([
      '1.180',
      '12.35',
      '2,140',
      '128',
      '4e−4',
    ]);
  });
  test('say when they are not there or not finite', () => {
    expect([undefined, null, Number.NaN, -Infinity].map(formatNumber)).toEqual([
      '–',
      '–',
      'not a number',
      '−∞',
    ]);
  });
  test('around zero carry their sign, and zero has none', () => {
    expect([0.314, -0.021, -0.001].map((value) => formatSigned(value))).toEqual([
      '+0.31',
      '−0.02',
      '0.00',
    ]);
  });
  test('as shares are per cent', () => {
    expect(formatPercent(0.672, 1)).toBe('67.2 %');
  });
  test('of the paper are read from the schema’s words', () => {
    expect(['≤ 8.05e-6', '12,288', '0.02'].map(paperNumber)).toEqual([8.05e-6, 12_288, 0.02]);
    for (const field of Object.values<Field>(FIELDS)) {
      if (field.paper) expect(paperNumber(field.paper), field.label).not.toBeNull();
    }
  });
});

test('times, sizes and lists are words', () => {
  expect([42, 200, 3900].map(formatDuration)).toEqual(['42 s', '3 min 20 s', '1 h 05 min']);
  expect([900, 325_058_560].map(formatBytes)).toEqual(['900 bytes', '310 MiB']);
  expect(list(['SFT', 'PPO', 'wins'])).toBe('SFT, PPO and wins');
  expect([plural(1, 'pair'), plural(2000, 'pair')]).toEqual(['1 pair', '2,000 pairs']);
  expect(promptText('Q: Why?\nA:')).toBe('Q: Why?');
});

describe('advice without a GPU', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/17 Safari/605';
  test('names the switch of this browser on this system', () => {
    expect(adviceFor('no-webgpu', firefox).steps[0]).toContain('gfx.webgpu.ignore-blocklist');
    expect(adviceFor('no-webgpu', safari).steps[0]).toContain('Safari 26');
  });
  test('says that an insecure page is the reason where it is', () => {
    expect(adviceFor('no-webgpu', firefox, false).steps[0]).toContain('https');
  });
  test('has a sentence and a step for every problem', () => {
    for (const problem of ['no-webgpu', 'no-adapter', 'limits', 'device'] as const) {
      const { title, steps } = adviceFor(problem, safari);
      expect(title.endsWith('.') && steps.length > 0).toBe(true);
    }
  });
});
