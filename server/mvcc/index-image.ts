// Owns the form in which the index is kept over a planned restart: its arrays as they are, one after another. Reading
// every record of a million keys takes seconds, reading their arrays a tenth of one. An image is only a copy of what the
// records say: whoever cannot use one reads the records.
//
//   numbers  version of this form, revision, finished compaction, compaction scheduled
//   arrays   of the key arena, the entry table, the history, the tree and the hash; each class knows its own
//   numbers  count of leases; then the row and the id of each key with one
//
// Where the bytes are kept, and that they are those of this very store, is the business of storage.

import { assert } from '../base/assert.ts';
import { KeyIndex } from './key-index.ts';
import { INDEX_IMAGE_VERSION } from './limits.ts';

/** Takes an image array by array. */
export interface ImageSink {
  write(bytes: Uint8Array): void;
}

/** Gives the arrays back in the same order. */
export interface ImageSource {
  /** Fills `target` with the next array; false when that one is broken or of another size. */
  read(target: Uint8Array): boolean;
}

/** The lease of a key, 0n for none. */
export type LeaseOf = (key: Uint8Array) => bigint;

/** How far compaction has come, as the store's own marks say: an image of other marks is none of this store. */
export interface CompactMarks {
  /** -1 when the store was never compacted. */
  readonly finished: number;
  readonly scheduled: number;
}

export interface IndexImage {
  readonly index: KeyIndex;
  readonly revision: number;
  /** Lease of every live key that has one, by index row. */
  readonly leases: Map<number, bigint>;
}

type Words = Uint8Array | Uint32Array | Float64Array | BigInt64Array;

export class ImageWriter {
  readonly #sink: ImageSink;

  constructor(sink: ImageSink) {
    this.#sink = sink;
  }

  numbers(...values: number[]): void {
    this.array(Float64Array.from(values));
  }

  /** An array whose length the reader knows. */
  array(array: Words): void {
    if (array.length === 0) return;
    this.#sink.write(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}

/** An image that cannot be used. Never leaves this file. */
class BrokenImage extends Error {}

export class ImageReader {
  readonly #source: ImageSource;

  constructor(source: ImageSource) {
    this.#source = source;
  }

  numbers(count: number): number[] {
    return [...this.fill(new Float64Array(count))];
  }

  /** Fills an array of the length that was written. */
  fill<T extends Words>(array: T): T {
    if (array.length === 0) return array;
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (!this.#source.read(bytes)) throw new BrokenImage('the image is cut short or damaged');
    return array;
  }
}

/** Writes the image of an index. Without `leaseOf` no key has a lease. */
export function saveImage(
  sink: ImageSink,
  { index, revision, marks }: { index: KeyIndex; revision: number; marks: CompactMarks },
  leaseOf: LeaseOf | undefined,
): void {
  const writer = new ImageWriter(sink);
  writer.numbers(INDEX_IMAGE_VERSION, revision, marks.finished, marks.scheduled);
  index.save(writer);
  saveLeases(writer, index, leaseOf);
}

function saveLeases(writer: ImageWriter, index: KeyIndex, leaseOf: LeaseOf | undefined): void {
  const rows: number[] = [];
  const leases: bigint[] = [];
  for (let row = 1; leaseOf !== undefined && row < index.endId; row++) {
    if (!index.isUsed(row) || !index.isLive(row)) continue;
    const lease = leaseOf(index.keyView(row));
    if (lease === 0n) continue;
    rows.push(row);
    leases.push(lease);
  }
  writer.numbers(rows.length);
  writer.array(Uint32Array.from(rows));
  writer.array(BigInt64Array.from(leases));
}

/** Reads an image; undefined when it is broken, of another version, or not of a store with these marks. */
export function loadImage(source: ImageSource, marks: CompactMarks): IndexImage | undefined {
  const reader = new ImageReader(source);
  try {
    const [version, revision = 0, finished, scheduled] = reader.numbers(4);
    if (version !== INDEX_IMAGE_VERSION) return undefined;
    if (finished !== marks.finished || scheduled !== marks.scheduled) return undefined;
    const index = new KeyIndex();
    index.load(reader);
    return { index, revision, leases: readLeases(reader) };
  } catch (error) {
    if (error instanceof BrokenImage) return undefined;
    throw error;
  }
}

function readLeases(reader: ImageReader): Map<number, bigint> {
  const [count = 0] = reader.numbers(1);
  const rows = reader.fill(new Uint32Array(count));
  const ids = reader.fill(new BigInt64Array(count));
  const leases = new Map<number, bigint>();
  for (let i = 0; i < count; i++) leases.set(rows[i] as number, ids[i] as bigint);
  assert(leases.size === count, 'a key has one lease');
  return leases;
}
