// Owns the current state of every key in the index, one fixed-size row per key in chunked typed arrays: growing adds a
// chunk and copies nothing. Row numbers ("ids") stay the same for the life of a key; id 0 names no row.
//
// A row: main and sub of the last modification, create revision, version (0 when the last modification deleted the
// key), the key's reference in the arena and the head of its older revisions. All of it lies together: with millions of keys
// every other place that is looked at is a cache miss.
//
//   bytes  0 main | 8 create | 16 version      as doubles
//         24 sub | 28 key | 32 history | 36 -  as words

import { assert } from '../base/assert.ts';
import { INDEX_ENTRIES_MAX } from './limits.ts';

const CHUNK_SHIFT = 13;
const CHUNK_ROWS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ROWS - 1;

// Columns of a row of FLOATS doubles.
const MAIN = 0;
const CREATE = 1;
const VERSION = 2;
const FLOATS = 5;

// Columns of the same row, seen as WORDS words.
const SUB = 6;
const KEY = 7;
const HISTORY = 8;
const WORDS = 2 * FLOATS;

export class EntryTable {
  /** The chunks, and the same bytes as words. */
  readonly #floats: Float64Array[] = [];
  readonly #words: Uint32Array[] = [];
  #nextId = 1;
  /** Freed rows, linked through their history column. */
  #freeHead = 0;

  /** One more than the highest id ever given: the end of a walk over all rows. */
  get endId(): number {
    return this.#nextId;
  }

  /** A row for a new key; its history is empty. */
  add(keyRef: number): number {
    let id = this.#freeHead;
    if (id !== 0) {
      this.#freeHead = this.history(id);
    } else {
      id = this.#nextId;
      assert(id < INDEX_ENTRIES_MAX, `index is full: ${id} entries`);
      if (id >>> CHUNK_SHIFT === this.#floats.length) {
        this.#addChunk();
      }
      this.#nextId++;
    }
    const words = this.#words[id >>> CHUNK_SHIFT] as Uint32Array;
    const at = (id & CHUNK_MASK) * WORDS;
    words[at + KEY] = keyRef;
    words[at + HISTORY] = 0;
    return id;
  }

  /** Forgets a row. Its key reference becomes 0, which is how walks recognise it. */
  remove(id: number): void {
    const words = this.#words[id >>> CHUNK_SHIFT] as Uint32Array;
    const at = (id & CHUNK_MASK) * WORDS;
    words[at + KEY] = 0;
    words[at + HISTORY] = this.#freeHead;
    this.#freeHead = id;
  }

  /** Overwrites the current state of a row. `version` 0 makes it a tombstone. */
  set(id: number, main: number, sub: number, create: number, version: number): void {
    const floats = this.#floats[id >>> CHUNK_SHIFT] as Float64Array;
    const at = (id & CHUNK_MASK) * FLOATS;
    floats[at + MAIN] = main;
    floats[at + CREATE] = create;
    floats[at + VERSION] = version;
    (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[(id & CHUNK_MASK) * WORDS + SUB] = sub;
  }

  main(id: number): number {
    return (this.#floats[id >>> CHUNK_SHIFT] as Float64Array)[
      (id & CHUNK_MASK) * FLOATS + MAIN
    ] as number;
  }

  create(id: number): number {
    return (this.#floats[id >>> CHUNK_SHIFT] as Float64Array)[
      (id & CHUNK_MASK) * FLOATS + CREATE
    ] as number;
  }

  /** 0 for a deleted key. */
  version(id: number): number {
    return (this.#floats[id >>> CHUNK_SHIFT] as Float64Array)[
      (id & CHUNK_MASK) * FLOATS + VERSION
    ] as number;
  }

  sub(id: number): number {
    return (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[
      (id & CHUNK_MASK) * WORDS + SUB
    ] as number;
  }

  /** 0 for a row that is not in use. */
  keyRef(id: number): number {
    return (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[
      (id & CHUNK_MASK) * WORDS + KEY
    ] as number;
  }

  history(id: number): number {
    return (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[
      (id & CHUNK_MASK) * WORDS + HISTORY
    ] as number;
  }

  setHistory(id: number, head: number): void {
    (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[(id & CHUNK_MASK) * WORDS + HISTORY] = head;
  }

  #addChunk(): Float64Array {
    const chunk = new Float64Array(CHUNK_ROWS * FLOATS);
    this.#floats.push(chunk);
    this.#words.push(new Uint32Array(chunk.buffer));
    return chunk;
  }
}
