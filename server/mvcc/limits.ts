// Owns the numbers of mvcc, each with its reason.

/** Bytes of one chunk of the key arena: big enough that chunks are few, small enough to allocate in no time. */
export const ARENA_CHUNK_BYTES: number = 1 << 20;

/** Keys above this many bytes get a chunk of their own, so that the waste at a chunk's end stays small. */
export const ARENA_OWN_CHUNK_BYTES: number = ARENA_CHUNK_BYTES >>> 3;

/** Chunks an arena may have; a key reference keeps 14 bits for the chunk. 16 GiB of key bytes. */
export const ARENA_CHUNKS_MAX: number = 1 << 14;

/** Entries of the index at most: a leaf slot keeps one of its 32 bits for "deleted". */
export const INDEX_ENTRIES_MAX = 0x7fff_ffff;

/** Version of the form of an index image. To be raised whenever that form changes: a test holds the digest of an image, and
 *  fails when that was forgotten. */
export const INDEX_IMAGE_VERSION = 3;

/** Records of the index that a slice of an image handles: 0.3 ms, 0.9 ms when the keys are scattered over memory, 4 ms when
 *  leases are asked for each. */
export const IMAGE_SLICE_RECORDS = 1500;

/** Bytes after which a piece of an image ends: a slice of short keys makes a third of it. */
export const IMAGE_PIECE_BYTES: number = 128 << 10;

/** Records read from the backend at once while the index is rebuilt; about 5 ms of work. */
export const RESTORE_BATCH_RECORDS = 2000;

/** Default of --compaction-batch-limit. etcd: server/storage/mvcc/kvstore.go. */
export const COMPACTION_BATCH_LIMIT = 1000;

/** Compaction hashes remembered. etcd: server/storage/mvcc/hash.go hashStorageMaxSize. */
export const COMPACTION_HASHES_MAX = 10;

/** Default budget of the value cache, half for what was written and half for what was read: each is enough for the values of
 *  fifty thousand small keys. */
export const VALUE_CACHE_BYTES: number = 32 << 20;

/** Slots of the value cache, a power of two; a slot costs 24 bytes. */
export const VALUE_CACHE_SLOTS: number = 1 << 16;

/** Values above this many bytes are not cached: RocksDB's own cost no longer dominates for them. */
export const VALUE_CACHE_ITEM_BYTES_MAX: number = 64 << 10;

/** Bytes of the shared buffers that small encoded KeyValues are cut from. */
export const VALUE_SLAB_BYTES: number = 64 << 10;

/** KeyValues above this many bytes get a buffer of their own, so that slabs waste little. */
export const VALUE_SLAB_ITEM_BYTES_MAX: number = VALUE_SLAB_BYTES >>> 3;

/** Changes of one transaction whose bookkeeping arrays are kept for the next; larger ones are given back. */
export const TXN_CHANGES_KEPT = 4096;

/** Records a catch-up slice of the watch hub reads at most. etcd: watchBatchMaxRevs, distinct revisions. */
export const WATCH_SLICE_RECORDS = 1000;

/** Bytes of values a catch-up slice aims to read: bounds memory when values are big. */
export const WATCH_SLICE_BYTES: number = 4 << 20;

/** Watchers that one catch-up slice serves at most. etcd: maxWatchersPerSync, 512, for all records at once. */
export const WATCH_SLICE_WATCHERS = 1024;

/** Responses a stream's sink may hold before its watchers are set aside. etcd: chanBufLen. */
export const WATCH_PENDING_RESPONSES_MAX = 128;

/** Fewest records a catch-up slice reads, however big the values were. */
export const WATCH_SLICE_RECORDS_MIN = 16;

/** Events times watchers that one catch-up slice aims at: about 5 ms of handing out responses. */
export const WATCH_SLICE_DELIVERIES = 20_000;

/** Waiting watchers a catch-up slice looks at to find companions for its leader. */
export const WATCH_SLICE_CANDIDATES = 8192;

/** Watchers of one stream at most; etcd has no limit, the memory of a server has. */
export const WATCHERS_PER_STREAM_MAX: number = 1 << 20;
