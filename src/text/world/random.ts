/**
 * Host randomness for the world: xoroshiro128+ (pure-rand) read as integers, so that every machine
 * and browser draws the same values. No Math.exp, log or cos, whose last bits may differ.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** FNV-1a of a string, 32 bits. */
export function hashString(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** A stream of draws named by a seed and a label; the same pair gives the same stream. */
export class Random {
  private readonly source: RandomGenerator;

  constructor(seed: number, label: string) {
    this.source = xoroshiro128plus((hashString(label) ^ Math.imul(seed | 0, 0x9e3779b1)) | 0);
    // A fresh state is nearly all zeros or ones: let it mix before the first draw.
    for (let i = 0; i < 16; i++) this.source.next();
  }

  /** Integer in [0, n), n < 2^21: the product is exact in a double. */
  int(n: number): number {
    return Math.floor(((this.source.next() >>> 0) * n) / 0x1_0000_0000);
  }

  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<X>(items: readonly X[]): X {
    return items[this.int(items.length)]!;
  }

  /** `count` different items, in random order; all of them if there are fewer. */
  sample<X>(items: readonly X[], count: number): X[] {
    return this.shuffle(items).slice(0, count);
  }

  shuffle<X>(items: readonly X[]): X[] {
    const out = items.slice();
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = out[i]!;
      out[i] = out[j]!;
      out[j] = kept;
    }
    return out;
  }

  /** Index drawn with the given non-negative integer weights. */
  weighted(weights: readonly number[]): number {
    let draw = this.int(weights.reduce((sum, weight) => sum + weight, 0));
    for (let i = 0; i < weights.length; i++) {
      draw -= weights[i]!;
      if (draw < 0) return i;
    }
    return weights.length - 1;
  }

  /** Near-normal draw of mean 0 and deviation 1: twelve uniforms less 6 (Irwin–Hall). */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += (this.source.next() >>> 0) / 0x1_0000_0000;
    return sum;
  }
}

/** e^x by its series, |x| ≤ 4: additions and multiplications alone are the same everywhere. */
export function exactExp(x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 40; n++) {
    term = (term * x) / n;
    sum += term;
  }
  return sum;
}
