/**
 * How much space experiments take. Each write keeps the sizes of the parts that it puts in a part
 * of its own, in the same transaction, so that a list of experiments need not read their models.
 */
import type { Store } from './store';

const SIZES = 'sizes';
type Sizes = Record<string, number>;

/** About the bytes of a stored value: exact for arrays and blobs, 8 a number, 1 a character. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number') return 8;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Blob) return value.size;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + sizeOf(item), 0);
}

/** The same store, which keeps account of what it holds. One writer an experiment at a time. */
export function sized(store: Store): Store {
  return {
    ...store,
    write: async (id, change) => {
      const sizes: Sizes = { ...(await store.get<Sizes>(id, SIZES)) };
      for (const part of change.remove ?? []) delete sizes[part];
      for (const [part, value] of Object.entries(change.put ?? {})) sizes[part] = sizeOf(value);
      await store.write(id, { ...change, put: { ...change.put, [SIZES]: sizes } });
    },
  };
}

/** Reads sizes; a part that was stored before they were kept is measured once. */
export class SizeReader {
  private readonly measured = new Map<string, number>();

  constructor(private readonly store: Store) {}

  /** About the bytes that an experiment takes. */
  async bytesOf(id: string): Promise<number> {
    const sizes = (await this.store.get<Sizes>(id, SIZES)) ?? {};
    let sum = 0;
    for (const part of await this.store.parts(id)) {
      if (part !== SIZES) sum += sizes[part] ?? (await this.measure(id, part));
    }
    return sum;
  }

  private async measure(id: string, part: string): Promise<number> {
    const key = `${id}/${part}`;
    const known = this.measured.get(key) ?? sizeOf(await this.store.get(id, part));
    this.measured.set(key, known);
    return known;
  }
}
