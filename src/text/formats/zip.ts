/**
 * A zip file of named contents, stored without compression: weights do not shrink, and every
 * system opens it. Fields after PKWARE's APPNOTE 6.3.10; up to 4 GiB, names in UTF-8.
 */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 of some bytes. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** 1 January 1980, the first day there is: the same contents give the same file. */
const DAY = (1 << 5) | 1;
const UTF8_NAMES = 1 << 11;
const LOCAL = 30;
const CENTRAL = 46;
const END = 22;

/** A zip file of these files, by their paths. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(files).map(([path, bytes]) => ({
    name: new TextEncoder().encode(path),
    bytes,
    crc: crc32(bytes),
  }));
  const names = entries.reduce((sum, { name }) => sum + name.length, 0);
  const contents = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const out = new Uint8Array(entries.length * (LOCAL + CENTRAL) + 2 * names + contents + END);
  const view = new DataView(out.buffer);
  let at = 0;
  const u16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const put = (bytes: Uint8Array) => {
    out.set(bytes, at);
    at += bytes.length;
  };
  /** What both headers of an entry say of it. */
  const facts = ({ name, bytes, crc }: (typeof entries)[number]) => {
    u16(20);
    u16(UTF8_NAMES);
    u16(0);
    u16(0);
    u16(DAY);
    u32(crc);
    u32(bytes.length);
    u32(bytes.length);
    u16(name.length);
    u16(0);
  };
  const offsets = entries.map((entry) => {
    const offset = at;
    u32(0x04034b50);
    facts(entry);
    put(entry.name);
    put(entry.bytes);
    return offset;
  });
  const directory = at;
  entries.forEach((entry, index) => {
    u32(0x02014b50);
    u16(20);
    facts(entry);
    // Comment, disk, attributes within and without.
    u16(0);
    u16(0);
    u16(0);
    u32(0);
    u32(offsets[index]!);
    put(entry.name);
  });
  const length = at - directory;
  u32(0x06054b50);
  u16(0);
  u16(0);
  u16(entries.length);
  u16(entries.length);
  u32(length);
  u32(directory);
  u16(0);
  return out;
}
