// Owns the numbers of the snapshot directory.

/** `.snap` files kept; etcd: --max-snapshots, DefaultMaxSnapshots. */
export const SNAP_FILE_COUNT_MAX: number = 5;

/** A `.snap` file larger than this is refused: it holds membership and voters, not data. */
export const SNAP_FILE_BYTES_MAX: number = 512 << 20;
