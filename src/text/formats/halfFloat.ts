/**
 * The two 16-bit float formats of weights on disk: IEEE binary16 (F16, read and written) and
 * bfloat16 (BF16, read). Widening is exact; narrowing rounds to nearest, ties to even.
 */

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The value of F16 bits; subnormals, infinities and NaN included. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The F16 bits nearest to a float; magnitudes from 65,520 on become infinity. */
export function floatToHalf(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴: a multiple of 2⁻²⁴. The sum with ½ rounds the last bits off, ties to even.
    scratch[0] = Math.abs(value) + 0.5;
    return sign | (scratchBits[0] - 0x3f000000);
  }
  const tie = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + tie) >>> 13);
}

/** Widens F16 bits to floats. */
export function widenHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, halfToFloat);
}

/** Widens BF16 bits, the upper half of a float's, to floats. */
export function widenBfloat(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i] << 16;
  return new Float32Array(out.buffer);
}
