// Owns the numbers of the write-ahead log.

/** Size a segment is preallocated to and cut at; etcd: server/storage/wal/wal.go SegmentSizeBytes. 64 * 1000 *
 *  1000, not 64 MiB: tools and people compare directory listings. */
export const SEGMENT_SIZE_BYTES: number = 64_000_000;

/** Records are gathered up to this much before they are written: one write for any usual batch, bounded memory
 *  for a huge one. */
export const WRITE_BYTES_MAX: number = 1 << 20;

/** Size the encode buffer starts with: a batch of a few hundred entries of usual size. */
export const ENCODE_BUFFER_BYTES: number = 256 << 10;

/** The encode buffer returns to its first size after a record made it grow beyond this. */
export const ENCODE_BUFFER_KEEP_BYTES: number = 4 << 20;

/** Bytes read from a segment at a time at start: large enough that the system call does not count. */
export const READ_BLOCK_BYTES: number = 1 << 20;

/** One write of zeros ahead of the log: about 45 us on the main thread, well under one turn of a busy loop. */
export const FILL_SLICE_BYTES: number = 256 << 10;

/** Zeros are synced after this many bytes, so that an append's own sync never waits for more of them. */
export const FILL_ROUND_BYTES: number = 1 << 20;

/** Zeros ahead of the log at least; grows with what was appended, so that an idle member writes little. */
export const FILL_LEAD_BYTES_MIN: number = 4 << 20;

/** From this size on a write asks for no zeros: its sync takes milliseconds for its own bytes, beside which the 0.06 ms
 *  that zeros save are nothing, and they would double what goes to the disk. A member that catches up writes such. */
export const BULK_WRITE_BYTES: number = 256 << 10;

/** A longer record is damage, not a write torn by a crash: the 8 bytes of a length lie in one sector, which is on
 *  disk whole or not at all. */
export const RECORD_BYTES_MAX: number = 1 << 30;

/** Torn writes are recognised by whole sectors of zeros; etcd: server/storage/wal/decoder.go. */
export const SECTOR_BYTES: number = 512;

/** A sync slower than this is worth a log line; etcd: warnSyncDuration. */
export const SLOW_SYNC_MS: number = 1000;

/** A disk whose syncs typically take longer than this is waited for on the thread pool only: the loop stands still
 *  meanwhile, and a longer sync makes the two thread switches of the pool (0.05 ms on an idle machine) not worth avoiding.
 *  Three members that sync one disk of 0.13 ms at the same time take 0.3 to 0.5 ms each. */
export const LOOP_SYNC_MS_MAX: number = 0.6;

/** On a slower disk, one in so many lone syncs runs on the loop all the same, to see whether the disk still is slow. */
export const LOOP_SYNC_PROBE_EVERY: number = 256;
