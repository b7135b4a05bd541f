// Owns which key is attached to which lease, for a million keys and more without a JavaScript object per key.
//
// Keys lie in parts ("shards") chosen by their hash. A shard is a hash table with chaining made of plain number
// arrays, with the keys' bytes one after the other in a buffer of its own. An attached key is an *item*, named by
// one number: place in the shard * KEY_SHARDS + shard. The items of one lease are linked in both directions.
//
//   shard 7:  heads   [ -1 | 2 | -1 | 0 ]            bucket -> first place
//             chain   [ -1 | .. | 1 ]                place -> next place of the bucket, or next free place
//             offsets [ 0 | 9 | 22 ]  bytes [ 4 k e y a  ... ]
//             slots   [ 5 | 5 | 0 ]                  place -> lease
//             next / previous                        place -> item of the same lease
//
// Everything that takes time in proportion to the size (growing, squeezing out dead bytes) concerns one shard.
import { assert, must } from '../base/assert.ts';
import { compareBytes, EMPTY_BYTES } from '../base/bytes.ts';
import type { Lease } from './lease.ts';
import { KEY_SHARDS, KEYS_PER_SHARD_MAX } from './limits.ts';

const SHARD_BITS = 31 - Math.clz32(KEY_SHARDS);
const SHARD_MASK = KEY_SHARDS - 1;
const PLACES_START = 8;
const BYTES_START = 256;
const NONE = -1;

/** Bytes before a key: its length, little endian. */
const LENGTH_BYTES = 4;

/** What a shard without keys is made of: nothing is written before it grows, and most shards of most members stay so. */
const NO_HEADS: Int32Array = Int32Array.of(NONE);
const NO_PLACES: Int32Array = new Int32Array(0);
const NO_OFFSETS: Uint32Array = new Uint32Array(0);

class Shard {
  heads: Int32Array = NO_HEADS;
  chain: Int32Array = NO_PLACES;
  offsets: Uint32Array = NO_OFFSETS;
  slots: Int32Array = NO_PLACES;
  next: Int32Array = NO_PLACES;
  previous: Int32Array = NO_PLACES;
  bytes: Uint8Array = EMPTY_BYTES;
  /** Places handed out so far; the free ones among them are linked from `free`. */
  top = 0;
  free: number = NONE;
  count = 0;
  usedBytes = 0;
  deadBytes = 0;

  keyAt(place: number): Uint8Array {
    const offset = (this.offsets[place] as number) + LENGTH_BYTES;
    return this.bytes.slice(offset, offset + this.#lengthAt(offset - LENGTH_BYTES));
  }

  find(key: Uint8Array, hash: number): number {
    let place = this.heads[hash & (this.heads.length - 1)] as number;
    while (place !== NONE) {
      if (this.#equals(place, key)) return place;
      place = this.chain[place] as number;
    }
    return NONE;
  }

  /** Stores a key that is not there; answers its place. */
  insert(key: Uint8Array, hash: number): number {
    let place = this.free;
    if (place !== NONE) {
      this.free = this.chain[place] as number;
    } else {
      if (this.top === this.offsets.length) this.#growPlaces();
      place = this.top++;
    }
    // Not live yet: storing the key may move the others.
    this.slots[place] = NONE;
    this.offsets[place] = this.#store(key);
    const bucket = hash & (this.heads.length - 1);
    this.chain[place] = this.heads[bucket] as number;
    this.heads[bucket] = place;
    this.count++;
    return place;
  }

  /** Forgets the key at `place`. */
  remove(place: number): void {
    const offset = this.offsets[place] as number;
    const length = this.#lengthAt(offset);
    const hash = hashKey(this.bytes, offset + LENGTH_BYTES, offset + LENGTH_BYTES + length);
    const bucket = (hash >>> SHARD_BITS) & (this.heads.length - 1);
    let before = this.heads[bucket] as number;
    if (before === place) {
      this.heads[bucket] = this.chain[place] as number;
    } else {
      while (this.chain[before] !== place) before = this.chain[before] as number;
      this.chain[before] = this.chain[place] as number;
    }
    this.chain[place] = this.free;
    this.free = place;
    this.slots[place] = NONE;
    this.deadBytes += LENGTH_BYTES + length;
    this.count--;
    if (this.count === 0) this.#reset();
  }

  /** Gives back the memory of a shard that has become empty. */
  #reset(): void {
    this.heads = NO_HEADS;
    this.chain = NO_PLACES;
    this.offsets = NO_OFFSETS;
    this.slots = NO_PLACES;
    this.next = NO_PLACES;
    this.previous = NO_PLACES;
    this.bytes = EMPTY_BYTES;
    this.top = 0;
    this.free = NONE;
    this.usedBytes = 0;
    this.deadBytes = 0;
  }

  #lengthAt(offset: number): number {
    const { bytes } = this;
    return (
      (bytes[offset] as number) |
      ((bytes[offset + 1] as number) << 8) |
      ((bytes[offset + 2] as number) << 16) |
      ((bytes[offset + 3] as number) << 24)
    );
  }

  #equals(place: number, key: Uint8Array): boolean {
    const { bytes } = this;
    const offset = this.offsets[place] as number;
    const { length } = key;
    if (this.#lengthAt(offset) !== length) return false;
    // Keys share long prefixes, so the difference is found sooner from the end.
    const start = offset + LENGTH_BYTES;
    for (let i = length - 1; i >= 0; i--) {
      if (bytes[start + i] !== key[i]) return false;
    }
    return true;
  }

  #store(key: Uint8Array): number {
    const { length } = key;
    const size = LENGTH_BYTES + length;
    if (this.usedBytes + size > this.bytes.length) this.#makeRoom(size);
    const offset = this.usedBytes;
    const { bytes } = this;
    bytes[offset] = length & 0xff;
    bytes[offset + 1] = (length >>> 8) & 0xff;
    bytes[offset + 2] = (length >>> 16) & 0xff;
    bytes[offset + 3] = length >>> 24;
    bytes.set(key, offset + LENGTH_BYTES);
    this.usedBytes = offset + size;
    return offset;
  }

  /** Copies the live keys into a buffer with room for `size` bytes more and half as much again to spare. */
  #makeRoom(size: number): void {
    const live = this.usedBytes - this.deadBytes;
    const old = this.bytes;
    const target = new Uint8Array(Math.ceil(Math.max(BYTES_START, (live + size) * 1.5)));
    let used = 0;
    for (let place = 0; place < this.top; place++) {
      if (this.slots[place] === NONE) continue;
      const offset = this.offsets[place] as number;
      const end = offset + LENGTH_BYTES + this.#lengthAt(offset);
      target.set(old.subarray(offset, end), used);
      this.offsets[place] = used;
      used += end - offset;
    }
    this.bytes = target;
    this.usedBytes = used;
    this.deadBytes = 0;
  }

  #growPlaces(): void {
    const places = Math.max(PLACES_START, Math.ceil(this.top * 1.5));
    assert(places <= KEYS_PER_SHARD_MAX, `${this.top} keys with leases in one shard`);
    this.chain = grown(this.chain, new Int32Array(places));
    this.offsets = grown(this.offsets, new Uint32Array(places));
    this.slots = grown(this.slots, new Int32Array(places));
    this.next = grown(this.next, new Int32Array(places));
    this.previous = grown(this.previous, new Int32Array(places));
    if (places > this.heads.length) this.#rehash(Math.max(PLACES_START, this.heads.length * 2));
  }

  /** Called when no place is free: every place below `top` holds a key. */
  #rehash(buckets: number): void {
    const heads = new Int32Array(buckets).fill(NONE);
    for (let place = 0; place < this.top; place++) {
      const offset = (this.offsets[place] as number) + LENGTH_BYTES;
      const hash = hashKey(this.bytes, offset, offset + this.#lengthAt(offset - LENGTH_BYTES));
      const bucket = (hash >>> SHARD_BITS) & (buckets - 1);
      this.chain[place] = heads[bucket] as number;
      heads[bucket] = place;
    }
    this.heads = heads;
  }
}

function grown<A extends Int32Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** FNV-1a, with its bits mixed once more because both the shard and the bucket are taken from it. */
function hashKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export class KeyTable {
  readonly #shards: readonly Shard[];
  /** Leases by their slot; undefined where a slot is free. */
  readonly #leases: (Lease | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #count = 0;

  constructor() {
    this.#shards = Array.from({ length: KEY_SHARDS }, () => new Shard());
  }

  /** Keys attached in all. */
  get count(): number {
    return this.#count;
  }

  /** The lease a key is attached to. */
  leaseOf(key: Uint8Array): Lease | undefined {
    if (this.#count === 0) return undefined;
    const hash = hashKey(key, 0, key.length);
    const shard = this.#shards[hash & SHARD_MASK] as Shard;
    const place = shard.find(key, hash >>> SHARD_BITS);
    return place === NONE ? undefined : this.#leases[shard.slots[place] as number];
  }

  /** Attaches a key (copied), taking it away from the lease it was attached to before. */
  attach(key: Uint8Array, lease: Lease): void {
    const hash = hashKey(key, 0, key.length);
    const shardIndex = hash & SHARD_MASK;
    const shard = this.#shards[shardIndex] as Shard;
    const found = shard.find(key, hash >>> SHARD_BITS);
    if (found !== NONE) {
      const slot = shard.slots[found] as number;
      const owner = must(this.#leases[slot], `lease slot ${slot} of an attached key`);
      if (owner === lease) return;
      this.#unlink(shard, found, owner);
      this.#link(shard, found, shardIndex, lease);
      return;
    }
    const place = shard.insert(key, hash >>> SHARD_BITS);
    this.#link(shard, place, shardIndex, lease);
    this.#count++;
  }

  /** Detaches a key from `lease`; nothing happens when it is attached to another one or to none. */
  detach(key: Uint8Array, lease: Lease): void {
    if (lease.itemCount === 0) return;
    const hash = hashKey(key, 0, key.length);
    const shard = this.#shards[hash & SHARD_MASK] as Shard;
    const place = shard.find(key, hash >>> SHARD_BITS);
    if (place === NONE || shard.slots[place] !== lease.slot) return;
    this.#unlink(shard, place, lease);
    shard.remove(place);
    this.#count--;
  }

  /** Copies of a lease's keys, ascending. */
  keysOf(lease: Lease): Uint8Array[] {
    const keys: Uint8Array[] = [];
    let item = lease.firstItem;
    while (item !== NONE) {
      const shard = this.#shards[item & SHARD_MASK] as Shard;
      keys.push(shard.keyAt(item >>> SHARD_BITS));
      item = shard.next[item >>> SHARD_BITS] as number;
    }
    return keys.sort(compareBytes);
  }

  /** Detaches all keys of a lease that is going away. */
  detachAll(lease: Lease): void {
    while (lease.firstItem !== NONE) {
      const item = lease.firstItem;
      const shard = this.#shards[item & SHARD_MASK] as Shard;
      this.#unlink(shard, item >>> SHARD_BITS, lease);
      shard.remove(item >>> SHARD_BITS);
      this.#count--;
    }
    if (lease.slot === NONE) return;
    this.#leases[lease.slot] = undefined;
    this.#freeSlots.push(lease.slot);
    lease.slot = NONE;
  }

  #link(shard: Shard, place: number, shardIndex: number, lease: Lease): void {
    if (lease.slot === NONE) {
      lease.slot = this.#freeSlots.pop() ?? this.#leases.length;
      this.#leases[lease.slot] = lease;
    }
    const item = place * KEY_SHARDS + shardIndex;
    const first = lease.firstItem;
    shard.slots[place] = lease.slot;
    shard.previous[place] = NONE;
    shard.next[place] = first;
    if (first !== NONE) {
      (this.#shards[first & SHARD_MASK] as Shard).previous[first >>> SHARD_BITS] = item;
    }
    lease.firstItem = item;
    lease.itemCount++;
  }

  #unlink(shard: Shard, place: number, lease: Lease): void {
    const next = shard.next[place] as number;
    const previous = shard.previous[place] as number;
    if (next !== NONE) {
      (this.#shards[next & SHARD_MASK] as Shard).previous[next >>> SHARD_BITS] = previous;
    }
    if (previous === NONE) {
      lease.firstItem = next;
    } else {
      (this.#shards[previous & SHARD_MASK] as Shard).next[previous >>> SHARD_BITS] = next;
    }
    lease.itemCount--;
  }
}
