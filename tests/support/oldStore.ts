/** An experiment as an earlier form of the store left it, paused in the reward stage. */
import { readFileSync } from 'node:fs';
import { memoryStore, type Store } from '../../src/store/store';

/** The stored parts of form 1; typed arrays are written as `{"$f32": […]}`. */
export function oldParts(): Record<string, unknown> {
  const file = new URL('../golden/store/form-1.json', import.meta.url);
  const revive = (_key: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$f32' in value
      ? Float32Array.from(value.$f32 as number[])
      : value;
  return JSON.parse(readFileSync(file, 'utf8'), revive) as Record<string, unknown>;
}

/** A record alone, as another earlier form left it. */
export function oldRecord(name: string): Record<string, unknown> {
  const file = new URL(`../golden/store/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

export async function oldStore(change: Record<string, unknown> = {}): Promise<{
  store: Store;
  id: string;
  parts: Record<string, unknown>;
}> {
  const parts = oldParts();
  const { id } = parts['record'] as { id: string };
  const store = memoryStore();
  await store.write(id, { put: { ...parts, ...change } });
  return { store, id, parts };
}
