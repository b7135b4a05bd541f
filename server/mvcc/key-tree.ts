// Owns the order of keys: a B+tree of entry ids with counts of live keys in every inner node, so that "how many keys
// in this range" costs one descent. The keys themselves are in the arena; the tree compares through references.
//
// Worked example with three slots per leaf (64 in truth); (x) marks a deleted key that history still needs:
//
//          [ sep "g" ; live 2, 3 ]
//          /                     \
//   [ apple, cat, (dog) ]   [ goat, hen, ox ]
//
// count of keys < "hen" = live of the left child + live slots before "hen" = 2 + 1.
// A separator is the shortest prefix of the right leaf's first key that sorts after the left leaf's last key.

import { assert } from '../base/assert.ts';
import { compareBytes } from '../base/bytes.ts';
import type { EntryTable } from './entry-table.ts';
import type { KeyArena } from './key-arena.ts';
import { TreeCheck } from './tree-check.ts';
import {
  CHILD,
  DEAD_BIT,
  FANOUT,
  ID_MASK,
  InnerPool,
  LeafPool,
  LIVE,
  SEPARATOR,
} from './tree-nodes.ts';

/** Levels a tree may have: 64^7 keys do not exist. */
const HEIGHT_MAX = 8;

/** A node with fewer slots than this looks for a neighbour to merge with. */
const MERGE_BELOW = FANOUT / 4;

/** Two neighbours are merged when they fit in this many slots, so that the next insert does not split again. */
const MERGE_FIT = (FANOUT * 3) / 4;

/** Not an arena reference. */
const NO_FINGER = -1;

export class KeyTree {
  readonly #arena: KeyArena;
  readonly #entries: EntryTable;
  readonly #leaves: LeafPool = new LeafPool();
  readonly #inners: InnerPool = new InnerPool();
  #root: number;
  /** Inner levels above the leaves. */
  #height = 0;
  #size = 0;
  #live = 0;
  #version = 0;
  // The way to the last key sought: nodes and slots from the root down; level #height is the leaf.
  readonly #pathNode: Uint32Array = new Uint32Array(HEIGHT_MAX);
  readonly #pathSlot: Int32Array = new Int32Array(HEIGHT_MAX);
  // Where the walk ends: a leaf (0 for no bound) and the slot that no longer belongs to it.
  #endLeaf = 0;
  #endSlot = 0;
  // The separator that ends the path's leaf: 0 when nothing does, NO_FINGER when the path is not one of `findNear`.
  #upper: number = NO_FINGER;

  constructor(arena: KeyArena, entries: EntryTable) {
    this.#arena = arena;
    this.#entries = entries;
    this.#root = this.#leaves.add();
  }

  /** Keys in the tree, deleted ones that history still needs included. */
  get size(): number {
    return this.#size;
  }

  /** Keys that are not deleted. */
  get liveCount(): number {
    return this.#live;
  }

  /** Changes whenever keys enter or leave the tree: a walk that paused must then seek again. */
  get version(): number {
    return this.#version;
  }

  /** The entry id of `key`, or 0. Leaves the path at the place where the key is or belongs. */
  find(key: Uint8Array): number {
    return this.#descend(key) ? this.currentId() : 0;
  }

  /**
   * The same for a key that is to be added, which often belongs beside the one added before: then that one's leaf is
   * searched without a descent.
   */
  findNear(key: Uint8Array): number {
    if (this.#isBehindLast(key)) return 0;
    if (this.#isInFinger(key)) {
      return this.#searchLeaf(this.#pathNode[this.#height] as number, key) ? this.currentId() : 0;
    }
    const isFound = this.#descend(key);
    this.#upper = this.#upperSeparator();
    return isFound ? this.currentId() : 0;
  }

  /**
   * Puts the path at the first key of [key, end), `end` undefined for no bound; false when there is none. Changing the
   * tree ends the walk.
   */
  walk(key: Uint8Array, end: Uint8Array | undefined): boolean {
    this.#endLeaf = 0;
    if (end !== undefined) {
      if (compareBytes(key, end) >= 0) return false;
      this.#descend(end);
      this.#endLeaf = this.#pathNode[this.#height] as number;
      this.#endSlot = this.#pathSlot[this.#height] as number;
    }
    this.#descend(key);
    return this.#settle();
  }

  /** Moves the path to the next key of the walk; false at its end. */
  next(): boolean {
    const leafLevel = this.#height;
    this.#pathSlot[leafLevel] = (this.#pathSlot[leafLevel] as number) + 1;
    return this.#settle();
  }

  /** The entry id at the path. */
  currentId(): number {
    return (this.#currentSlot() & ID_MASK) >>> 0;
  }

  /** True when the key at the path is not deleted. */
  currentIsLive(): boolean {
    return this.#currentSlot() < DEAD_BIT;
  }

  /** Live keys that sort before `key`. */
  rank(key: Uint8Array): number {
    this.#descend(key);
    let rank = 0;
    for (let level = 0; level < this.#height; level++) {
      const node = this.#pathNode[level] as number;
      rank += this.#inners.live(node, this.#pathSlot[level] as number);
    }
    const leaf = this.#pathNode[this.#height] as number;
    rank += this.#leaves.live(leaf, this.#pathSlot[this.#height] as number);
    return rank;
  }

  /** Adds a live key that `find` has just not found: the path is where it belongs. */
  insertAtPath(id: number): void {
    const level = this.#height;
    const leaf = this.#pathNode[level] as number;
    this.#version++;
    this.#size++;
    this.#live++;
    this.#addLiveOnPath(1);
    const count = this.#leaves.count(leaf);
    if (count < FANOUT) {
      this.#leaves.insertSlot(leaf, this.#pathSlot[level] as number, id);
      return;
    }
    this.#splitLeaf(leaf, this.#pathSlot[level] as number, id);
  }

  /** Marks the key at the path, just found, as live or deleted. */
  setLiveAtPath(live: boolean): void {
    const leaf = this.#pathNode[this.#height] as number;
    const words = this.#leaves.words(leaf);
    const at = this.#leaves.base(leaf) + 1 + (this.#pathSlot[this.#height] as number);
    const slot = words[at] as number;
    assert(slot < DEAD_BIT !== live, 'the key has the other state before');
    words[at] = live ? slot & ID_MASK : slot | DEAD_BIT;
    this.#live += live ? 1 : -1;
    this.#addLiveOnPath(live ? 1 : -1);
  }

  /** Takes the key at the path, just found and deleted, out of the tree. */
  removeAtPath(): void {
    assert(!this.currentIsLive(), 'a live key is never removed');
    const level = this.#height;
    const leaf = this.#pathNode[level] as number;
    this.#leaves.removeSlot(leaf, this.#pathSlot[level] as number);
    this.#version++;
    this.#size--;
    if (level > 0 && this.#leaves.count(leaf) < MERGE_BELOW) this.#shrinkLeaf(leaf);
  }

  /** Checks every rule of the structure; for tests. Returns the number of keys seen. */
  verify(): number {
    const seen = new TreeCheck(
      { arena: this.#arena, entries: this.#entries, leaves: this.#leaves, inners: this.#inners },
      this.#height,
    );
    seen.visit(this.#root, 0);
    assert(seen.keys === this.#size, `size ${this.#size}, found ${seen.keys}`);
    assert(seen.live === this.#live, `live ${this.#live}, found ${seen.live}`);
    return seen.keys;
  }

  /** Descends to where `key` is or belongs; true when it is there. */
  #descend(key: Uint8Array): boolean {
    this.#upper = NO_FINGER;
    let node = this.#root;
    for (let level = 0; level < this.#height; level++) {
      const slot = this.#childFor(node, key);
      this.#pathNode[level] = node;
      this.#pathSlot[level] = slot;
      node = this.#inners.words(node)[this.#inners.base(node) + CHILD + slot] as number;
    }
    this.#pathNode[this.#height] = node;
    return this.#searchLeaf(node, key);
  }

  /**
   * Moves the path one slot on when `key` belongs between that slot and the next: keys that arrive in order cost two
   * comparisons instead of a search.
   */
  #isBehindLast(key: Uint8Array): boolean {
    if (this.#upper === NO_FINGER) return false;
    const leaf = this.#pathNode[this.#height] as number;
    const words = this.#leaves.words(leaf);
    const slots = this.#leaves.base(leaf) + 1;
    const slot = this.#pathSlot[this.#height] as number;
    const count = words[slots - 1] as number;
    if (slot >= count) return false;
    if (this.#arena.compareFrom(this.#keyRef(words[slots + slot] as number), key, 0) >= 0)
      return false;
    if (slot + 1 < count) {
      if (this.#arena.compareFrom(this.#keyRef(words[slots + slot + 1] as number), key, 0) <= 0) {
        return false;
      }
    } else if (this.#upper !== 0 && this.#arena.compareFrom(this.#upper, key, 0) <= 0) {
      return false;
    }
    this.#pathSlot[this.#height] = slot + 1;
    return true;
  }

  /** True when the path is of `findNear` and `key` belongs into its leaf, not before that one's first key. */
  #isInFinger(key: Uint8Array): boolean {
    if (this.#upper === NO_FINGER) return false;
    const leaf = this.#pathNode[this.#height] as number;
    const words = this.#leaves.words(leaf);
    const base = this.#leaves.base(leaf);
    if (words[base] === 0) return false;
    const first = ((words[base + 1] as number) & ID_MASK) >>> 0;
    if (this.#arena.compareFrom(this.#entries.keyRef(first), key, 0) > 0) return false;
    return this.#upper === 0 || this.#arena.compareFrom(this.#upper, key, 0) > 0;
  }

  /** The separator behind the path's leaf; 0 when it is the last. */
  #upperSeparator(): number {
    for (let level = this.#height - 1; level >= 0; level--) {
      const node = this.#pathNode[level] as number;
      const slot = (this.#pathSlot[level] as number) + 1;
      if (slot < this.#inners.count(node)) {
        return this.#inners.words(node)[this.#inners.base(node) + SEPARATOR + slot] as number;
      }
    }
    return 0;
  }

  /** The last child whose separator is <= key. Bounds' common prefixes are not compared again (Manber and Myers). */
  #childFor(node: number, key: Uint8Array): number {
    const words = this.#inners.words(node);
    const separators = this.#inners.base(node) + SEPARATOR;
    let low = 0;
    let high = (words[this.#inners.base(node)] as number) - 1;
    let lowPrefix = 0;
    let highPrefix = 0;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const from = Math.min(lowPrefix, highPrefix);
      const order = this.#arena.compareFrom(words[separators + middle] as number, key, from);
      if (order === 0) return middle;
      if (order < 0) {
        low = middle;
        lowPrefix = -order - 1;
      } else {
        high = middle - 1;
        highPrefix = order - 1;
      }
    }
    return low;
  }

  /** Puts the leaf's path slot at the first key >= key; true when it is equal. */
  #searchLeaf(leaf: number, key: Uint8Array): boolean {
    const words = this.#leaves.words(leaf);
    const slots = this.#leaves.base(leaf) + 1;
    let low = 0;
    let high = words[slots - 1] as number;
    let lowPrefix = 0;
    let highPrefix = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const from = Math.min(lowPrefix, highPrefix);
      const id = ((words[slots + middle] as number) & ID_MASK) >>> 0;
      const order = this.#arena.compareFrom(this.#entries.keyRef(id), key, from);
      if (order === 0) {
        this.#pathSlot[this.#height] = middle;
        return true;
      }
      if (order < 0) {
        low = middle + 1;
        lowPrefix = -order - 1;
      } else {
        high = middle;
        highPrefix = order - 1;
      }
    }
    this.#pathSlot[this.#height] = low;
    return false;
  }

  /**
   * When the path is behind its leaf's last slot, moves it to the next leaf's first. False at the end of the walk,
   * which may be behind a leaf's last slot and is therefore looked for before and after that move.
   */
  #settle(): boolean {
    const leafLevel = this.#height;
    const leaf = this.#pathNode[leafLevel] as number;
    const slot = this.#pathSlot[leafLevel] as number;
    if (leaf === this.#endLeaf && slot >= this.#endSlot) return false;
    if (slot < this.#leaves.count(leaf)) return true;
    return this.#nextLeaf() && (this.#pathNode[leafLevel] !== this.#endLeaf || this.#endSlot > 0);
  }

  #nextLeaf(): boolean {
    const leafLevel = this.#height;
    let level = leafLevel - 1;
    while (level >= 0) {
      const node = this.#pathNode[level] as number;
      const slot = (this.#pathSlot[level] as number) + 1;
      if (slot < this.#inners.count(node)) {
        this.#pathSlot[level] = slot;
        this.#descendLeftmost(level);
        return true;
      }
      level--;
    }
    return false;
  }

  #descendLeftmost(from: number): void {
    for (let level = from; level < this.#height; level++) {
      const node = this.#pathNode[level] as number;
      const slot = this.#pathSlot[level] as number;
      this.#pathNode[level + 1] = this.#inners.words(node)[
        this.#inners.base(node) + CHILD + slot
      ] as number;
      this.#pathSlot[level + 1] = 0;
    }
  }

  #keyRef(slot: number): number {
    return this.#entries.keyRef((slot & ID_MASK) >>> 0);
  }

  #currentSlot(): number {
    const leaf = this.#pathNode[this.#height] as number;
    return this.#leaves.words(leaf)[
      this.#leaves.base(leaf) + 1 + (this.#pathSlot[this.#height] as number)
    ] as number;
  }

  #addLiveOnPath(change: number): void {
    for (let level = 0; level < this.#height; level++) {
      const node = this.#pathNode[level] as number;
      const words = this.#inners.words(node);
      const at = this.#inners.base(node) + LIVE + (this.#pathSlot[level] as number);
      words[at] = (words[at] as number) + change;
    }
  }

  #splitLeaf(leaf: number, slot: number, id: number): void {
    this.#upper = NO_FINGER;
    // Keys that arrive in order fill leaves completely: the full one stays as it is.
    const cut = slot === FANOUT && this.#isRightmost() ? FANOUT : FANOUT / 2;
    const right = this.#leaves.add();
    this.#leaves.moveSlots(leaf, cut, right, 0);
    if (slot < cut || (slot === cut && cut < FANOUT)) this.#leaves.insertSlot(leaf, slot, id);
    else this.#leaves.insertSlot(right, slot - cut, id);
    const separator = this.#separatorBetween(leaf, right);
    this.#insertChild(
      this.#height - 1,
      right,
      separator,
      this.#leaves.live(right, this.#leaves.count(right)),
    );
  }

  #isRightmost(): boolean {
    for (let level = 0; level < this.#height; level++) {
      const node = this.#pathNode[level] as number;
      if ((this.#pathSlot[level] as number) !== this.#inners.count(node) - 1) return false;
    }
    return true;
  }

  /** A new arena key: the shortest prefix of right's first key that sorts after left's last key. */
  #separatorBetween(left: number, right: number): number {
    const lastAt = this.#leaves.base(left) + this.#leaves.count(left);
    const last = (this.#leaves.words(left)[lastAt] as number) & ID_MASK;
    const first = (this.#leaves.words(right)[this.#leaves.base(right) + 1] as number) & ID_MASK;
    const key = this.#arena.view(this.#entries.keyRef(first));
    const order = this.#arena.compareFrom(this.#entries.keyRef(last), key, 0);
    assert(order < 0, 'keys of neighbouring leaves are in order');
    // The common prefix has -order - 1 bytes; one more tells the keys apart.
    return this.#arena.add(key, 0, -order);
  }

  /** Adds `child` after the path's slot at `level`; `live` keys move to it from the child before. */
  #insertChild(level: number, child: number, separator: number, live: number): void {
    if (level < 0) {
      this.#growRoot(child, separator, live);
      return;
    }
    const node = this.#pathNode[level] as number;
    const slot = this.#pathSlot[level] as number;
    const words = this.#inners.words(node);
    const base = this.#inners.base(node);
    words[base + LIVE + slot] = (words[base + LIVE + slot] as number) - live;
    if ((words[base] as number) < FANOUT) {
      this.#inners.insertChild(node, slot + 1, child, separator, live);
      return;
    }
    const cut = slot + 1 === FANOUT && this.#isRightmostAbove(level) ? FANOUT : FANOUT / 2;
    this.#splitInner(level, cut, child, separator, live);
  }

  #isRightmostAbove(below: number): boolean {
    for (let level = 0; level < below; level++) {
      const node = this.#pathNode[level] as number;
      if ((this.#pathSlot[level] as number) !== this.#inners.count(node) - 1) return false;
    }
    return true;
  }

  #splitInner(level: number, cut: number, child: number, separator: number, live: number): void {
    const node = this.#pathNode[level] as number;
    const slot = (this.#pathSlot[level] as number) + 1;
    const right = this.#inners.add();
    let middle: number;
    if (cut === FANOUT) {
      this.#inners.insertChild(right, 0, child, 0, live);
      middle = separator;
    } else {
      middle = this.#inners.moveChildren(node, cut, right);
      if (slot <= cut) this.#inners.insertChild(node, slot, child, separator, live);
      else this.#inners.insertChild(right, slot - cut, child, separator, live);
    }
    this.#insertChild(
      level - 1,
      right,
      middle,
      this.#inners.live(right, this.#inners.count(right)),
    );
  }

  #growRoot(child: number, separator: number, live: number): void {
    assert(this.#height + 1 < HEIGHT_MAX, `tree of height ${this.#height} cannot grow`);
    const root = this.#inners.add();
    this.#inners.insertChild(root, 0, this.#root, 0, this.#live - live);
    this.#inners.insertChild(root, 1, child, separator, live);
    this.#root = root;
    this.#height++;
  }

  /** A leaf with few slots: joins a neighbour under the same parent, or goes when it is empty. */
  #shrinkLeaf(leaf: number): void {
    const level = this.#height - 1;
    const parent = this.#pathNode[level] as number;
    const slot = this.#pathSlot[level] as number;
    if (this.#leaves.count(leaf) === 0) {
      this.#leaves.free(leaf);
      this.#removeChild(level, slot, false);
      return;
    }
    const siblings = this.#inners.count(parent);
    if (slot + 1 < siblings && this.#mergeLeaves(parent, slot))
      this.#removeChild(level, slot + 1, false);
    else if (slot > 0 && this.#mergeLeaves(parent, slot - 1)) this.#removeChild(level, slot, false);
  }

  /** Moves the slots of child `left + 1` into child `left` when they fit; the emptied leaf is freed. */
  #mergeLeaves(parent: number, left: number): boolean {
    const parentWords = this.#inners.words(parent);
    const parentBase = this.#inners.base(parent);
    const a = parentWords[parentBase + CHILD + left] as number;
    const b = parentWords[parentBase + CHILD + left + 1] as number;
    const kept = this.#leaves.count(a);
    if (kept + this.#leaves.count(b) > MERGE_FIT) return false;
    this.#leaves.moveSlots(b, 0, a, kept);
    this.#leaves.free(b);
    this.#inners.moveLive(parent, left + 1, left);
    return true;
  }

  /**
   * Takes a child that is freed already out of the path's node at `level`, then shrinks that node. The child that
   * becomes the first one needs no separator any more: its node's place in the parent covers it.
   */
  #removeChild(level: number, slot: number, separatorMoved: boolean): void {
    const node = this.#pathNode[level] as number;
    const separator = this.#inners.removeChild(node, slot);
    if (separator !== 0 && !separatorMoved) this.#arena.free(separator);
    if (level === 0) this.#shrinkRoot();
    else if (this.#inners.count(node) < MERGE_BELOW) this.#shrinkInner(level);
  }

  #shrinkRoot(): void {
    while (this.#height > 0) {
      const root = this.#root;
      const count = this.#inners.count(root);
      if (count > 1) return;
      this.#inners.free(root);
      this.#height--;
      if (count === 1) {
        const words = this.#inners.words(root);
        this.#root = words[this.#inners.base(root) + CHILD] as number;
      } else {
        assert(this.#size === 0, `tree without nodes has ${this.#size} keys`);
        this.#root = this.#leaves.add();
        this.#height = 0;
      }
    }
  }

  /** An inner node with few children: joins a neighbour, or goes when it is empty. */
  #shrinkInner(level: number): void {
    const node = this.#pathNode[level] as number;
    const parent = this.#pathNode[level - 1] as number;
    const slot = this.#pathSlot[level - 1] as number;
    if (this.#inners.count(node) === 0) {
      this.#inners.free(node);
      this.#removeChild(level - 1, slot, false);
      return;
    }
    const siblings = this.#inners.count(parent);
    if (slot + 1 < siblings && this.#mergeInners(parent, slot)) {
      this.#removeChild(level - 1, slot + 1, true);
    } else if (slot > 0 && this.#mergeInners(parent, slot - 1)) {
      this.#removeChild(level - 1, slot, true);
    }
  }

  /** Moves the children of child `left + 1` into child `left` when they fit; the separator comes down with them. */
  #mergeInners(parent: number, left: number): boolean {
    const parentWords = this.#inners.words(parent);
    const parentBase = this.#inners.base(parent);
    const a = parentWords[parentBase + CHILD + left] as number;
    const b = parentWords[parentBase + CHILD + left + 1] as number;
    const count = this.#inners.count(b);
    if (this.#inners.count(a) + count > MERGE_FIT) return false;
    const from = this.#inners.words(b);
    const base = this.#inners.base(b);
    const down = parentWords[parentBase + SEPARATOR + left + 1] as number;
    for (let i = 0; i < count; i++) {
      const separator = i === 0 ? down : (from[base + SEPARATOR + i] as number);
      const child = from[base + CHILD + i] as number;
      const live = from[base + LIVE + i] as number;
      this.#inners.insertChild(a, this.#inners.count(a), child, separator, live);
    }
    this.#inners.free(b);
    this.#inners.moveLive(parent, left + 1, left);
    return true;
  }
}
