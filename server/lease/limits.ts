// Owns the numbers of leases, each with its reason.

/** Longest time to live in seconds. etcd: server/lease/lessor.go MaxLeaseTTL. */
export const LEASE_TTL_SECONDS_MAX = 9_000_000_000;

/** Leases that may expire per second before a new leader spreads them out; also twice what one expiry pass hands out.
 *  etcd: defaultLeaseRevokeRate. */
export const LEASES_REVOKED_PER_SECOND = 1000;

/** An expired lease that is still there after this long is handed out again: its revocation was lost.
 *  etcd: defaultExpiredleaseRetryInterval. */
export const EXPIRED_RETRY_MS = 3000;

/** Leases with more time than this left have it replicated, this often. etcd: defaultLeaseCheckpointInterval. */
export const CHECKPOINT_INTERVAL_MS: number = 5 * 60 * 1000;

/** Parts of the table of leases. A part of a million leases holds some 4000, and growing it takes less than a
 *  millisecond; one large Map would stop the program for 100 ms. A power of two. */
export const LEASE_SHARDS = 256;

/** Parts of the table of attached keys, for the same reason. A power of two. */
export const KEY_SHARDS = 256;

/** Keys of one part: an item's number has 22 bits for its place and 8 for its part. A billion keys in all. */
export const KEYS_PER_SHARD_MAX: number = 1 << 22;
