// Owns the storage port that mvcc, lease, auth, alarm and cluster write their replicated state through.
// server/storage implements it over RocksDB, tests and the simulator over memory. Synchronous on purpose:
// apply must be one uninterrupted step. Bucket names and record layouts are etcd's (bbolt buckets), so that a
// snapshot is a plain copy.

/** The buckets beside "key"; etcd: server/storage/schema/bucket.go. */
export const META_BUCKETS = [
  'alarm',
  'auth',
  'authRoles',
  'authUsers',
  'cluster',
  'lease',
  'members',
  'members_removed',
  'meta',
] as const;

export type MetaBucket = (typeof META_BUCKETS)[number];

/** One record of the "key" bucket: what happened to one key in one revision. */
export interface RevisionRecord {
  readonly main: number;
  readonly sub: number;
  /** True for a deletion; its value is then a KeyValue holding only the key. */
  readonly tombstone: boolean;
  /** The stored mvccpb.KeyValue, encoded. */
  readonly value: Uint8Array;
}

/**
 * Staged writes are visible to every read at once and become durable together at `commit`: after a crash the
 * store holds exactly the batches committed before some point, never a part of one. All byte strings handed in
 * must stay unchanged until commit; the ones handed out must not be changed by the caller.
 */
export interface Backend {
  /** Adds a record of the "key" bucket. Revisions arrive in ascending order. */
  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void;
  /** Removes a record of the "key" bucket (compaction). */
  deleteRevision(main: number, sub: number, tombstone: boolean): void;
  /** The value of a record that is not a tombstone. */
  getRevision(main: number, sub: number): Uint8Array | undefined;
  /** The values of several records, in the order asked; all lists have one length. */
  getRevisions(mains: ArrayLike<number>, subs: ArrayLike<number>): (Uint8Array | undefined)[];
  /** At most `limit` records with {fromMain, fromSub} <= revision and main <= toMain, ascending. */
  scanRevisions(fromMain: number, fromSub: number, toMain: number, limit: number): RevisionRecord[];

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void;
  delete(bucket: MetaBucket, key: Uint8Array): void;
  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined;
  /** Every pair of a small bucket, ascending by key. */
  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][];

  /** Somebody waits for a moment without staged writes: the next turn should commit, whatever there is. */
  readonly isCommitAwaited: boolean;

  /** Makes all staged writes one atomic batch. Not synced to disk: the WAL is (ARCHITECTURE section 4). */
  commit(): void;

  /** Bytes the store takes, garbage not yet reclaimed by defragmentation included (etcd's dbSize). */
  sizeBytes(): number;
  /** Bytes of live records (etcd's dbSizeInUse). */
  sizeInUseBytes(): number;
}
