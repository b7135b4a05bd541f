// Owns the numbers of bbolt files.

/** Page size of files we write: the one nearly every machine has, so that bbolt maps them the same way. */
export const PAGE_BYTES: number = 4096;

/** Page sizes a reader takes: powers of two; etcd: bbolt looks for the second meta at 1024 * 2^k, k = 0..15. */
export const PAGE_BYTES_MIN: number = 1024;
export const PAGE_BYTES_MAX: number = 1024 << 15;

/** A key beyond this is refused; bbolt: MaxKeySize. */
export const KEY_BYTES_MAX: number = 32768;

/** A value beyond this is refused; bbolt allows 2^31 - 2, no etcd request comes near this. */
export const VALUE_BYTES_MAX: number = 1 << 30;

/** Levels of a tree: 2^64 keys need fewer; deeper means pages that point in a circle. */
export const DEPTH_MAX: number = 32;

/** Bytes gathered before a write, and read ahead when pages follow each other. */
export const BLOCK_BYTES: number = 1 << 20;
export const READ_AHEAD_BYTES: number = 256 << 10;

/** Blob size of Maintenance.Snapshot; etcd: snapshotSendBufferSize. */
export const SNAPSHOT_CHUNK_BYTES: number = 32 << 10;
