// Owns the two long walks over all records: compaction and HashKV. Both advance in slices that the node schedules
// between other work; the store may be written to between two slices, because neither looks at anything newer than
// its own revision. A compaction waits while a hash is being computed, since it deletes what the hash reads.
// etcd: server/storage/mvcc/kvstore_compaction.go, hash.go.

import type { Backend, RevisionRecord } from '../base/backend.ts';
import type { KeyIndex } from './key-index.ts';
import { KeyValueReader, storedKey } from './key-value.ts';
import { type KeyValueHash, KeyValueHasher } from './kv-hasher.ts';

/** Index rows visited for each record a slice may handle: a thousand records' slice then stays below 10 ms. */
const ROWS_PER_RECORD = 4;

/** What the jobs need of their store. */
export interface JobHost {
  readonly backend: Backend;
  readonly index: KeyIndex;
  /** Changes when the store is replaced: jobs of the old one are void. */
  readonly epoch: number;
  /** True when this compaction is the oldest one unfinished and no hash is being computed. */
  mayCompact(job: CompactionJob): boolean;
  finishCompaction(job: CompactionJob, hash: KeyValueHash, deletedRecords: number): void;
  finishHash(job: HashKvJob): void;
}

/** Visits rows until one is found that keeps a record: etcd treats an empty keep set in its own way. */
class KeepProbe {
  readonly #index: KeyIndex;
  readonly #revision: number;
  readonly #tombstoneAt: boolean;
  #row = 1;
  isEmpty = true;

  constructor(index: KeyIndex, revision: number, tombstoneAt: boolean) {
    this.#index = index;
    this.#revision = revision;
    this.#tombstoneAt = tombstoneAt;
  }

  /** True when the answer is known. */
  step(rows: number): boolean {
    const end = Math.min(this.#index.endId, this.#row + rows);
    for (; this.#row < end; this.#row++) {
      if (!this.#index.isUsed(this.#row)) continue;
      if (this.#index.keepsAny(this.#row, this.#revision, this.#tombstoneAt)) {
        this.isEmpty = false;
        return true;
      }
    }
    return this.#row >= this.#index.endId;
  }
}

type CompactionPhase = 'probe' | 'records' | 'rows' | 'done';

/** One compaction. Void, and done, once the store was restored. */
export class CompactionJob {
  readonly revision: number;
  readonly previousRevision: number;
  /** False when a former life deleted some of what it covers: its hash can then not be compared. */
  readonly hashIsComplete: boolean;
  readonly #host: JobHost;
  readonly #epoch: number;
  readonly #probe: KeepProbe;
  readonly #reader: KeyValueReader = new KeyValueReader();
  #hasher: KeyValueHasher | undefined = undefined;
  #phase: CompactionPhase = 'probe';
  #main = 0;
  #sub = 0;
  #row = 1;
  #deletedRecords = 0;

  constructor(host: JobHost, revision: number, previousRevision: number, hashIsComplete: boolean) {
    this.revision = revision;
    this.previousRevision = previousRevision;
    this.hashIsComplete = hashIsComplete;
    this.#host = host;
    this.#epoch = host.epoch;
    this.#probe = new KeepProbe(host.index, revision, true);
  }

  get done(): boolean {
    return this.#phase === 'done' || this.#host.epoch !== this.#epoch;
  }

  /** Handles up to `records` records; `batch` after so many, `waiting` when another job must finish first. */
  step(records: number): 'working' | 'batch' | 'waiting' | 'done' {
    if (this.done) return 'done';
    if (!this.#host.mayCompact(this)) return 'waiting';
    if (this.#phase === 'probe') {
      if (this.#probe.step(records * ROWS_PER_RECORD)) this.#startRecords();
    } else if (this.#phase === 'records') {
      this.#stepRecords(records);
      if (this.#phase === 'records') return 'batch';
    } else {
      this.#stepRows(records * ROWS_PER_RECORD);
    }
    return this.done ? 'done' : 'working';
  }

  #startRecords(): void {
    this.#hasher = new KeyValueHasher(this.previousRevision, this.revision, this.#probe.isEmpty);
    this.#phase = 'records';
  }

  #stepRecords(limit: number): void {
    const { backend, index } = this.#host;
    const records = backend.scanRevisions(this.#main, this.#sub, this.revision, limit);
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as RevisionRecord;
      const row = index.find(storedKey(record.value, this.#reader));
      const kept = row !== 0 && index.isKept(row, record.main, record.sub, this.revision, true);
      this.#hasher?.add(record, kept);
      if (!kept) {
        backend.deleteRevision(record.main, record.sub, record.tombstone);
        this.#deletedRecords++;
      }
      this.#main = record.main;
      this.#sub = record.sub + 1;
    }
    if (records.length < limit) this.#phase = 'rows';
  }

  #stepRows(rows: number): void {
    const index = this.#host.index;
    const end = Math.min(index.endId, this.#row + rows);
    for (; this.#row < end; this.#row++) {
      if (index.isUsed(this.#row)) index.compactRow(this.#row, this.revision);
    }
    if (this.#row < index.endId || this.#hasher === undefined) return;
    this.#phase = 'done';
    this.#host.finishCompaction(this, this.#hasher.result(), this.#deletedRecords);
  }
}

/** One HashKV. Its owner steps it to the end or cancels it: until then no compaction advances. */
export class HashKvJob {
  readonly #host: JobHost;
  readonly #epoch: number;
  readonly #revision: number;
  readonly #compactRevision: number;
  readonly #probe: KeepProbe;
  readonly #reader: KeyValueReader = new KeyValueReader();
  #hasher: KeyValueHasher | undefined = undefined;
  #main = 0;
  #sub = 0;
  #result: KeyValueHash | undefined;
  #canceled = false;

  constructor(
    host: JobHost,
    revision: number,
    compactRevision: number,
    known: KeyValueHash | undefined,
  ) {
    this.#host = host;
    this.#epoch = host.epoch;
    this.#revision = revision;
    this.#compactRevision = compactRevision;
    this.#probe = new KeepProbe(host.index, revision, false);
    this.#result = known;
  }

  /** The digest; undefined while it is being computed, or when the job was canceled or the store replaced. */
  get result(): KeyValueHash | undefined {
    return this.#result;
  }

  /** True when stepping changes nothing any more. */
  get done(): boolean {
    return this.#result !== undefined || this.#canceled || this.#host.epoch !== this.#epoch;
  }

  /** Handles up to `records` records; true when done. */
  step(records: number): boolean {
    if (this.done) return true;
    if (this.#hasher === undefined) {
      if (this.#probe.step(records * ROWS_PER_RECORD)) {
        const { isEmpty } = this.#probe;
        this.#hasher = new KeyValueHasher(this.#compactRevision, this.#revision, isEmpty);
      }
      return false;
    }
    this.#stepRecords(this.#hasher, records);
    return this.done;
  }

  /** Gives up, so that compactions may go on. */
  cancel(): void {
    if (this.done) return;
    this.#canceled = true;
    this.#host.finishHash(this);
  }

  #stepRecords(hasher: KeyValueHasher, limit: number): void {
    const { backend, index } = this.#host;
    const records = backend.scanRevisions(this.#main, this.#sub, this.#revision, limit);
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as RevisionRecord;
      if (record.main > this.#compactRevision) hasher.add(record, true);
      else if (this.#outlivesCompaction(record, index))
        hasher.add(record, this.#isKept(record, index));
      this.#main = record.main;
      this.#sub = record.sub + 1;
    }
    if (records.length < limit) {
      this.#result = hasher.result();
      this.#host.finishHash(this);
    }
  }

  /**
   * False for a record that a scheduled compaction has yet to delete. It makes a difference when no record at all is in the
   * keep set. etcd: hashes it then, so that a digest depends on how far the member has come with deleting.
   */
  #outlivesCompaction({ main, sub, value }: RevisionRecord, index: KeyIndex): boolean {
    if (!this.#probe.isEmpty) return true;
    const row = index.find(storedKey(value, this.#reader));
    return row !== 0 && index.isKept(row, main, sub, this.#compactRevision, true);
  }

  #isKept({ main, sub, value }: RevisionRecord, index: KeyIndex): boolean {
    const row = index.find(storedKey(value, this.#reader));
    return row !== 0 && index.isKept(row, main, sub, this.#revision, false);
  }
}
