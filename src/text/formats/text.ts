/** Text files in whatever encoding they come: UTF-8, or UTF-16 that says so by its byte order mark. */
import { FormatError } from './errors';

/**
 * The text of a file, without its byte order mark.
 * @throws FormatError with the offset of the first byte that is no UTF-8 or UTF-16
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(
      `${file}: the bytes at offset ${firstBad(bytes, encoding)} are not ${encoding.toUpperCase()} text; save the file as UTF-8.`,
    );
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** The longest prefix that decodes ends there: found by halving. */
function firstBad(bytes: Uint8Array, encoding: string): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      // A character that is cut by the end of the prefix is waited for, not refused.
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, middle), {
        stream: true,
      });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}
