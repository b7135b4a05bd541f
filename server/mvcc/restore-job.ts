// Owns rebuilding the index from the stored records, in slices, at start and after a snapshot was received. Also
// reads how far compaction came. etcd: server/storage/mvcc/kvstore.go restore.

import { assert } from '../base/assert.ts';
import type { Backend, RevisionRecord } from '../base/backend.ts';
import { utf8Bytes } from '../base/bytes.ts';
import type { CompactMarks, IndexImage } from './image-reader.ts';
import { KeyIndex } from './key-index.ts';
import { KeyValueReader } from './key-value.ts';
import { RESTORE_BATCH_RECORDS } from './limits.ts';
import { decodeMainRevision } from './stored-revision.ts';

export const SCHEDULED_COMPACT_KEY: Uint8Array = utf8Bytes('scheduledCompactRev');
export const FINISHED_COMPACT_KEY: Uint8Array = utf8Bytes('finishedCompactRev');

/** Told every live key that has a lease, once, at the end of a restore. The key is the callee's to keep. */
export type LeaseFound = (key: Uint8Array, lease: bigint) => void;

/** What a restore found. */
export interface Restored {
  readonly revision: number;
  /** -1 when the store was never compacted. */
  readonly finishedCompact: number;
  /** The compaction to run again, 0 when none is pending. */
  readonly scheduledCompact: number;
}

/** The compact revision stored under one of the two keys; -1 when absent. */
export function readCompactMark(backend: Backend, key: Uint8Array): number {
  const bytes = backend.get('meta', key);
  return bytes === undefined ? -1 : decodeMainRevision(bytes);
}

export function readCompactMarks(backend: Backend): CompactMarks {
  return {
    finished: readCompactMark(backend, FINISHED_COMPACT_KEY),
    scheduled: readCompactMark(backend, SCHEDULED_COMPACT_KEY),
  };
}

export class RestoreJob {
  readonly #backend: Backend;
  readonly #index: KeyIndex;
  readonly #onLease: LeaseFound | undefined;
  readonly #onDone: (restored: Restored) => void;
  readonly #reader: KeyValueReader = new KeyValueReader();
  /** Lease of every live key that has one, by index row. */
  readonly #leases: Map<number, bigint>;
  #leaseWalk: IterableIterator<[number, bigint]> | undefined = undefined;
  #main = 1;
  #sub = 0;
  #revision = 1;
  /** The image may know records up to this revision. */
  readonly #imageEnd: number;
  readonly #imageRevision: number;
  #recordCount = 0;
  #done = false;

  /** With an image only the records that came after its beginning are read. */
  constructor(
    backend: Backend,
    image: IndexImage | undefined,
    onDone: (restored: Restored) => void,
    onLease: LeaseFound | undefined,
  ) {
    this.#backend = backend;
    this.#index = image?.index ?? new KeyIndex();
    this.#leases = image?.leases ?? new Map();
    this.#onDone = onDone;
    this.#onLease = onLease;
    this.#imageEnd = image?.ended ?? 0;
    this.#imageRevision = image?.begun ?? 0;
    if (image === undefined) return;
    this.#revision = image.begun;
    this.#main = image.begun + 1;
  }

  get done(): boolean {
    return this.#done;
  }

  /** The index as far as it is rebuilt. */
  get index(): KeyIndex {
    return this.#index;
  }

  /** The revision at which the image it began with was begun; 0 without one. */
  get imageRevision(): number {
    return this.#imageRevision;
  }

  /** Records read so far. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Reads one batch; true when the store is ready. Throws CorruptRecordError. */
  step(): boolean {
    if (this.#done) return true;
    if (this.#leaseWalk === undefined) this.#readBatch();
    else this.#attachBatch(this.#leaseWalk);
    return this.#done;
  }

  /** Runs to the end in one go: tools and tests. */
  run(): void {
    while (!this.step());
  }

  #readBatch(): void {
    const records = this.#backend.scanRevisions(
      this.#main,
      this.#sub,
      Number.MAX_SAFE_INTEGER,
      RESTORE_BATCH_RECORDS,
    );
    for (let i = 0; i < records.length; i++) this.#readRecord(records[i] as RevisionRecord);
    if (records.length < RESTORE_BATCH_RECORDS) this.#leaseWalk = this.#leases.entries();
  }

  #readRecord(record: RevisionRecord): void {
    this.#main = record.main;
    this.#sub = record.sub + 1;
    this.#revision = record.main;
    this.#recordCount++;
    const reader = this.#reader;
    reader.read(record.value);
    if (record.main <= this.#imageEnd && this.#isInImage(record)) return;
    if (record.tombstone) {
      this.#index.restoreTombstone(reader.key(), record.main, record.sub);
      if (this.#leases.size > 0) this.#leases.delete(this.#index.find(reader.key()));
    } else {
      // etcdutl snapshot restore --bump-revision leaves a record with no bytes at all. etcd holds it for a put of the
      // empty key, which no request can name, and keeps it in every digest; version 0 would say it was deleted.
      const version = Math.max(reader.version, 1);
      const row = this.#index.restorePut(
        reader.key(),
        record.main,
        record.sub,
        reader.create,
        version,
      );
      if (reader.hasLease) this.#leases.set(row, reader.lease());
      else if (this.#leases.size > 0) this.#leases.delete(row);
    }
  }

  /** The walk that made the image came by the key after the record was written. */
  #isInImage({ main, sub }: RevisionRecord): boolean {
    const row = this.#index.find(this.#reader.key());
    return row !== 0 && this.#index.isKnown(row, main, sub);
  }

  #attachBatch(walk: IterableIterator<[number, bigint]>): void {
    for (let i = 0; i < RESTORE_BATCH_RECORDS; i++) {
      const next = walk.next();
      if (next.done === true) {
        this.#finish();
        return;
      }
      const [row, lease] = next.value;
      assert(this.#index.isLive(row), 'a key with a lease is live');
      this.#onLease?.(this.#index.keyCopy(row), lease);
    }
  }

  /**
   * etcd: the revision is never below the compaction marks. All records of the newest revisions may have been
   * deleted by a compaction, even by one that did not get to write its end.
   */
  #finish(): void {
    this.#done = true;
    const { finished, scheduled } = readCompactMarks(this.#backend);
    this.#leases.clear();
    this.#onDone({
      revision: Math.max(this.#revision, finished, scheduled, 1),
      finishedCompact: finished,
      scheduledCompact: scheduled > finished ? scheduled : 0,
    });
  }
}
