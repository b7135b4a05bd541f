// Owns finding the watchers of a key: a table for single keys and a balanced tree of intervals for ranges. Watchers
// with the same range share one place, so ten thousand watchers on one prefix are found in one step.
//
// The tree is a treap ordered by (key, end) that knows the furthest end below each place: a subtree whose furthest end
// is not behind the key holds no match. Example, looking for "f":
//            [c, m) furthest z
//           /                 \
//   [a, e) furthest e     [g, z) furthest z     left: e <= f, skipped; [c, m) matches; right: begins behind f
// etcd: server/storage/mvcc/watcher_group.go, pkg/adt.

import { assert } from '../base/assert.ts';
import { compareBytes, equalBytes } from '../base/bytes.ts';
import type { Watcher, WatcherPlace } from './watcher.ts';

/** The watchers of one single key or one range. */
export class RangePlace implements WatcherPlace {
  readonly key: Uint8Array;
  /** Empty for a single key, undefined for no upper bound. */
  readonly end: Uint8Array | undefined;
  readonly watchers: Watcher[] = [];
  /** The work unit that `items` and `batch` belong to. */
  round = 0;
  /** Events of this round, as positions in its EventBatch. */
  items: number[] = [];
  /** Watchers of this round, when not all take part. */
  batch: Watcher[] = [];
  // Links: the next single-key place with the same hash, or the treap's.
  next: RangePlace | undefined = undefined;
  left: RangePlace | undefined = undefined;
  right: RangePlace | undefined = undefined;
  readonly priority: number;
  furthestEnd: Uint8Array | undefined;

  constructor(key: Uint8Array, end: Uint8Array | undefined, priority: number) {
    this.key = key;
    this.end = end;
    this.priority = priority;
    this.furthestEnd = end;
  }

  /** Makes the place empty for a new round; true when it was not part of it yet. */
  join(round: number): boolean {
    if (this.round === round) return false;
    this.round = round;
    this.items = [];
    this.batch = [];
    return true;
  }
}

export class WatcherGroup {
  readonly #singles: Map<number, RangePlace> = new Map();
  #root: RangePlace | undefined = undefined;
  #size = 0;
  #placesMade = 0;

  /** Watchers in the group. */
  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): void {
    assert(watcher.place === undefined, 'a watcher is in one group');
    const place = this.#placeOf(watcher);
    watcher.place = place;
    watcher.position = place.watchers.length;
    place.watchers.push(watcher);
    this.#size++;
  }

  remove(watcher: Watcher): void {
    const place = watcher.place;
    assert(place instanceof RangePlace, 'the watcher is in a group');
    const last = place.watchers.pop();
    if (last !== undefined && last !== watcher) {
      place.watchers[watcher.position] = last;
      last.position = watcher.position;
    }
    watcher.place = undefined;
    this.#size--;
    if (place.watchers.length === 0) this.#removePlace(place);
  }

  /** Appends the places that watch `key`. */
  match(key: Uint8Array, into: RangePlace[]): void {
    if (this.#singles.size > 0) {
      const single = this.#findSingle(hashBytes(key), key);
      if (single !== undefined) into.push(single);
    }
    if (this.#root !== undefined) collect(this.#root, key, into);
  }

  /** Calls `visit` with every watcher; it may remove the watcher it is given. */
  forEach(visit: (watcher: Watcher) => void): void {
    const places: RangePlace[] = [];
    for (const first of this.#singles.values()) {
      for (let place: RangePlace | undefined = first; place !== undefined; place = place.next) {
        places.push(place);
      }
    }
    collectAll(this.#root, places);
    for (const place of places) {
      for (let i = place.watchers.length - 1; i >= 0; i--) {
        const watcher = place.watchers[i];
        if (watcher !== undefined) visit(watcher);
      }
    }
  }

  #placeOf(watcher: Watcher): RangePlace {
    const { key, end } = watcher;
    if (end !== undefined && end.length === 0) {
      const hash = hashBytes(key);
      const known = this.#findSingle(hash, key);
      if (known !== undefined) return known;
      const place = new RangePlace(key, end, 0);
      place.next = this.#singles.get(hash);
      this.#singles.set(hash, place);
      return place;
    }
    const known = findRange(this.#root, key, end);
    if (known !== undefined) return known;
    const place = new RangePlace(key, end, scramble(++this.#placesMade));
    this.#root = insertPlace(this.#root, place);
    return place;
  }

  #findSingle(hash: number, key: Uint8Array): RangePlace | undefined {
    let place = this.#singles.get(hash);
    while (place !== undefined && !equalBytes(place.key, key)) place = place.next;
    return place;
  }

  #removePlace(place: RangePlace): void {
    if (place.end === undefined || place.end.length > 0) {
      this.#root = removePlace(this.#root, place);
      return;
    }
    const hash = hashBytes(place.key);
    const first = this.#singles.get(hash);
    if (first === place) {
      if (place.next === undefined) this.#singles.delete(hash);
      else this.#singles.set(hash, place.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== place) before = before.next;
    assert(before !== undefined, 'a single-key place is in its chain');
    before.next = place.next;
  }
}

function collect(place: RangePlace, key: Uint8Array, into: RangePlace[]): void {
  if (place.furthestEnd !== undefined && compareBytes(place.furthestEnd, key) <= 0) return;
  if (place.left !== undefined) collect(place.left, key, into);
  if (compareBytes(place.key, key) > 0) return;
  if (place.end === undefined || compareBytes(key, place.end) < 0) into.push(place);
  if (place.right !== undefined) collect(place.right, key, into);
}

function collectAll(place: RangePlace | undefined, into: RangePlace[]): void {
  if (place === undefined) return;
  collectAll(place.left, into);
  into.push(place);
  collectAll(place.right, into);
}

function findRange(
  root: RangePlace | undefined,
  key: Uint8Array,
  end: Uint8Array | undefined,
): RangePlace | undefined {
  let place = root;
  while (place !== undefined) {
    const order = compareRanges(key, end, place);
    if (order === 0) return place;
    place = order < 0 ? place.left : place.right;
  }
  return undefined;
}

function insertPlace(root: RangePlace | undefined, place: RangePlace): RangePlace {
  if (root === undefined) return place;
  if (compareRanges(place.key, place.end, root) < 0) {
    root.left = insertPlace(root.left, place);
    if (root.left.priority > root.priority) return rotateRight(root, root.left);
  } else {
    root.right = insertPlace(root.right, place);
    if (root.right.priority > root.priority) return rotateLeft(root, root.right);
  }
  updateFurthest(root);
  return root;
}

function removePlace(root: RangePlace | undefined, place: RangePlace): RangePlace | undefined {
  assert(root !== undefined, 'a range place is in the tree');
  if (root === place) return merge(root.left, root.right);
  if (compareRanges(place.key, place.end, root) < 0) root.left = removePlace(root.left, place);
  else root.right = removePlace(root.right, place);
  updateFurthest(root);
  return root;
}

function merge(a: RangePlace | undefined, b: RangePlace | undefined): RangePlace | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.priority > b.priority) {
    a.right = merge(a.right, b);
    updateFurthest(a);
    return a;
  }
  b.left = merge(a, b.left);
  updateFurthest(b);
  return b;
}

function rotateRight(root: RangePlace, pivot: RangePlace): RangePlace {
  root.left = pivot.right;
  pivot.right = root;
  updateFurthest(root);
  updateFurthest(pivot);
  return pivot;
}

function rotateLeft(root: RangePlace, pivot: RangePlace): RangePlace {
  root.right = pivot.left;
  pivot.left = root;
  updateFurthest(root);
  updateFurthest(pivot);
  return pivot;
}

function updateFurthest(place: RangePlace): void {
  let furthest = place.end;
  if (place.left !== undefined) furthest = further(furthest, place.left.furthestEnd);
  if (place.right !== undefined) furthest = further(furthest, place.right.furthestEnd);
  place.furthestEnd = furthest;
}

function further(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return undefined;
  return compareBytes(a, b) >= 0 ? a : b;
}

function compareRanges(key: Uint8Array, end: Uint8Array | undefined, place: RangePlace): number {
  const order = compareBytes(key, place.key);
  if (order !== 0) return order;
  if (end === undefined) return place.end === undefined ? 0 : 1;
  return place.end === undefined ? -1 : compareBytes(end, place.end);
}

/** FNV-1a, cut to 30 bits so that it stays a small integer. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return hash >>> 2;
}

/** A treap priority: spreads a counter over 32 bits, the same way on every run. */
function scramble(counter: number): number {
  let x = Math.imul(counter, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  return (x ^ (x >>> 13)) >>> 0;
}
