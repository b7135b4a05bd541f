// Owns the multi-version store: the revision, the index in memory and the KeyValues in the backend, kept in step.
// Synchronous and deterministic: the same commands give the same revisions and the same stored bytes on every member.
// Long work is handed out as jobs that advance in slices. etcd: server/storage/mvcc/kvstore.go.

import { assert } from '../base/assert.ts';
import type { Backend } from '../base/backend.ts';
import { EtcdError } from '../base/errors.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import { CompactionJob, HashKvJob, type JobHost } from './background-jobs.ts';
import type { WatchSource } from './event-batch.ts';
import { type ImageSource, loadImage } from './image-reader.ts';
import { type ImageHost, ImageJob, type LeaseOf } from './index-image.ts';
import { KeyIndex } from './key-index.ts';
import { CompactionHashes, type KeyValueHash } from './kv-hasher.ts';
import { COMPACTION_BATCH_LIMIT, IMAGE_SLICE_RECORDS, VALUE_CACHE_BYTES } from './limits.ts';
import { MvccStats } from './mvcc-stats.ts';
import {
  FINISHED_COMPACT_KEY,
  type LeaseFound,
  type Restored,
  RestoreJob,
  readCompactMark,
  readCompactMarks,
  SCHEDULED_COMPACT_KEY,
} from './restore-job.ts';
import { RevisionColumns } from './revision-columns.ts';
import { SelectCursor, type SelectOptions, type SelectSource } from './select-cursor.ts';
import { encodeMainRevision } from './stored-revision.ts';
import { ValueCache } from './value-cache.ts';
import { WatchHub } from './watch-hub.ts';
import { type TxnChanges, type WriteTarget, WriteTxn } from './write-txn.ts';

export interface MvccOptions {
  /** Bytes of KeyValues kept in memory for reads; 0 for none. */
  readonly valueCacheBytes?: number;
  /** Records a compaction slice handles. */
  readonly compactionBatchLimit?: number;
}

export class MvccStore implements SelectSource, WriteTarget, JobHost, WatchSource, ImageHost {
  readonly stats: MvccStats = new MvccStats();
  readonly cache: ValueCache;
  /** Records a compaction slice should be given. */
  readonly compactionBatchLimit: number;
  readonly watchHub: WatchHub;
  #backend: Backend;
  #index: KeyIndex = new KeyIndex();
  /** Meaning: an empty store is at revision 1, the first write gets 2. */
  #revision = 1;
  #compactRevision = -1;
  #epoch = 0;
  #ready = false;
  readonly #txn: WriteTxn;
  readonly #columns: RevisionColumns = new RevisionColumns();
  readonly #cursor: SelectCursor;
  readonly #hashes: CompactionHashes = new CompactionHashes();
  /** Compactions not finished, oldest first. */
  #compactions: CompactionJob[] = [];
  #hashJobs = 0;
  // Lists for one batched backend read, used again and again.
  readonly #missingMains: number[] = [];
  readonly #missingSubs: number[] = [];

  /** The store cannot be used before a restore has run. */
  constructor(backend: Backend, options: MvccOptions = {}) {
    this.cache = new ValueCache(options.valueCacheBytes ?? VALUE_CACHE_BYTES);
    this.compactionBatchLimit = options.compactionBatchLimit ?? COMPACTION_BATCH_LIMIT;
    this.#backend = backend;
    this.#txn = new WriteTxn(this);
    this.#cursor = new SelectCursor(this, this.#columns);
    this.watchHub = new WatchHub(this);
  }

  get backend(): Backend {
    return this.#backend;
  }

  get index(): KeyIndex {
    return this.#index;
  }

  /** The revision of the last transaction that changed something. */
  get revision(): number {
    return this.#revision;
  }

  /** Reads below this revision are refused; -1 when the store was never compacted. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  get visibleRevision(): number {
    return this.#txn.isOpen && this.#txn.count > 0 ? this.#revision + 1 : this.#revision;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** False from the start of a restore to its end. */
  get isReady(): boolean {
    return this.#ready;
  }

  /**
   * Starts rebuilding the store from its backend, or from the one of a received snapshot. `onLease` is told every live
   * key that has a lease. An image of the index, if it can be used, is read at once and replaces reading the records.
   * Watchers stay and are brought up to date afterwards.
   */
  restore(onLease?: LeaseFound, backend?: Backend, source?: ImageSource): RestoreJob {
    assert(!this.#txn.isOpen, 'no restore inside a transaction');
    this.#ready = false;
    this.#epoch++;
    this.#backend = backend ?? this.#backend;
    // The revisions stay until the new ones are known: a watcher created meanwhile begins after what was there.
    this.#compactions = [];
    this.#hashJobs = 0;
    this.#hashes.clear();
    this.cache.clear();
    const epoch = this.#epoch;
    const marks = readCompactMarks(this.#backend);
    const image = source && loadImage(source, this.#backend, marks);
    const job = new RestoreJob(
      this.#backend,
      image,
      (restored) => {
        assert(epoch === this.#epoch, 'one restore at a time');
        this.#finishRestore(restored);
      },
      onLease,
    );
    this.#index = job.index;
    return job;
  }

  /**
   * Starts an image of the index for a later restore of this store; undefined while it is being restored. Before the image
   * may be used, all that was written up to its end must be durable. `leaseOf` is asked between transactions only.
   */
  beginImage(leaseOf: LeaseOf, sliceRecords: number = IMAGE_SLICE_RECORDS): ImageJob | undefined {
    return this.#ready ? new ImageJob(this, leaseOf, sliceRecords) : undefined;
  }

  /** Opens the one write transaction. */
  beginWrite(): WriteTxn {
    assert(this.#ready, 'the store is restored before it is written');
    this.#txn.begin(this.#revision + 1);
    return this.#txn;
  }

  /**
   * Finds the rows of a range in one go; see SelectCursor.start for the arguments and errors. Inside an open
   * transaction it sees the transaction's own writes.
   */
  select(
    key: Uint8Array,
    rangeEnd: Uint8Array,
    options: SelectOptions,
    out: RevisionColumns,
  ): void {
    assert(this.#ready, 'the store is restored before it is read');
    this.stats.ranges++;
    this.#cursor.start(key, rangeEnd, options, out);
    this.#cursor.step(Number.POSITIVE_INFINITY);
  }

  /** The same for a range that may be big: step the cursor until it is done. */
  beginSelect(
    key: Uint8Array,
    rangeEnd: Uint8Array,
    options: SelectOptions,
    out: RevisionColumns,
  ): SelectCursor {
    assert(this.#ready, 'the store is restored before it is read');
    this.stats.ranges++;
    const cursor = new SelectCursor(this, out);
    cursor.start(key, rangeEnd, options, out);
    return cursor;
  }

  /**
   * Appends the encoded KeyValues of rows [from, to) of a select. Throws compacted when a row is gone because the
   * store was compacted since; otherwise a missing record is a broken store.
   */
  load(columns: RevisionColumns, from: number, to: number, into: Uint8Array[]): void {
    const first = into.length;
    const { main, sub } = columns;
    const mains = this.#missingMains;
    const subs = this.#missingSubs;
    for (let i = from; i < to; i++) {
      const cached = this.cache.get(main[i] as number, sub[i] as number);
      if (cached === undefined) {
        mains.push(main[i] as number);
        subs.push(sub[i] as number);
        into.push(NOT_LOADED);
      } else {
        into.push(cached);
      }
    }
    this.stats.cacheHits += to - from - mains.length;
    if (mains.length > 0) this.#loadMissing(columns.readRevision, into, first);
  }

  /** The KeyValue of a key as it is now, own writes of an open transaction included. */
  current(key: Uint8Array): Uint8Array | undefined {
    const row = this.#index.find(key);
    return row === 0 ? undefined : this.valueAt(row, this.visibleRevision);
  }

  /** The KeyValue an index row had at a revision, undefined when its key did not exist then. */
  valueAt(row: number, revision: number): Uint8Array | undefined {
    const index = this.#index;
    if (!index.at(row, revision)) return undefined;
    const { main, sub } = index;
    const cached = this.cache.get(main, sub);
    if (cached !== undefined) {
      this.stats.cacheHits++;
      return cached;
    }
    this.stats.cacheMisses++;
    const value = this.#backend.getRevision(main, sub);
    if (value === undefined) throw this.#missing(main, sub, revision);
    this.cache.addRead(main, sub, value);
    return value;
  }

  loadCurrent(key: Uint8Array, rangeEnd: Uint8Array, into: Uint8Array[]): void {
    this.#cursor.start(key, rangeEnd, ALL_ROWS, this.#columns);
    this.#cursor.step(Number.POSITIVE_INFINITY);
    this.load(this.#columns, 0, this.#columns.count, into);
  }

  /** The key of a selected row, valid until the store changes; not to be kept. */
  keyView(row: number): Uint8Array {
    return this.#index.keyView(row);
  }

  /**
   * Refuses reads below `revision` from now on and returns the job that deletes what is no longer needed. Throws
   * compacted when that was done before, futureRev when the store is not there yet.
   */
  scheduleCompaction(revision: number): CompactionJob {
    assert(this.#ready, 'the store is restored before it is compacted');
    if (revision <= this.#compactRevision) throw new EtcdError('compacted');
    if (revision > this.#revision) throw new EtcdError('futureRev');
    return this.#compactTo(revision);
  }

  /** The oldest compaction that is not finished: what the node steps, also after a restart. */
  get pendingCompaction(): CompactionJob | undefined {
    return this.#compactions[0];
  }

  /** Whether a compaction under way will leave the digest of `revision`. Computed meanwhile, it would be another one: only
   *  the compaction covers what it deletes. */
  isHashPending(revision: number): boolean {
    return this.#compactions.some((job) => job.revision === revision && job.hashIsComplete);
  }

  /**
   * Starts the digest of all records up to `revision`, 0 for the current one. A digest remembered from a compaction is
   * there at once. Throws compacted or futureRev.
   */
  hashKv(revision: number): HashKvJob {
    assert(this.#ready, 'the store is restored before it is hashed');
    const known = this.#hashes.find(revision);
    if (known !== undefined) return new HashKvJob(this, revision, known.compactRevision, known);
    if (revision > 0 && revision < this.#compactRevision) throw new EtcdError('compacted');
    if (revision > this.#revision) throw new EtcdError('futureRev');
    this.#hashJobs++;
    const upTo = revision > 0 ? revision : this.#revision;
    return new HashKvJob(this, upTo, this.#compactRevision, undefined);
  }

  /** The digests of the last compactions, ascending by revision. */
  compactionHashes(): readonly KeyValueHash[] {
    return this.#hashes.list();
  }

  endWrite(changes: TxnChanges): void {
    this.#revision = changes.main;
    this.watchHub.notify(changes);
  }

  mayCompact(job: CompactionJob): boolean {
    return this.#compactions[0] === job && this.#hashJobs === 0;
  }

  finishCompaction(job: CompactionJob, hash: KeyValueHash, deletedRecords: number): void {
    assert(this.#compactions[0] === job, 'compactions finish in order');
    this.#compactions.shift();
    FAILPOINTS.compactBeforeSetFinishedCompact.hit();
    this.#backend.put('meta', FINISHED_COMPACT_KEY, encodeMainRevision(job.revision));
    FAILPOINTS.compactAfterSetFinishedCompact.hit();
    this.stats.compactedRecords += deletedRecords;
    if (job.hashIsComplete) this.#hashes.add(hash);
  }

  finishHash(_job: HashKvJob): void {
    this.#hashJobs--;
  }

  #finishRestore(restored: Restored): void {
    const seenRevision = Math.min(this.#revision, restored.revision);
    this.#revision = restored.revision;
    this.#compactRevision = restored.finishedCompact;
    this.#ready = true;
    if (restored.scheduledCompact > 0) this.#compactTo(restored.scheduledCompact);
    this.watchHub.afterRestore(seenRevision);
  }

  #compactTo(revision: number): CompactionJob {
    // Only a compaction that a former life began finds records gone that it has to hash. etcd: also one that was asked for
    // before the last had ended; its digest is then another one than that of members who were quicker.
    const scheduled = readCompactMark(this.#backend, SCHEDULED_COMPACT_KEY);
    const finished = readCompactMark(this.#backend, FINISHED_COMPACT_KEY);
    const complete = this.#compactions.length > 0 || scheduled === finished;
    const job = new CompactionJob(this, revision, this.#compactRevision, complete);
    this.#compactions.push(job);
    this.#compactRevision = revision;
    this.#backend.put('meta', SCHEDULED_COMPACT_KEY, encodeMainRevision(revision));
    return job;
  }

  /** Reads what the lists of missing revisions name and puts it into the gaps of `into` from `first` on. */
  #loadMissing(readRevision: number, into: Uint8Array[], first: number): void {
    const mains = this.#missingMains;
    const subs = this.#missingSubs;
    this.stats.cacheMisses += mains.length;
    const values = this.#backend.getRevisions(mains, subs);
    let gap = first;
    for (let i = 0; i < mains.length; i++) {
      const main = mains[i] as number;
      const sub = subs[i] as number;
      const value = values[i];
      if (value === undefined) {
        mains.length = 0;
        subs.length = 0;
        throw this.#missing(main, sub, readRevision);
      }
      while (into[gap] !== NOT_LOADED) gap++;
      into[gap] = value;
      this.cache.addRead(main, sub, value);
    }
    mains.length = 0;
    subs.length = 0;
  }

  #missing(main: number, sub: number, readRevision: number): EtcdError {
    const compacted = readRevision < this.#compactRevision;
    assert(compacted, `record {${main}, ${sub}} is missing, compacted at ${this.#compactRevision}`);
    return new EtcdError('compacted');
  }
}

/** Marks a gap in a list of values; told apart by identity. */
const NOT_LOADED: Uint8Array = new Uint8Array(0);

const ALL_ROWS: SelectOptions = { revision: 0, limit: 0, countOnly: false, withTotal: false };
