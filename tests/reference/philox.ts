/**
 * Philox4x32-10, the counter-based random generator of Salmon et al. 2011 ("Parallel random numbers:
 * as easy as 1, 2, 3"). Stateless: the same counter and key always give the same four words.
 */

const MULTIPLIERS = [0xd2511f53n, 0xcd9e8d57n] as const;
const WEYL = [0x9e3779b9n, 0xbb67ae85n] as const;
const WORD = 0xffffffffn;

/** Four u32 words from a counter of four u32 words and a key of two. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array {
  let c = counter.map((word) => BigInt(word >>> 0));
  let k = key.map((word) => BigInt(word >>> 0));
  for (let round = 0; round < 10; round++) {
    const product0 = MULTIPLIERS[0] * c[0]!;
    const product1 = MULTIPLIERS[1] * c[2]!;
    c = [
      (product1 >> 32n) ^ c[1]! ^ k[0]!,
      product1 & WORD,
      (product0 >> 32n) ^ c[3]! ^ k[1]!,
      product0 & WORD,
    ];
    k = [(k[0]! + WEYL[0]) & WORD, (k[1]! + WEYL[1]) & WORD];
  }
  return Uint32Array.from(c, Number);
}

/** A uniform number in [0, 1) from the upper 24 bits of a word, exact in f32. */
export function uniformFromU32(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
