/** SHA-256 of what is stored, in hexadecimal: computed off this thread, by the browser itself. */

/** A piece that the browser copies into memory it has at hand; larger ones cost fresh pages. */
const PIECE_BYTES = 1 << 18;
const SUM_BYTES = 32;

const hexadecimal = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');

const digest = (bytes: Uint8Array) =>
  crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);

const bytesOf = (data: ArrayBufferView) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export async function checksum(data: ArrayBufferView | string): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : bytesOf(data);
  return hexadecimal(await digest(bytes));
}

/**
 * The checksum of the checksums of each 256 KiB. It guards as well as `checksum`, whose one large
 * input the browser copies into fresh memory.
 */
export async function checksumOfPieces(data: ArrayBufferView): Promise<string> {
  const bytes = bytesOf(data);
  const sums = new Uint8Array(Math.ceil(bytes.length / PIECE_BYTES) * SUM_BYTES);
  for (let piece = 0; piece * PIECE_BYTES < bytes.length; piece++) {
    const at = piece * PIECE_BYTES;
    const sum = await digest(bytes.subarray(at, at + PIECE_BYTES));
    sums.set(new Uint8Array(sum), piece * SUM_BYTES);
  }
  return checksum(sums);
}
