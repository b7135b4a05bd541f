// Owns the memory of the B+tree's nodes: fixed-size rows in chunked typed arrays, so that growing copies nothing and
// no node is a JavaScript object. The tree's rules are in key-tree.ts.
//
// Leaf row:  [count | slot 0 .. slot 63]; a slot is an entry id, its top bit set when the key is deleted.
// Inner row: [count | child 0..63 | separator 0..63 | live 0..63]; separator i is an arena reference to a key that
// is <= every key below child i and > every key below child i-1 (separator 0 is unused); live i counts the keys
// below child i that are not deleted.

/** Slots of a leaf and children of an inner node. */
export const FANOUT = 64;

/** Set in a leaf slot whose key is deleted at the current revision. */
export const DEAD_BIT = 0x8000_0000;
export const ID_MASK = 0x7fff_ffff;

const CHUNK_SHIFT = 8;
const CHUNK_ROWS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ROWS - 1;

const LEAF_WORDS = 1 + FANOUT;
const INNER_WORDS = 1 + 3 * FANOUT;

// Offsets in an inner row.
export const CHILD = 1;
export const SEPARATOR: number = 1 + FANOUT;
export const LIVE: number = 1 + 2 * FANOUT;

/** Rows of one kind of node. */
class NodePool {
  readonly #rowWords: number;
  readonly #chunks: Uint32Array[] = [];
  #next = 1;
  /** Freed rows, linked through their first word. */
  #free = 0;

  constructor(rowWords: number) {
    this.#rowWords = rowWords;
  }

  /** An empty node; its number is never 0. */
  add(): number {
    let node = this.#free;
    if (node !== 0) {
      this.#free = this.count(node);
    } else {
      node = this.#next++;
      if (node >>> CHUNK_SHIFT === this.#chunks.length) {
        this.#chunks.push(new Uint32Array(CHUNK_ROWS * this.#rowWords));
      }
    }
    this.words(node)[this.base(node)] = 0;
    return node;
  }

  free(node: number): void {
    this.words(node)[this.base(node)] = this.#free;
    this.#free = node;
  }

  /** The chunk that holds the node's row. */
  words(node: number): Uint32Array {
    return this.#chunks[node >>> CHUNK_SHIFT] as Uint32Array;
  }

  /** Where the node's row begins in its chunk. */
  base(node: number): number {
    return (node & CHUNK_MASK) * this.#rowWords;
  }

  count(node: number): number {
    return this.words(node)[this.base(node)] as number;
  }
}

/** The leaves of a tree. */
export class LeafPool extends NodePool {
  constructor() {
    super(LEAF_WORDS);
  }

  insertSlot(leaf: number, slot: number, id: number): void {
    const words = this.words(leaf);
    const base = this.base(leaf);
    const count = words[base] as number;
    words.copyWithin(base + 2 + slot, base + 1 + slot, base + 1 + count);
    words[base + 1 + slot] = id;
    words[base] = count + 1;
  }

  removeSlot(leaf: number, slot: number): void {
    const words = this.words(leaf);
    const base = this.base(leaf);
    const count = words[base] as number;
    words.copyWithin(base + 1 + slot, base + 2 + slot, base + 1 + count);
    words[base] = count - 1;
  }

  /** Moves the slots of `from` beginning with `cut` to the end of `to`, which holds `kept`. */
  moveSlots(from: number, cut: number, to: number, kept: number): void {
    const source = this.words(from);
    const target = this.words(to);
    const sourceBase = this.base(from);
    const targetBase = this.base(to);
    const moved = (source[sourceBase] as number) - cut;
    for (let i = 1; i <= moved; i++) {
      target[targetBase + kept + i] = source[sourceBase + cut + i] as number;
    }
    target[targetBase] = kept + moved;
    source[sourceBase] = cut;
  }

  /** Live keys among the first `slots`. */
  live(leaf: number, slots: number): number {
    const words = this.words(leaf);
    const first = this.base(leaf) + 1;
    let live = 0;
    for (let i = first; i < first + slots; i++) if ((words[i] as number) < DEAD_BIT) live++;
    return live;
  }
}

/** The inner nodes of a tree. */
export class InnerPool extends NodePool {
  constructor() {
    super(INNER_WORDS);
  }

  insertChild(node: number, slot: number, child: number, separator: number, live: number): void {
    const words = this.words(node);
    const base = this.base(node);
    const count = words[base] as number;
    for (let column = CHILD; column <= LIVE; column += FANOUT) {
      const at = base + column + slot;
      words.copyWithin(at + 1, at, base + column + count);
    }
    words[base + CHILD + slot] = child;
    words[base + SEPARATOR + slot] = separator;
    words[base + LIVE + slot] = live;
    words[base] = count + 1;
  }

  /** Takes a child out and returns the separator that is needed no more, 0 when there is none. */
  removeChild(node: number, slot: number): number {
    const words = this.words(node);
    const base = this.base(node);
    const count = words[base] as number;
    const separator = count > 1 ? (words[base + SEPARATOR + (slot > 0 ? slot : 1)] as number) : 0;
    for (let column = CHILD; column <= LIVE; column += FANOUT) {
      const at = base + column + slot;
      words.copyWithin(at, at + 1, base + column + count);
    }
    words[base + SEPARATOR] = 0;
    words[base] = count - 1;
    return separator;
  }

  /** Moves the children from `cut` on to the empty node `right`; returns the separator between the two. */
  moveChildren(node: number, cut: number, right: number): number {
    const from = this.words(node);
    const to = this.words(right);
    const fromBase = this.base(node);
    const toBase = this.base(right);
    const count = from[fromBase] as number;
    for (let i = cut; i < count; i++) {
      to[toBase + CHILD + i - cut] = from[fromBase + CHILD + i] as number;
      to[toBase + SEPARATOR + i - cut] = from[fromBase + SEPARATOR + i] as number;
      to[toBase + LIVE + i - cut] = from[fromBase + LIVE + i] as number;
    }
    to[toBase] = count - cut;
    from[fromBase] = cut;
    const middle = to[toBase + SEPARATOR] as number;
    to[toBase + SEPARATOR] = 0;
    return middle;
  }

  moveLive(node: number, from: number, to: number): void {
    const words = this.words(node);
    const live = this.base(node) + LIVE;
    words[live + to] = (words[live + to] as number) + (words[live + from] as number);
    words[live + from] = 0;
  }

  /** Live keys below the first `children`. */
  live(node: number, children: number): number {
    const words = this.words(node);
    const first = this.base(node) + LIVE;
    let live = 0;
    for (let i = first; i < first + children; i++) live += words[i] as number;
    return live;
  }
}
