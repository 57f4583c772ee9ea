/** A zip file that other programs open: checksums, directory and contents stand where they should. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, zipOf } from '../../../src/text/formats/zip';

it('the checksum is that of the standard, and of zlib', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
});

it('the directory at its end leads to every file', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const files = { 'a.txt': bytes('one'), 'models/β.bin': new Uint8Array(), 'b/c': bytes('three') };
  const zip = zipOf(files);
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  expect(view.getUint16(end + 10, true)).toBe(3);
  let at = view.getUint32(end + 16, true);
  expect(at + view.getUint32(end + 12, true)).toBe(end);
  const found: Record<string, string> = {};
  while (at < end) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [size, nameLength] = [view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
    const local = view.getUint32(at + 42, true);
    const from = local + 30 + view.getUint16(local + 26, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    expect(view.getUint32(local + 14, true)).toBe(view.getUint32(at + 16, true));
    found[name] = new TextDecoder().decode(zip.subarray(from, from + size));
    at += 46 + nameLength;
  }
  expect(found).toEqual({ 'a.txt': 'one', 'models/β.bin': '', 'b/c': 'three' });
});
