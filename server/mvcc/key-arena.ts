// Owns the bytes of all keys in the index, packed into large chunks, and their reuse after a key is gone. A key is
// named by a 31-bit reference instead of a JavaScript object: at a million keys objects would cost more than the
// keys. References are chunk number (14 bits) and offset in 8-byte units (17 bits); 0 names no key.
//
// Stored form: one byte of length when it is below 255, else 255 and four bytes little endian; then the bytes.
// A freed block links to the next free one of its size class through its first four bytes.

import { assert } from '../base/assert.ts';
import { ARENA_CHUNK_BYTES, ARENA_CHUNKS_MAX, ARENA_OWN_CHUNK_BYTES } from './limits.ts';

const UNIT_SHIFT = 3;
const OFFSET_BITS = 17;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;
const LONG_LENGTH = 255;

/** Blocks up to this many units have a free list of their own size; longer ones share lists, see `#classOf`. */
const EXACT_UNITS = 32;
const CLASSES = EXACT_UNITS + 64;

export class KeyArena {
  readonly #chunks: Uint8Array[] = [];
  /** Heads of the free lists, by size class. */
  readonly #free: Uint32Array = new Uint32Array(CLASSES);
  /** Chunk numbers whose own-chunk key is gone. */
  readonly #freeChunks: number[] = [];
  /** The chunk that new blocks are cut from, and the first unit of it that is unused. */
  #current = -1;
  #top = 0;
  #usedBytes = 0;
  #reservedBytes = 0;

  /** Bytes of live blocks, with their length bytes and rounding. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes of all chunks. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** Stores `length` bytes of `source` from `start`. */
  add(source: Uint8Array, start: number, length: number): number {
    const header = length < LONG_LENGTH ? 1 : 5;
    const units = (header + length + 7) >>> UNIT_SHIFT;
    const ref = this.#allocate(units);
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    let at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    if (header === 1) {
      chunk[at++] = length;
    } else {
      chunk[at] = LONG_LENGTH;
      chunk[at + 1] = length & 0xff;
      chunk[at + 2] = (length >>> 8) & 0xff;
      chunk[at + 3] = (length >>> 16) & 0xff;
      chunk[at + 4] = length >>> 24;
      at += 5;
    }
    for (let i = 0; i < length; i++) chunk[at + i] = source[start + i] as number;
    return ref;
  }

  /** Gives a block back. The reference must not be used again. */
  free(ref: number): void {
    const length = this.lengthOf(ref);
    const units = ((length < LONG_LENGTH ? 1 : 5) + length + 7) >>> UNIT_SHIFT;
    const number = ref >>> OFFSET_BITS;
    const chunk = this.#chunks[number] as Uint8Array;
    if (chunk.length !== ARENA_CHUNK_BYTES) {
      this.#usedBytes -= chunk.length;
      this.#reservedBytes -= chunk.length;
      this.#chunks[number] = new Uint8Array(0);
      this.#freeChunks.push(number);
      return;
    }
    const reserved = unitsReserved(units);
    this.#usedBytes -= reserved << UNIT_SHIFT;
    this.#pushFree(ref, reserved);
  }

  lengthOf(ref: number): number {
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    const at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    const first = chunk[at] as number;
    return first < LONG_LENGTH ? first : readLength(chunk, at + 1);
  }

  /** The key as a view of the arena: valid only until the key is freed, never to be kept or changed. */
  view(ref: number): Uint8Array {
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    const at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    const first = chunk[at] as number;
    if (first < LONG_LENGTH) return chunk.subarray(at + 1, at + 1 + first);
    return chunk.subarray(at + 5, at + 5 + readLength(chunk, at + 1));
  }

  /** A copy of the key. */
  copy(ref: number): Uint8Array {
    return this.view(ref).slice();
  }

  /**
   * Compares the stored key with `key`, both known to share their first `from` bytes. 0 when equal; otherwise
   * the sign says how the stored key sorts and the magnitude is the length of the common prefix plus one, so that
   * a binary search need not compare that prefix again.
   */
  compareFrom(ref: number, key: Uint8Array, from: number): number {
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    let at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    let length = chunk[at] as number;
    if (length < LONG_LENGTH) {
      at += 1;
    } else {
      length = readLength(chunk, at + 1);
      at += 5;
    }
    const shared = Math.min(length, key.length);
    for (let i = from; i < shared; i++) {
      const a = chunk[at + i] as number;
      const b = key[i] as number;
      if (a !== b) return a < b ? -(i + 1) : i + 1;
    }
    if (length === key.length) return 0;
    return length < key.length ? -(shared + 1) : shared + 1;
  }

  /** True when the stored key is exactly `length` bytes of `source` from `start`. */
  equals(ref: number, source: Uint8Array, start: number, length: number): boolean {
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    let at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    const first = chunk[at] as number;
    if (first < LONG_LENGTH) {
      if (first !== length) return false;
      at += 1;
    } else {
      if (readLength(chunk, at + 1) !== length) return false;
      at += 5;
    }
    // Keys of one table share long prefixes, so the difference is found sooner from the end.
    for (let i = length - 1; i >= 0; i--) {
      if (chunk[at + i] !== source[start + i]) return false;
    }
    return true;
  }

  #allocate(units: number): number {
    if (units << UNIT_SHIFT > ARENA_OWN_CHUNK_BYTES)
      return this.#allocateChunk(units << UNIT_SHIFT);
    const reserved = unitsReserved(units);
    this.#usedBytes += reserved << UNIT_SHIFT;
    const free = this.#popFree(classOf(reserved));
    if (free !== 0) return free;
    if (this.#current < 0 || this.#top + reserved > ARENA_CHUNK_BYTES >>> UNIT_SHIFT) {
      this.#current = this.#addChunk(ARENA_CHUNK_BYTES);
      // Unit 0 of the first chunk stays unused: its reference is the one that names no key.
      this.#top = this.#current === 0 ? 1 : 0;
    }
    const ref = (this.#current << OFFSET_BITS) | this.#top;
    this.#top += reserved;
    return ref;
  }

  #allocateChunk(sizeBytes: number): number {
    // One unit more than a regular chunk's size would make it look like a regular one, hence never that size.
    const size = sizeBytes === ARENA_CHUNK_BYTES ? sizeBytes + 8 : sizeBytes;
    this.#usedBytes += size;
    const number = this.#addChunk(size);
    return number << OFFSET_BITS;
  }

  #addChunk(sizeBytes: number): number {
    this.#reservedBytes += sizeBytes;
    const reused = sizeBytes === ARENA_CHUNK_BYTES ? undefined : this.#freeChunks.pop();
    const number = reused ?? this.#chunks.length;
    assert(number < ARENA_CHUNKS_MAX, `key arena is full: ${number} chunks`);
    // Chunk 0 must be a regular one, so that offset 0 of it can stay unused.
    if (number === 0 && sizeBytes !== ARENA_CHUNK_BYTES) {
      this.#current = this.#addChunk(ARENA_CHUNK_BYTES);
      this.#top = 1;
      this.#chunks.push(new Uint8Array(sizeBytes));
      return 1;
    }
    if (number === this.#chunks.length) this.#chunks.push(new Uint8Array(sizeBytes));
    else this.#chunks[number] = new Uint8Array(sizeBytes);
    return number;
  }

  #pushFree(ref: number, reserved: number): void {
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    const at = (ref & OFFSET_MASK) << UNIT_SHIFT;
    const sizeClass = classOf(reserved);
    const next = this.#free[sizeClass] as number;
    chunk[at] = next & 0xff;
    chunk[at + 1] = (next >>> 8) & 0xff;
    chunk[at + 2] = (next >>> 16) & 0xff;
    chunk[at + 3] = next >>> 24;
    this.#free[sizeClass] = ref;
  }

  #popFree(sizeClass: number): number {
    const ref = this.#free[sizeClass] as number;
    if (ref === 0) return 0;
    const chunk = this.#chunks[ref >>> OFFSET_BITS] as Uint8Array;
    this.#free[sizeClass] = readLength(chunk, (ref & OFFSET_MASK) << UNIT_SHIFT);
    return ref;
  }
}

function readLength(chunk: Uint8Array, at: number): number {
  return (
    ((chunk[at] as number) |
      ((chunk[at + 1] as number) << 8) |
      ((chunk[at + 2] as number) << 16) |
      ((chunk[at + 3] as number) << 24)) >>>
    0
  );
}

/** Units a block of `units` takes: exact while small, then rounded up to a fourth of a power of two. */
function unitsReserved(units: number): number {
  if (units <= EXACT_UNITS) return units;
  const step = 1 << (29 - Math.clz32(units - 1));
  return (units + step - 1) & -step;
}

/** The free list of blocks of exactly `reserved` units, a value that `unitsReserved` gives. */
function classOf(reserved: number): number {
  if (reserved <= EXACT_UNITS) return reserved;
  const shift = 29 - Math.clz32(reserved - 1);
  return EXACT_UNITS + (shift - 3) * 4 + ((reserved - 1) >>> shift) - 3;
}
