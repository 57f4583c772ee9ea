/** Mutations of files, drawn by fast-check: of bytes, of text, and of JSON by its structure. */
import fc from 'fast-check';

/** Values that parsers tend not to expect. */
const STRANGE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, '', [], {}, -1, 0, 1, 1.5, 2 ** 26 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -0],
    ...[
      '__proto__',
      'constructor',
      '<img src=x onerror=alert(1)>',
      '\u0000\n\r',
      '\uD800',
      '../../x',
    ],
    ...['𝔘'.repeat(50), 'a'.repeat(10_000), Array.from({ length: 300 }, (_, i) => i)],
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double(),
  fc.nat(400).map(nested),
);

/** Lists in lists, which recursion does not survive. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

interface JsonEdit {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'rename' | 'repeat' | 'scale';
  readonly value: unknown;
}

const jsonEdits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom<JsonEdit['kind']>(
      'replace',
      'replace',
      'remove',
      'rename',
      'repeat',
      'scale',
    ),
    value: STRANGE,
  }),
  { minLength: 1, maxLength: 4 },
);

/** A value like `base` with a few places changed. Typed arrays are leaves. */
export const jsonLike = (base: unknown): fc.Arbitrary<unknown> =>
  jsonEdits.map((edits) => edits.reduce(edit, structuredClone(base)));

function edit(root: unknown, { at, kind, value }: JsonEdit): unknown {
  const slots: { holder: Record<string, unknown>; key: string }[] = [];
  const walk = (holder: unknown) => {
    if (typeof holder !== 'object' || holder === null || ArrayBuffer.isView(holder)) return;
    for (const key of Object.keys(holder)) {
      slots.push({ holder: holder as Record<string, unknown>, key });
      if (slots.length < 20_000) walk((holder as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  if (slots.length === 0) return value;
  // Long lists would get all the edits: the first places are as likely as all others together.
  const { holder, key } =
    slots[at % 2 === 0 ? at % slots.length : at % Math.min(40, slots.length)]!;
  const old = holder[key];
  if (kind === 'remove') delete holder[key];
  else if (kind === 'rename' && !Array.isArray(holder)) {
    delete holder[key];
    Object.defineProperty(holder, String(value).slice(0, 50), {
      value: old,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (kind === 'scale') holder[key] = typeof old === 'number' ? old * 1e6 + 0.5 : value;
  else if (kind === 'repeat' && Array.isArray(old)) holder[key] = [...old, ...old, ...old];
  else holder[key] = value;
  return root;
}

/** Files that are little but brackets, which no recursion survives. */
export const deepJson: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.nat(60_000), fc.constantFrom('[', '{"a":', '{"text":[', '[['), fc.boolean())
  .map(([depth, open, closed]) => {
    const close = open.replace(/[^[{]/g, '').replaceAll('[', ']').replaceAll('{', '}');
    const text = `${open.repeat(depth)}1${closed ? close.repeat(depth) : ''}`;
    return new TextEncoder().encode(text);
  });

const byteEdits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'remove', 'repeat', 'length'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Bytes like `base` with a few changed, cut, repeated, or its first eight made another number. */
export const bytesLike = (base: Uint8Array): fc.Arbitrary<Uint8Array> =>
  byteEdits.map((edits) =>
    edits.reduce((file, { at, kind, bytes }) => {
      // Heads of files are where the structure is.
      const offset = (at % 3 === 0 ? at : at % 600) % (file.length + 1);
      const splice = (gone: number, put: Uint8Array) =>
        Uint8Array.of(...file.subarray(0, offset), ...put, ...file.subarray(offset + gone));
      if (kind === 'cut') return file.slice(0, offset);
      if (kind === 'insert') return splice(0, bytes);
      if (kind === 'remove') return splice(bytes.length, new Uint8Array());
      if (kind === 'repeat') return splice(0, file.subarray(offset, offset + 40));
      const changed = file.slice();
      if (kind === 'length') changed.set(bytes.subarray(0, Math.min(8, changed.length)));
      else if (kind === 'flip' && offset < changed.length) changed[offset]! ^= 1 << (at % 8);
      else changed.set(bytes.subarray(0, Math.max(0, changed.length - offset)), offset);
      return changed;
    }, base),
  );

/** Bytes of texts in encodings and misencodings. */
export const encodedText: fc.Arbitrary<Uint8Array> = fc
  .record({
    text: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('Ein Bär.<|endoftext|>Zwei', 'a'.repeat(100_000), ' \r\n\u2028\u0000'),
    ),
    form: fc.constantFrom('utf-8', 'bom', 'utf-16le', 'utf-16be', 'bare-16', 'latin-1'),
    tail: fc.uint8Array({ maxLength: 3 }),
  })
  .map(({ text, form, tail }) => {
    if (form === 'utf-8')
      return Uint8Array.of(...new TextEncoder().encode(text).slice(0, 9999), ...tail);
    if (form === 'bom')
      return Uint8Array.of(0xef, 0xbb, 0xbf, ...new TextEncoder().encode(text.slice(0, 999)));
    if (form === 'latin-1') return Uint8Array.from(text, (char) => char.charCodeAt(0));
    const units = new Uint8Array(2 * text.length);
    const view = new DataView(units.buffer);
    for (let i = 0; i < text.length; i++)
      view.setUint16(2 * i, text.charCodeAt(i), form !== 'utf-16be');
    const mark = form === 'utf-16le' ? [0xff, 0xfe] : form === 'utf-16be' ? [0xfe, 0xff] : [];
    return Uint8Array.of(...mark, ...units.subarray(0, 9999), ...tail);
  });
