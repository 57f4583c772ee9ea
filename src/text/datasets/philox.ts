/**
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): four random
 * words from a key and a counter, with no state between calls. A batch is thereby a function of
 * (seed, step), so a run resumed at a step draws what it would have drawn.
 */

/** Which use a draw is for: the third counter word, so that two uses of one seed never meet. */
export const Stream = { windows: 0x57494e44, order: 0x4f524452 } as const;

function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + Math.floor((middle + aLow * bHigh) / 0x10000)) >>> 0;
}

/** Four unsigned 32-bit words for a counter of four words and a key of two. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(0xd2511f53, a);
    const highC = multiplyHigh(0xcd9e8d57, c);
    const lowA = Math.imul(0xd2511f53, a);
    const lowC = Math.imul(0xcd9e8d57, c);
    a = highC ^ b ^ k0;
    b = lowC;
    c = highA ^ d ^ k1;
    d = lowA;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/**
 * A whole number in [0, n), the same for the same arguments. `major` and `minor` are counters below
 * 2³² (a step and a row, say). 64 random bits keep the bias below n / 2⁵³.
 */
export function randomBelow(
  n: number,
  seed: number,
  stream: number,
  major: number,
  minor: number,
): number {
  const [a, b] = philox4x32([minor, major, stream, 0], [seed, Math.floor(seed / 2 ** 32)]);
  return Math.floor(((a >>> 5) * 2 ** 26 + (b >>> 6)) * 2 ** -53 * n);
}
