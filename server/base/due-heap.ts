// Owns a binary heap of things that fall due: the soonest is on top, and any of them can be moved or removed,
// because each knows its place.

/** Something that can stand in one heap at a time. Only the heap writes the two fields while it does. */
export interface DueItem {
  dueMs: number;
  /** Place in the heap; -1 outside of it. */
  heapIndex: number;
}

export class DueHeap<T extends DueItem> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item that is due soonest. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts the item in, or moves it, to be due at `dueMs`. */
  schedule(item: T, dueMs: number): void {
    if (item.heapIndex < 0) {
      item.dueMs = dueMs;
      item.heapIndex = this.#items.length;
      this.#items.push(item);
      this.#up(item.heapIndex);
      return;
    }
    const sooner = dueMs < item.dueMs;
    item.dueMs = dueMs;
    if (sooner) this.#up(item.heapIndex);
    else this.#down(item.heapIndex);
  }

  /** Takes the item out; nothing happens when it is not in. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop() as T;
    if (last === item) return;
    this.#items[index] = last;
    last.heapIndex = index;
    this.#up(index);
    this.#down(last.heapIndex);
  }

  /** Takes out everything. */
  clear(): void {
    for (const item of this.#items) item.heapIndex = -1;
    this.#items.length = 0;
  }

  #up(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex] as T;
      if (parent.dueMs <= item.dueMs) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }

  #down(from: number): void {
    const items = this.#items;
    const count = items.length;
    const item = items[from] as T;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= count) break;
      const right = childIndex + 1;
      if (right < count && (items[right] as T).dueMs < (items[childIndex] as T).dueMs) {
        childIndex = right;
      }
      const child = items[childIndex] as T;
      if (item.dueMs <= child.dueMs) break;
      items[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
