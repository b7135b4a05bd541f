// Owns the bounds of the node: how much may wait and for how long. Each number says why.

/** etcd: server.go maxGapBetweenApplyAndCommitIndex. More than this and new requests are refused. */
export const APPLY_LAG_MAX = 5000;

/** etcd: maxPriorityGap. What frees resources may wait behind more, where feature gate PriorityRequest is on. */
export const PRIORITY_APPLY_LAG_MAX = 10_000;

/** Entries in one batch of the store: a commit of so many small ones holds the event loop for 0.1 to 0.2 ms, and costs each
 *  of them next to nothing. */
export const COMMIT_ENTRIES_MAX = 64;

/** Bytes of entries in one batch: their values stay in memory until they are committed. */
export const COMMIT_BYTES_MAX: number = 256 * 1024;

/** Proposals waiting for their apply. A stalled disk must not let memory grow without end; 100,000 small requests are
 *  about 100 MB, and no client count we know needs more in flight. */
export const PENDING_PROPOSALS_MAX = 100_000;

/** The news of a commit waits so long for entries to travel with: longer than a client takes from one write to the next,
 *  shorter than what a watcher on another member would notice beside the network. */
export const COMMIT_NOTICE_HOLD_MS = 1;

/** Reads waiting for a read index or for the apply; a read holds a few hundred bytes. */
export const PENDING_READS_MAX = 200_000;

/** Added to twice the election timeout to give the time a request may take. etcd: config.go ReqTimeout. */
export const REQUEST_TIMEOUT_BASE_MS = 5000;

/** etcd: v3_server.go readIndexRetryTime. A waiting read asks again after this long. */
export const READ_INDEX_RETRY_MS = 500;

/** etcd: lessor.go defaultLeaseRevokeRate: at most 1000 revokes per second, looked at twice a second. */
export const LEASE_EXPIRY_INTERVAL_MS = 500;
export const LEASES_REVOKED_PER_PASS = 500;

/** etcd: server.go monitorVersionInterval, rounded: how often the leader looks whether the cluster version may rise. */
export const VERSION_MONITOR_INTERVAL_MS = 4000;

/** etcd: how often old WAL and snapshot files are looked at. */
export const PURGE_INTERVAL_MS = 30_000;

/** Raft log entries kept in memory beyond the catch-up window before they are dropped together: what stays is copied, so
 *  dropping 100 of them, as etcd does, would cost as much memory per put as the put itself. */
export const LOG_COMPACT_STEP = 1000;

/** How much more log a leader keeps in memory, beyond the catch-up window, while a member takes it over entry by entry: cut
 *  off in the middle, that one would start over with a snapshot of all data. */
export const STREAMED_LOG_BYTES_MAX: number = 256 * 1024 * 1024;

/** Log entries kept in memory by a member without others, however many --snapshot-catchup-entries allows: nobody can ask
 *  for them, and entries kept for longer than a young generation lives make work and garbage in the old one. One that
 *  joins a longer log gets a snapshot. */
export const LONE_CATCHUP_ENTRIES = 500;

/** Share of one slice of what somebody waits for (a big range, catch-up of watchers): milliseconds of the event loop. */
export const BACKGROUND_SLICE_MS = 4;

/** The same for what nobody waits for, compaction and hashing. Half of it, because on a machine with more to do than it has
 *  processors a slice takes twice as long as it works: the loop is made to wait for a processor in the middle of it. */
export const HOUSEWORK_SLICE_MS = 2;

/** etcd: watchable_store.go syncWatchersInterval and moveVictims' retry. */
export const WATCH_SYNC_INTERVAL_MS = 100;
export const WATCH_RETRY_INTERVAL_MS = 10;

/** Bytes handed to raft in one step, so that one WAL write and one Ready stay in the range of megabytes. */
export const PROPOSAL_BATCH_BYTES_MAX: number = 4 * 1024 * 1024;

/** Records compacted between two looks at the clock, at about 5 us each. */
export const COMPACTION_STEP_RECORDS = 100;

/** So many turns with a single entry make a lone client, whose syncs may hold up the loop. With two thousand requests per
 *  second there are never so many in a row: some turn in between has two. */
export const LONE_TURNS_MIN = 16;

/** Records hashed between two looks at the clock; about half a millisecond. */
export const HASH_STEP_RECORDS = 200;

/** How often a keep-alive of an expired lease looks whether the revocation is applied. */
export const LEASE_EXPIRED_RETRY_MS = 50;

/** etcd: publish waits the request timeout for an answer; a failed try is repeated after this. */
export const PUBLISH_RETRY_MS = 500;

/** Membership changes that wait. Raft takes one at a time, and a person or an operator makes them. */
export const PENDING_CONF_CHANGES_MAX = 64;

/** etcd: v3_server.go LeaseRenew. Between two questions to a leader that did not answer. */
export const LEADER_RETRY_MS = 50;
