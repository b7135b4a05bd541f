// Owns the numbers of this folder and the reason for each.

/** Memory of the meta column's memtables together. It is small on purpose: RocksDB keeps a log file until every
 *  column has flushed what the file holds, and the meta column gets few bytes per commit, so a large memtable
 *  there would keep gigabytes of logs alive. At 1 MiB it flushes about every 2900 commits. */
export const META_MEMTABLE_BYTES: number = 1024 * 1024;

/** Bytes of revisions after which the meta column is made to flush: about when RocksDB flushes the revisions. The
 *  logs then hold two times this at most, and a start has that much to replay. */
export const BALLAST_INTERVAL_BYTES: number = 64 * 1024 * 1024;

/** What makes the meta column flush: RocksDB gives a memtable a quarter of META_MEMTABLE_BYTES and flushes two. */
export const BALLAST_BYTES: number = META_MEMTABLE_BYTES / 4 + 4096;
export const BALLAST_COUNT = 2;

/** Block cache of the key column. mvcc caches hot values above us and the operating system caches the files, so
 *  this only has to hold the blocks of one large range request. */
export const KEY_CACHE_BYTES: number = 8 * 1024 * 1024;

/** Block cache of the meta column: it is read once, at open. */
export const META_CACHE_BYTES: number = 256 * 1024;

/** Bulk writers wait for a flush when the memtable being filled is past this: half of RocksDB's 64 MiB. */
export const BULK_MEMTABLE_BYTES: number = 32 * 1024 * 1024;

/** Background threads of RocksDB. Appending revisions needs one flush at a time and compactions are file moves. */
export const BACKGROUND_THREADS = 1;

/** Accounting: what a record costs beside key and value. bbolt: 16 bytes of leaf element, and pages filled to
 *  about 90 %, which for records of a few hundred bytes is another 16 or more. */
export const RECORD_OVERHEAD_BYTES = 32;

/** Accounting: bbolt sizes come in pages of this many bytes. */
export const PAGE_BYTES = 4096;

/** Accounting: the size etcd shows for an empty store (five pages). */
export const SIZE_BYTES_MIN: number = 5 * PAGE_BYTES;

/** Rows per step of a long job on the event loop. 256 rows of a typical size take well under 2 ms. */
export const SLICE_ROWS = 256;

/** Bytes per step of a long job, which bounds the step for large values (the request limit is 1.5 MiB). */
export const SLICE_BYTES: number = 256 * 1024;

/** A long job gives the event loop back after this much time of its own. */
export const SLICE_MS = 2;

/** Rows a view reads per step; the reading itself happens on another thread, the loop only takes the rows over. */
export const VIEW_ROWS = 512;

/** Rows a defragmentation reads per step: taking one over costs the loop 2 us. */
export const COPY_ROWS = 128;

/** Bytes after which a view's step ends early. */
export const VIEW_BYTES: number = 1024 * 1024;

/** Key buffers kept for reading many revisions at once; longer requests are split. */
export const GET_MANY_KEYS = 1024;

/** Longest key of a small bucket, bucket byte included. etcd's longest are user and role names, which requests
 *  limit to 1.5 MiB; longer keys take a buffer of their own, this is only the reused one. */
export const META_KEY_SCRATCH_BYTES = 512;

/** How often a bulk writer looks whether RocksDB has caught up. */
export const FLUSH_POLL_MS = 5;

/** A run of deleted revisions is worth a jump from this many on: a jump costs a new iterator, 17 us, stepping over
 *  a deleted record 0.35 us. */
export const DELETED_RUN_RECORDS_MIN = 64;

/** Runs of deleted revisions remembered, 50 bytes each. More would mean 4 million deleted records. */
export const DELETED_RUNS_MAX: number = 64 * 1024;

/** Pairs taken from a bbolt file at a time. With the largest values that is 100 MB of memory for a moment. */
export const IMPORT_ROWS = 64;

/** Longest the event loop waits for the snapshot thread to fix its view, 0.1 ms as a rule. Past it the snapshot is
 *  written on the event loop, in slices. */
export const VIEW_GATE_MS = 8;

/** The priority ("nice") of the thread that writes a snapshot: about a tenth of the event loop's share of a processor that
 *  both want. */
export const SNAPSHOT_THREAD_PRIORITY = 10;

/** Revisions from which on a start reads them in a thread: below it the thread's own start, 50 ms, is not worth it. */
export const PREFETCH_RECORDS_MIN = 100_000;

/** Rows per chunk of the prefetch, and chunks on their way from each thread: with small records some 10 MB. A chunk ends
 *  early past VIEW_BYTES, so large records make it 64 MB. */
export const PREFETCH_ROWS = 512;
export const PREFETCH_CHUNKS_MAX = 64;

/** Threads of a prefetch: they take a record out of the store in 2 us, the event loop's thread puts it into its index in 1. */
export const PREFETCH_LANES = 2;

/** Records that one thread reads in one go: what fits into its chunks while the other one's are taken. */
export const PREFETCH_SEGMENT_RECORDS: number = (PREFETCH_ROWS * PREFETCH_CHUNKS_MAX) / 2;

/** The file of a generation that holds what the next start need not compute; kept-image.ts. */
export const IMAGE_FILE = 'index.image';

/** No image is begun where less is free: one of ten million keys may take half of it, and a log without room is fatal. */
export const IMAGE_FREE_BYTES_MIN: number = 512 * 1024 * 1024;

/** Longest that an image waits for staged writes to be committed, and how often it looks: a member commits ten times a
 *  second, sooner when somebody waits for it. */
export const IMAGE_COMMIT_WAIT_MS = 1000;
export const COMMIT_POLL_MS = 1;

/** A prefetch that has nothing for this long is given up. It must have started its thread by then. */
export const PREFETCH_WAIT_MS = 3000;

/** A table being written is synced whenever this much was added: a log's sync on the same disk then waits for so much at
 *  most. 4 to 8 MiB gave the shortest waits; less makes more syncs than a disk likes. */
export const WRITEBACK_PIECE_BYTES: number = 4 * 1024 * 1024;

/** How often it is looked whether a table has grown. */
export const WRITEBACK_POLL_MS = 3;
