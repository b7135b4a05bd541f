// Owns the form in which the index is kept on disk, and making one while the store is used: a start reads it and then only
// the records that are newer, instead of every record of every key. An image is a copy of what the records say, no more:
// whoever cannot use one reads the records.
//
//   head   'H' | version of this form, revision at which the image was begun                  numbers are varints
//   rows   'R' | keys ascending: bytes shared with the key before, bytes of its own, those bytes, 2 * records + 1 if there
//                is a lease | per record: main, sub, version (0 for a tombstone), main - create unless a tombstone | lease
//   end    'E' | revision at which it was ended, checksum of the first record of that revision
//
// The store goes on while it is walked, so each key is as it was when the walk came by: at `begun` or later. Worked
// example, begun at 100:
//   the walk passes "a" (50), then "a" is put at 101, then the walk takes "b" (60, 102) and ends at 103
//   image: a 50, b 60 102      start: image, then the records from 101 on: a 101 is new, b 102 is known, a key put at 103 is new
// Compaction only removes records that the image knows too, as long as it stays at or below `begun`; what the image still
// has of them is dropped after reading. Past `begun` it removes deletions that the image does not know of, and keys
// would rise from the dead: such an image is void. That the store has the record of the end, with its very bytes, shows that
// the image is one of this store, and that this store did not lose what the image knows (a loss of power may take it back).

import type { Backend } from '../base/backend.ts';
import { EMPTY_BYTES, equalBytes } from '../base/bytes.ts';
import { crc32c } from '../base/crc32c.ts';
import type { KeyIndex } from './key-index.ts';
import { writeVarint } from './key-value.ts';
import { IMAGE_PIECE_BYTES, INDEX_IMAGE_VERSION } from './limits.ts';

export const HEAD_PIECE = 0x48;
export const ROWS_PIECE = 0x52;
export const END_PIECE = 0x45;

/** Two lengths and a count before the records of a row, a lease behind them. */
const IMAGE_ROW_HEAD_BYTES = 5 + 5 + 5 + 8;

/** Four numbers of eight bytes at most. */
const IMAGE_RECORD_BYTES = 32;

/** Main, sub, create and version. */
const RECORD_NUMBERS = 4;

/** The lease of a key, 0n for none. */
export type LeaseOf = (key: Uint8Array) => bigint;

/** What an image is made of; the store. */
export interface ImageHost {
  readonly backend: Backend;
  readonly index: KeyIndex;
  readonly revision: number;
  readonly compactRevision: number;
  /** Changes when the store is replaced. */
  readonly epoch: number;
}

type Phase = 'head' | 'rows' | 'end' | 'done' | 'void';

/** Makes one image piece by piece, each a slice of work. Between two pieces the store may be written to. */
export class ImageJob {
  /** The revision at which the image was begun: what is newer must be read from the records. */
  readonly revision: number;
  readonly #host: ImageHost;
  readonly #epoch: number;
  readonly #leaseOf: LeaseOf;
  readonly #sliceRecords: number;
  readonly #records: number[] = [];
  #phase: Phase = 'head';
  #bytes: Uint8Array = new Uint8Array(2 * IMAGE_PIECE_BYTES);
  #at = 0;
  /** The key before in the piece. */
  #key: Uint8Array = EMPTY_BYTES;
  /** Where the walk goes on. */
  #next: Uint8Array = EMPTY_BYTES;
  /** A key with very many records is written in parts: the last record written of `next`, 0 for none. */
  #nextAfter = 0;

  constructor(host: ImageHost, leaseOf: LeaseOf, sliceRecords: number) {
    this.revision = host.revision;
    this.#host = host;
    this.#epoch = host.epoch;
    this.#leaseOf = leaseOf;
    this.#sliceRecords = sliceRecords;
  }

  /** True when all pieces were made. */
  get isComplete(): boolean {
    return this.#phase === 'done';
  }

  /** The next piece, valid until the next call; undefined behind the last one, and for an image that came to nothing. */
  next(): Uint8Array | undefined {
    this.#at = 0;
    if (this.#phase === 'done' || this.#isVoid()) return undefined;
    if (this.#phase === 'head') this.#writeHead();
    else if (this.#phase === 'rows') this.#writeRows();
    else this.#writeEnd();
    return this.#isVoid() ? undefined : this.#bytes.subarray(0, this.#at);
  }

  #isVoid(): boolean {
    const { epoch, compactRevision } = this.#host;
    if (epoch !== this.#epoch || compactRevision > this.revision) this.#phase = 'void';
    return this.#phase === 'void';
  }

  #writeHead(): void {
    this.#begin(HEAD_PIECE);
    this.#number(INDEX_IMAGE_VERSION);
    this.#number(this.revision);
    this.#phase = 'rows';
  }

  #writeRows(): void {
    const { index } = this.#host;
    this.#begin(ROWS_PIECE);
    let budget = this.#sliceRecords;
    let more = index.walk(this.#next, undefined);
    while (more && budget > 0 && this.#at < IMAGE_PIECE_BYTES) {
      const count = this.#writeRow(index, index.walkId());
      if (this.#nextAfter > 0 || this.#phase === 'void') return;
      budget -= count;
      more = index.walkNext();
    }
    if (more) this.#next = index.keyCopy(index.walkId());
    else this.#phase = this.#nextAfter > 0 ? 'void' : 'end';
  }

  /** Writes the records of a row, or as many as are a slice's work. Returns how many. */
  #writeRow(index: KeyIndex, id: number): number {
    const key = index.keyView(id);
    const records = this.#records;
    const after = this.#nextAfter;
    const isAll = index.recordsFrom(id, after, this.#sliceRecords + 1, records);
    // The part before must be what still is before this one: a compaction may have dropped more than that, also the key.
    if (after > 0 && !(records[0] === after && equalBytes(key, this.#next))) this.#phase = 'void';
    const lease = isAll && index.isLive(id) ? this.#leaseOf(key) : 0n;
    const first = after > 0 ? RECORD_NUMBERS : 0;
    const count = (records.length - first) / RECORD_NUMBERS;
    this.#reserve(key.length + IMAGE_ROW_HEAD_BYTES + count * IMAGE_RECORD_BYTES);
    this.#writeKey(key);
    this.#number(2 * count + (lease === 0n ? 0 : 1));
    for (let i = first; i < records.length; i += RECORD_NUMBERS) this.#writeRecord(records, i);
    if (lease !== 0n) {
      new DataView(this.#bytes.buffer).setBigInt64(this.#at, lease, true);
      this.#at += 8;
    }
    this.#nextAfter = isAll ? 0 : (records[records.length - RECORD_NUMBERS] as number);
    if (!isAll) this.#next = key.slice();
    return count;
  }

  #writeKey(key: Uint8Array): void {
    const before = this.#key;
    const most = Math.min(before.length, key.length);
    let shared = 0;
    while (shared < most && before[shared] === key[shared]) shared++;
    this.#number(shared);
    this.#number(key.length - shared);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = shared; i < key.length; i++) bytes[at++] = key[i] as number;
    this.#at = at;
    // A view of the index, which does not change before the next slice.
    this.#key = key;
  }

  #writeRecord(records: readonly number[], i: number): void {
    const main = records[i] as number;
    const version = records[i + 3] as number;
    this.#number(main);
    this.#number(records[i + 1] as number);
    this.#number(version);
    if (version !== 0) this.#number(main - (records[i + 2] as number));
  }

  #writeEnd(): void {
    const { backend, revision } = this.#host;
    const checksum = recordChecksum(backend, revision);
    // A store that never wrote, or got its revision from a compaction's mark.
    this.#phase = checksum === undefined ? 'void' : 'done';
    this.#begin(END_PIECE);
    this.#number(revision);
    this.#number(checksum ?? 0);
  }

  #begin(kind: number): void {
    this.#key = EMPTY_BYTES;
    this.#bytes[0] = kind;
    this.#at = 1;
  }

  #number(value: number): void {
    this.#at = writeVarint(this.#bytes, this.#at, value);
  }

  #reserve(sizeBytes: number): void {
    if (this.#at + sizeBytes <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#at + sizeBytes));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** Tells a store at a revision from one that has another history or none there; undefined when it has no such record. */
export function recordChecksum(backend: Backend, revision: number): number | undefined {
  const [record] = backend.scanRevisions(revision, 0, revision, 1);
  return record && crc32c(record.sub, record.value, 0, record.value.length);
}
