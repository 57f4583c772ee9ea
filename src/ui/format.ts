/** Numbers, times and sizes as they are shown: sensible digits, units, and no jumps in width. */

/** Four significant digits at most, plain between 0.001 and 100,000, else with an exponent. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e7) {
    const [digits, exponent] = value.toExponential(2).split('e');
    return minus(`${Number(digits)}e${Number(exponent)}`);
  }
  if (Number.isInteger(value)) return minus(value.toLocaleString('en-US'));
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return minus(
    value.toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }),
  );
}

/** A real minus sign, as wide as a digit. */
function minus(text: string): string {
  return text.replaceAll('-', '−');
}

/** A large count in short: 812, 14.2 k, 0.14 M, 5.3 M. */
export function formatCount(count: number): string {
  if (count < 1000) return `${Math.round(count)}`;
  if (count < 100_000) return `${Number((count / 1000).toPrecision(3))} k`;
  const digits = count < 1e6 ? 2 : 3;
  return `${Number((count / 1e6).toPrecision(digits))} M`;
}

/** With so many decimals, a real minus, and no minus before a zero. */
export function formatFixed(value: number, decimals: number): string {
  const rounded = value.toFixed(decimals);
  return minus(Number(rounded) === 0 ? (0).toFixed(decimals) : rounded);
}

/** With its sign, for values around zero: +0.31, −0.02. */
export function formatSigned(value: number, decimals = 2): string {
  const text = formatFixed(value, decimals);
  return Number(value.toFixed(decimals)) > 0 ? `+${text}` : text;
}

/** A share of one as per cent. */
export function formatPercent(share: number | null | undefined, decimals = 0): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  return `${minus((share * 100).toFixed(decimals))} %`;
}

/** 45 s, 3 min 20 s, 1 h 05 min. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** Binary sizes: 512 KiB, 1.4 GiB. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = value >= 10 || unit === 0 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A time of day for the log. */
export function formatTime(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toLocaleTimeString('en-GB');
}

/** A day: 27 Nov 2026. */
export function formatDay(epochMilliseconds: number): string {
  const form = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  return new Date(epochMilliseconds).toLocaleDateString('en-GB', form);
}

/** A prompt as it is read: the town's `Q: …\nA:` without the part that only opens the answer. */
export function promptText(prompt: string): string {
  return prompt.replace(/\nA:\s*$/, '');
}

/** 1 item, 2 items. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** a, b and c. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/**
 * The number at the head of a paper's value as the schema writes it ('≤ 8.05e-6', '12,288'); null
 * where there is none.
 */
export function paperNumber(text: string): number | null {
  const match = /-?[\d,]*\.?\d+(?:e-?\d+)?/i.exec(text);
  if (!match) return null;
  const value = Number(match[0].replaceAll(',', ''));
  return Number.isFinite(value) ? value : null;
}
