// Owns the older revisions of all keys: per key a chain of blocks of records in ascending order, the newest block
// first. The current revision of a key is not here but in its row of the entry table, so a key written once has no
// block at all.
//
// Worked example, blocks written [older | records]. Key "foo" was put at 2, 5, 6, deleted at 8, put at 9:
//   row: main 9, version 1                 history: [none | 2 v1, 5 v2, 6 v3, 8 tombstone]
// A block of 2^k cells holds its header and 2^k - 1 records. A full block below 128 cells is replaced by one twice as
// large; a full block of 128 cells stays and a new small one is put in front of it:
//   history: [B1 | 300 v1, 301 v2] -> B1: [none | 127 records]
// Finding a revision walks blocks by their first record and searches inside one block: a key with 100,000 retained
// revisions takes some 800 steps at worst. Compaction cuts the chain behind the block it ends in.

import { assert } from '../base/assert.ts';

const PAGE_CLASS = 7;
const PAGE_CELLS = 1 << PAGE_CLASS;
const CHUNK_SHIFT = 12;
const CHUNK_CELLS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_CELLS - 1;

// Float64 columns of a record cell: main, create, version. Of a header cell: older block, start, end; records are the
// cells start..end-1 of the block. The Uint32 column of a record is its sub, of a header the size class.
const FLOATS = 3;

export class RevisionHistory {
  readonly #floats: Float64Array[] = [];
  readonly #words: Uint32Array[] = [];
  /** Free blocks by size class, linked through the header's older-block column. */
  readonly #free: Uint32Array = new Uint32Array(PAGE_CLASS + 1);
  #topCell = PAGE_CELLS;
  #recordCount = 0;

  // The record last found by `find`.
  foundMain = 0;
  foundSub = 0;
  foundCreate = 0;
  foundVersion = 0;

  /** Records held, all keys together. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Adds a record newer than all others of the chain `head` (0 for none); returns the new head. */
  push(head: number, main: number, sub: number, create: number, version: number): number {
    const block = this.#writable(head);
    const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
    const base = block & CHUNK_MASK;
    const end = floats[base * FLOATS + 2] as number;
    const at = (base + end) * FLOATS;
    floats[at] = main;
    floats[at + 1] = create;
    floats[at + 2] = version;
    (this.#words[block >>> CHUNK_SHIFT] as Uint32Array)[base + end] = sub;
    floats[base * FLOATS + 2] = end + 1;
    this.#recordCount++;
    return block;
  }

  /** Finds the newest record with main <= revision and leaves it in the found fields; false when there is none. */
  find(head: number, revision: number): boolean {
    let block = head;
    while (block !== 0) {
      const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
      const base = block & CHUNK_MASK;
      const start = floats[base * FLOATS + 1] as number;
      if ((floats[(base + start) * FLOATS] as number) <= revision) {
        this.#take(block, lastAtOrBelow(floats, base, start, revision));
        return true;
      }
      block = floats[base * FLOATS] as number;
    }
    return false;
  }

  /** Drops the records older than the newest one with main <= revision, and that one too with `inclusive`. */
  truncate(head: number, revision: number, inclusive: boolean): number {
    let block = head;
    let newer = 0;
    while (block !== 0) {
      const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
      const base = block & CHUNK_MASK;
      const start = floats[base * FLOATS + 1] as number;
      if ((floats[(base + start) * FLOATS] as number) <= revision) {
        const kept = lastAtOrBelow(floats, base, start, revision) + (inclusive ? 1 : 0);
        this.#recordCount -= kept - start;
        this.#freeChain(floats[base * FLOATS] as number);
        floats[base * FLOATS] = 0;
        floats[base * FLOATS + 1] = kept;
        if (kept < (floats[base * FLOATS + 2] as number)) return head;
        this.#freeBlock(block);
        if (newer === 0) return 0;
        (this.#floats[newer >>> CHUNK_SHIFT] as Float64Array)[(newer & CHUNK_MASK) * FLOATS] = 0;
        return head;
      }
      newer = block;
      block = floats[base * FLOATS] as number;
    }
    return head;
  }

  /** Forgets a whole chain. */
  free(head: number): void {
    this.#freeChain(head);
  }

  /** Records of one chain, for tests and checks. */
  count(head: number): number {
    let count = 0;
    let block = head;
    while (block !== 0) {
      const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
      const at = (block & CHUNK_MASK) * FLOATS;
      count += (floats[at + 2] as number) - (floats[at + 1] as number);
      block = floats[at] as number;
    }
    return count;
  }

  /**
   * Appends the records of a chain with main >= `from`, oldest first: main, sub, create and version of each. False when it
   * stopped at `limit` of them.
   */
  recordsFrom(head: number, from: number, limit: number, into: number[]): boolean {
    const blocks: number[] = [];
    for (let block = head; block !== 0; block = this.#older(block)) {
      blocks.push(block);
      if (this.#firstMain(block) < from) break;
    }
    for (let i = blocks.length - 1; i >= 0; i--) {
      const block = blocks[i] as number;
      const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
      const words = this.#words[block >>> CHUNK_SHIFT] as Uint32Array;
      const base = block & CHUNK_MASK;
      const end = floats[base * FLOATS + 2] as number;
      for (let cell = floats[base * FLOATS + 1] as number; cell < end; cell++) {
        const at = (base + cell) * FLOATS;
        const main = floats[at] as number;
        if (main < from) continue;
        if (into.length === 4 * limit) return false;
        into.push(
          main,
          words[base + cell] as number,
          floats[at + 1] as number,
          floats[at + 2] as number,
        );
      }
    }
    return true;
  }

  #firstMain(block: number): number {
    const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
    const base = block & CHUNK_MASK;
    return floats[(base + (floats[base * FLOATS + 1] as number)) * FLOATS] as number;
  }

  #take(block: number, index: number): void {
    const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
    const cell = (block & CHUNK_MASK) + index;
    this.foundMain = floats[cell * FLOATS] as number;
    this.foundCreate = floats[cell * FLOATS + 1] as number;
    this.foundVersion = floats[cell * FLOATS + 2] as number;
    this.foundSub = (this.#words[block >>> CHUNK_SHIFT] as Uint32Array)[cell] as number;
  }

  /** A block in the place of `head` with room for one more record. */
  #writable(head: number): number {
    if (head === 0) return this.#newBlock(1, 0);
    const floats = this.#floats[head >>> CHUNK_SHIFT] as Float64Array;
    const base = head & CHUNK_MASK;
    const start = floats[base * FLOATS + 1] as number;
    const end = floats[base * FLOATS + 2] as number;
    const sizeClass = (this.#words[head >>> CHUNK_SHIFT] as Uint32Array)[base] as number;
    if (end < 1 << sizeClass) return head;
    if (end - start <= 1 << (sizeClass - 1) && start > 1) {
      // Compaction emptied the front half or more: shifting is cheaper than a larger block.
      this.#copyRecords(head, head);
      return head;
    }
    if (sizeClass === PAGE_CLASS) return this.#newBlock(2, head);
    const grown = this.#newBlock(sizeClass + 1, floats[base * FLOATS] as number);
    this.#copyRecords(head, grown);
    this.#freeBlock(head);
    return grown;
  }

  /** Copies the records of `from` to the front of `to`, which may be the same block. */
  #copyRecords(from: number, to: number): void {
    const source = this.#floats[from >>> CHUNK_SHIFT] as Float64Array;
    const sourceWords = this.#words[from >>> CHUNK_SHIFT] as Uint32Array;
    const target = this.#floats[to >>> CHUNK_SHIFT] as Float64Array;
    const targetWords = this.#words[to >>> CHUNK_SHIFT] as Uint32Array;
    const sourceBase = from & CHUNK_MASK;
    const targetBase = to & CHUNK_MASK;
    const start = source[sourceBase * FLOATS + 1] as number;
    const end = source[sourceBase * FLOATS + 2] as number;
    for (let i = start; i < end; i++) {
      const a = (sourceBase + i) * FLOATS;
      const b = (targetBase + 1 + i - start) * FLOATS;
      target[b] = source[a] as number;
      target[b + 1] = source[a + 1] as number;
      target[b + 2] = source[a + 2] as number;
      targetWords[targetBase + 1 + i - start] = sourceWords[sourceBase + i] as number;
    }
    target[targetBase * FLOATS + 1] = 1;
    target[targetBase * FLOATS + 2] = 1 + end - start;
  }

  #newBlock(sizeClass: number, older: number): number {
    const block = this.#allocate(sizeClass);
    const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
    const base = block & CHUNK_MASK;
    floats[base * FLOATS] = older;
    floats[base * FLOATS + 1] = 1;
    floats[base * FLOATS + 2] = 1;
    (this.#words[block >>> CHUNK_SHIFT] as Uint32Array)[base] = sizeClass;
    return block;
  }

  /** A free block: of the size itself, or half of a larger one, or a new page. */
  #allocate(sizeClass: number): number {
    let found = sizeClass;
    while (found <= PAGE_CLASS && this.#free[found] === 0) found++;
    let block: number;
    if (found > PAGE_CLASS) {
      found = PAGE_CLASS;
      block = this.#newPage();
    } else {
      block = this.#free[found] as number;
      this.#free[found] = this.#older(block);
    }
    while (found > sizeClass) {
      found--;
      this.#linkFree(block + (1 << found), found);
    }
    return block;
  }

  #newPage(): number {
    const block = this.#topCell;
    assert(block < 0xffff_0000, `revision history is full: ${block} cells`);
    while (block >>> CHUNK_SHIFT >= this.#floats.length) {
      this.#floats.push(new Float64Array(CHUNK_CELLS * FLOATS));
      this.#words.push(new Uint32Array(CHUNK_CELLS));
    }
    this.#topCell += PAGE_CELLS;
    return block;
  }

  #older(block: number): number {
    return (this.#floats[block >>> CHUNK_SHIFT] as Float64Array)[
      (block & CHUNK_MASK) * FLOATS
    ] as number;
  }

  #freeChain(head: number): void {
    let block = head;
    while (block !== 0) {
      const floats = this.#floats[block >>> CHUNK_SHIFT] as Float64Array;
      const at = (block & CHUNK_MASK) * FLOATS;
      const older = floats[at] as number;
      this.#recordCount -= (floats[at + 2] as number) - (floats[at + 1] as number);
      this.#freeBlock(block);
      block = older;
    }
  }

  #freeBlock(block: number): void {
    const sizeClass = (this.#words[block >>> CHUNK_SHIFT] as Uint32Array)[
      block & CHUNK_MASK
    ] as number;
    this.#linkFree(block, sizeClass);
  }

  #linkFree(block: number, sizeClass: number): void {
    (this.#floats[block >>> CHUNK_SHIFT] as Float64Array)[(block & CHUNK_MASK) * FLOATS] = this
      .#free[sizeClass] as number;
    this.#free[sizeClass] = block;
  }
}

/** The last record of a block with main <= revision; its first record is known to have that. */
function lastAtOrBelow(
  floats: Float64Array,
  base: number,
  start: number,
  revision: number,
): number {
  let low = start;
  let high = (floats[base * FLOATS + 2] as number) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((floats[(base + middle) * FLOATS] as number) <= revision) low = middle;
    else high = middle - 1;
  }
  return low;
}
