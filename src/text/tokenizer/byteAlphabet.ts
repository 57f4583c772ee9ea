/**
 * GPT-2's byte alphabet: every byte is written as one printable character, so that a byte-level
 * vocabulary can be kept as text (Radford et al. 2019, section 2.2). Printable Latin-1 bytes stand
 * for themselves; the other 68 take the characters from U+0100 on, in order. A space becomes "Ġ".
 */

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The character of each byte, indexed by byte (256 entries). */
export const BYTE_TO_CHAR: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
})();

/** The byte that a character of the alphabet stands for. */
export const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(
  BYTE_TO_CHAR.map((char, byte) => [char, byte]),
);

/** The alphabet in code point order: the order in which trained vocabularies list it. */
export const SORTED_ALPHABET: readonly string[] = [...BYTE_TO_CHAR].sort(
  (a, b) => a.charCodeAt(0) - b.charCodeAt(0),
);

const utf8 = new TextEncoder();

/**
 * The bytes that a vocabulary entry stands for. An entry with a character outside the alphabet (an
 * added token, say one with a plain space in it) stands for its own UTF-8.
 */
export function tokenToBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CHAR_TO_BYTE.get(token[i]);
    if (byte === undefined) return utf8.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}
