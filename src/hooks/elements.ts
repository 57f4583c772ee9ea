/** What kernels' buffers hold, as plain numbers and back. Halves are numbers too: they are widened. */
import type { ElementType } from '../gpu/kernel';
import { floatToHalf, widenHalf } from '../text/formats/halfFloat';

export type Numbers =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;
export type Stored = Numbers | Uint16Array<ArrayBuffer>;

/** What marks an element that nobody has written: as a float, NaN. */
const UNWRITTEN = { half: 0x7e00, word: 0x7fc0_0000 };

/** Numbers as a buffer holds them. */
export function storedAs(type: ElementType, values: ArrayLike<number>): Stored {
  switch (type) {
    case 'f32':
      return Float32Array.from(values);
    case 'i32':
      return Int32Array.from(values);
    case 'u32':
      return Uint32Array.from(values);
    case 'f16':
      return Uint16Array.from(values, floatToHalf);
  }
}

/** The first `length` numbers of a buffer that was read back. */
export function numbersOf(type: ElementType, buffer: ArrayBuffer, length: number): Numbers {
  switch (type) {
    case 'f32':
      return new Float32Array(buffer, 0, length);
    case 'i32':
      return new Int32Array(buffer, 0, length);
    case 'u32':
      return new Uint32Array(buffer, 0, length);
    case 'f16':
      return widenHalf(new Uint16Array(buffer, 0, length)) as Float32Array<ArrayBuffer>;
  }
}

/** A buffer that nobody has written. */
export const unwritten = (type: ElementType, length: number): Stored =>
  type === 'f16'
    ? new Uint16Array(length).fill(UNWRITTEN.half)
    : new Uint32Array(length).fill(UNWRITTEN.word);

/** A buffer as the GPU makes it. */
export const zeros = (type: ElementType, length: number): Stored =>
  type === 'f16' ? new Uint16Array(length) : new Uint32Array(length);
