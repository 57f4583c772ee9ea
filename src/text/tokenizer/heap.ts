/**
 * A binary heap over plain arrays, for the trainer (most frequent pair first) and the encoder
 * (lowest merge rank first). `before` must be a strict total order for results to be deterministic.
 */

export class Heap<Item> {
  private readonly items: Item[] = [];

  /** `before(a, b)` says whether `a` is to be popped ahead of `b`. */
  constructor(private readonly before: (a: Item, b: Item) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  push(item: Item): void {
    const { items, before } = this;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!before(item, items[parent])) break;
      items[hole] = items[parent];
      hole = parent;
    }
    items[hole] = item;
  }

  /** Removes and returns the first item, or undefined when the heap is empty. */
  pop(): Item | undefined {
    const { items, before } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1], items[child])) child++;
      if (!before(items[child], last)) break;
      items[hole] = items[child];
      hole = child;
    }
    items[hole] = last;
    return first;
  }
}
