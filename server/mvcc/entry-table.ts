// Owns the current state of every key in the index, one fixed-size row per key in chunked typed arrays: growing adds a
// chunk and copies nothing. Row numbers ("ids") stay the same for the life of a key; id 0 names no row.
//
// A row: main and sub of the last modification, create revision, version (0 when the last modification deleted the
// key), the key's reference in the arena and the head of its older revisions.

import { assert } from '../base/assert.ts';
import type { ImageReader, ImageWriter } from './index-image.ts';
import { INDEX_ENTRIES_MAX } from './limits.ts';

const CHUNK_SHIFT = 13;
const CHUNK_ROWS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ROWS - 1;

// Float64 columns of a row.
const MAIN = 0;
const CREATE = 1;
const VERSION = 2;
const FLOATS = 3;

// Uint32 columns of a row.
const SUB = 0;
const KEY = 1;
const HISTORY = 2;
const WORDS = 3;

export class EntryTable {
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
        this.#floats.push(new Float64Array(CHUNK_ROWS * FLOATS));
        this.#words.push(new Uint32Array(CHUNK_ROWS * WORDS));
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
    return (this.#words[id >>> CHUNK_SHIFT] as Uint32Array)[(id & CHUNK_MASK) * WORDS] as number;
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

  save(writer: ImageWriter): void {
    writer.numbers(this.#nextId, this.#freeHead, this.#floats.length);
    for (const chunk of this.#floats) writer.array(chunk);
    for (const chunk of this.#words) writer.array(chunk);
  }

  /** Takes over what `save` wrote; the table is empty before. */
  load(reader: ImageReader): void {
    const [nextId = 1, freeHead = 0, chunkCount = 0] = reader.numbers(3);
    for (let i = 0; i < chunkCount; i++) {
      this.#floats.push(reader.fill(new Float64Array(CHUNK_ROWS * FLOATS)));
    }
    for (let i = 0; i < chunkCount; i++) {
      this.#words.push(reader.fill(new Uint32Array(CHUNK_ROWS * WORDS)));
    }
    this.#nextId = nextId;
    this.#freeHead = freeHead;
  }
}
