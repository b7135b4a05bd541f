// Owns the short way from a key to its index row: a hash table, because a descent of the tree at a million keys costs
// some ten cache misses and most reads and writes name one key that exists. The tree stays the owner of order.
//
// Extendible hashing: the high bits of a key's hash choose a segment through the directory, the low bits a place in
// it; a segment that gets full is split in two, so the table never grows in one big step. Example with 2 directory bits:
//   directory 00 01 10 11 -> segments A A B C     A has depth 1, B and C depth 2
//   A is full: it becomes A0 (hashes 00...) and A1 (hashes 01...); the directory does not grow
//   B is full: the directory doubles to 3 bits, then B becomes B0 (100...) and B1 (101...)
// Keys can be chosen so that all their hashes are equal; then the directory would grow without end. At its greatest
// depth a full segment takes no more keys, and the tree finds those that were left out.

import { assert } from '../base/assert.ts';
import type { EntryTable } from './entry-table.ts';
import type { KeyArena } from './key-arena.ts';

const SEGMENT_PLACES = 1024;
const PLACE_MASK = SEGMENT_PLACES - 1;

/** A segment is split when more than three of four places are taken: longer probes would cost more than the split. */
const SEGMENT_KEYS_MAX = (SEGMENT_PLACES * 3) / 4;

/** Directory bits at most: more than the keys that fit into memory need. */
const DEPTH_MAX = 20;

class Segment {
  /** Pairs of hash and row id; id 0 is an empty place. */
  readonly places: Uint32Array = new Uint32Array(2 * SEGMENT_PLACES);
  /** Leading hash bits that all keys of the segment share. */
  readonly depth: number;
  count = 0;

  constructor(depth: number) {
    this.depth = depth;
  }
}

export class KeyHash {
  readonly #arena: KeyArena;
  readonly #entries: EntryTable;
  #depth = 1;
  #directory: Segment[] = [new Segment(1), new Segment(1)];
  #leftOut = 0;
  /** Hash of the key that `find` was asked for last. */
  #hash = 0;

  constructor(arena: KeyArena, entries: EntryTable) {
    this.#arena = arena;
    this.#entries = entries;
  }

  /** True when every key is in the table, so that one not found does not exist. */
  get isComplete(): boolean {
    return this.#leftOut === 0;
  }

  /** The row of `key`, 0 when the table does not have it. */
  find(key: Uint8Array): number {
    const hash = hashOf(key);
    this.#hash = hash;
    const segment = this.#directory[hash >>> (32 - this.#depth)] as Segment;
    const places = segment.places;
    let place = hash & PLACE_MASK;
    for (;;) {
      const id = places[2 * place + 1] as number;
      if (id === 0) return 0;
      if (places[2 * place] === hash) {
        if (this.#arena.equals(this.#entries.keyRef(id), key, 0, key.length)) return id;
      }
      place = (place + 1) & PLACE_MASK;
    }
  }

  /** Adds the row of the key that `find` has just not found. */
  addLast(id: number): void {
    const hash = this.#hash;
    let segment = this.#directory[hash >>> (32 - this.#depth)] as Segment;
    while (segment.count === SEGMENT_KEYS_MAX) {
      if (segment.depth === DEPTH_MAX) {
        this.#leftOut++;
        return;
      }
      this.#split(segment, hash);
      segment = this.#directory[hash >>> (32 - this.#depth)] as Segment;
    }
    insert(segment, hash, id);
  }

  /**
   * Fills the empty table with rows 1 to `count` at once; `hashes` has the hash of each at its number. One after another they
   * go to places all over memory, which costs a cache miss and more for each; here segment after segment is filled.
   */
  fill(hashes: Uint32Array, count: number): void {
    assert(this.isComplete && this.#depth === 1, 'only an empty table is filled');
    const depth = depthFor(count);
    const segments = Array.from({ length: 1 << depth }, () => new Segment(depth));
    const leftOut: number[] = [];
    for (const id of sortBySegment(hashes, count, depth)) {
      const hash = hashes[id] as number;
      const segment = segments[hash >>> (32 - depth)] as Segment;
      if (segment.count < SEGMENT_KEYS_MAX) insert(segment, hash, id);
      else leftOut.push(id);
    }
    this.#depth = depth;
    this.#directory = segments;
    for (const id of leftOut) {
      this.#hash = hashes[id] as number;
      this.addLast(id);
    }
  }

  /** Forgets the row of `key`. */
  remove(key: Uint8Array, id: number): void {
    if (this.find(key) !== id) {
      assert(this.#leftOut > 0, 'a key is in the table or was left out');
      this.#leftOut--;
      return;
    }
    const segment = this.#directory[this.#hash >>> (32 - this.#depth)] as Segment;
    const places = segment.places;
    let hole = this.#hash & PLACE_MASK;
    while (places[2 * hole + 1] !== id) hole = (hole + 1) & PLACE_MASK;
    segment.count--;
    // Keys behind the hole that may stand there move up, so that no probe ends too early.
    let place = (hole + 1) & PLACE_MASK;
    while (places[2 * place + 1] !== 0) {
      const home = (places[2 * place] as number) & PLACE_MASK;
      if (((place - home) & PLACE_MASK) >= ((place - hole) & PLACE_MASK)) {
        places[2 * hole] = places[2 * place] as number;
        places[2 * hole + 1] = places[2 * place + 1] as number;
        hole = place;
      }
      place = (place + 1) & PLACE_MASK;
    }
    places[2 * hole] = 0;
    places[2 * hole + 1] = 0;
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) this.#doubleDirectory();
    const low = new Segment(segment.depth + 1);
    const high = new Segment(segment.depth + 1);
    const bit = 31 - segment.depth;
    const places = segment.places;
    for (let i = 0; i < SEGMENT_PLACES; i++) {
      const id = places[2 * i + 1] as number;
      if (id === 0) continue;
      const key = places[2 * i] as number;
      insert(((key >>> bit) & 1) === 0 ? low : high, key, id);
    }
    const span = 1 << (this.#depth - segment.depth);
    const first = (hash >>> (32 - segment.depth)) * span;
    for (let i = 0; i < span; i++) this.#directory[first + i] = i < span / 2 ? low : high;
  }

  #doubleDirectory(): void {
    const doubled: Segment[] = [];
    for (const segment of this.#directory) doubled.push(segment, segment);
    this.#directory = doubled;
    this.#depth++;
  }
}

function insert(segment: Segment, hash: number, id: number): void {
  const places = segment.places;
  let place = hash & PLACE_MASK;
  while (places[2 * place + 1] !== 0) place = (place + 1) & PLACE_MASK;
  places[2 * place] = hash;
  places[2 * place + 1] = id;
  segment.count++;
}

/** Directory bits with which `count` keys fill about half of the places. */
function depthFor(count: number): number {
  const depth = Math.ceil(Math.log2((2 * count) / SEGMENT_PLACES));
  return Math.min(Math.max(depth, 1), DEPTH_MAX);
}

/** Row ids in the order of the first `depth` bits of their hashes. */
function sortBySegment(hashes: Uint32Array, count: number, depth: number): Uint32Array {
  const shift = 32 - depth;
  const next = new Uint32Array((1 << depth) + 1);
  for (let id = 1; id <= count; id++) {
    const place = ((hashes[id] as number) >>> shift) + 1;
    next[place] = (next[place] as number) + 1;
  }
  for (let i = 1; i < next.length; i++) next[i] = (next[i] as number) + (next[i - 1] as number);
  const sorted = new Uint32Array(count);
  for (let id = 1; id <= count; id++) {
    const segment = (hashes[id] as number) >>> shift;
    const at = next[segment] as number;
    sorted[at] = id;
    next[segment] = at + 1;
  }
  return sorted;
}

/** 32 bits of a key: four bytes a step, then mixed so that high and low bits depend on all of them (Murmur 3). */
export function hashOf(key: Uint8Array): number {
  const length = key.length;
  let hash = length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const word =
      (key[i] as number) |
      ((key[i + 1] as number) << 8) |
      ((key[i + 2] as number) << 16) |
      ((key[i + 3] as number) << 24);
    hash = Math.imul(hash ^ Math.imul(word ^ (word >>> 15), 0x85ebca6b), 0xc2b2ae35);
    hash ^= hash >>> 13;
  }
  for (; i < length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
