// Owns the limits of configuration. etcd: server/embed/config.go, where a limit is etcd's.

/** Longest election timeout; above it a cluster without a leader is down for too long. etcd: maxElectionMs. */
export const ELECTION_TIMEOUT_MS_MAX = 50_000;

/** Smallest ratio of election timeout to heartbeat interval: a follower must be able to miss some heartbeats. */
export const ELECTION_HEARTBEATS_MIN = 5;

/** Quota used for 0. etcd: server/storage/quota.go DefaultQuotaBytes. */
export const QUOTA_BYTES_DEFAULT: number = 2 * 1024 ** 3;

/** Requests above this are taken but warned about. etcd: recommendedMaxRequestBytes. */
export const REQUEST_BYTES_RECOMMENDED_MAX: number = 10 * 1024 ** 2;

/** bcrypt's own limits; a cost outside of them is replaced. */
export const BCRYPT_COST_MIN = 4;
export const BCRYPT_COST_MAX = 31;
export const BCRYPT_COST_DEFAULT = 10;

/** Smallest timeouts of connections between members. etcd: rafthttp.DefaultConnReadTimeout. */
export const RAFT_TIMEOUT_MS_MIN = 5000;

/** What 0 stands for in flags that leave the choice to the server. */
export const BACKEND_BATCH_INTERVAL_MS_DEFAULT = 100;
export const SNAPSHOT_COUNT_DEFAULT = 10_000;
export const SNAPSHOT_CATCHUP_ENTRIES_DEFAULT = 5000;
export const COMPACTION_BATCH_LIMIT_DEFAULT = 1000;
export const COMPACTION_SLEEP_INTERVAL_MS_DEFAULT = 10;
export const WATCH_PROGRESS_NOTIFY_INTERVAL_MS_DEFAULT = 600_000;
export const WARNING_UNARY_REQUEST_DURATION_MS_DEFAULT = 300;

/** A configuration file is a page or two; a larger one is the wrong file. */
export const CONFIG_FILE_BYTES_MAX: number = 1024 ** 2;

/** Equal log lines of one second: the first hundred are written, then each hundredth. etcd: zap's sampling. */
export const LOG_LINES_PER_SECOND = 100;

/** Different messages counted for that; above it, lines of a flood are not told apart. */
export const LOG_MESSAGES_COUNTED_MAX = 4096;

/** How long a stopping member waits for calls in flight. etcd waits the request timeout; its tests expect about a second. */
export const CALLS_GRACE_MS = 5000;

/** How long a removed member still answers before it stops. etcd: server.go, one second. */
export const REMOVED_GRACE_MS = 1000;

/** How long a removed leader waits, at that pace, until those who stay know that it is removed. A partition may last longer,
 *  but its operator wants the process to end. */
export const REMOVED_LEADER_MS_MAX = 30_000;

/** How long a stopping leader waits for another member to lead. etcd: TransferLeadership within the request timeout. */
export const HAND_OVER_MS = 3000;

/** One question to the leader about a lease or a learner; the caller repeats it within the request's own time. */
export const LEADER_QUESTION_MS = 2000;

/** Hashing a member's whole data takes seconds; etcd allows the request timeout. */
export const HASH_QUESTION_MS = 10_000;

/** Records from which on an image of the index is kept: below it a start reads them all in a third of a second. */
export const IMAGE_RECORDS_MIN = 100_000;

/** An image is made anew when what came after it is more than this part of all records. Reading a record at start takes
 *  about eight times as long as writing it into an image, so from there on the image costs less than it saves. */
export const IMAGE_TAIL_PARTS = 8;

/** How often it is looked whether an image is due. */
export const IMAGE_LOOK_MS = 1000;

/** Parts of the processor: an image takes one of so many while it is made, and one of so many over all time. Pauses follow
 *  each slice, and the next image is begun later. */
export const IMAGE_BUSY_PARTS = 25;
export const IMAGE_REST_PARTS = 50;

/** No image is made at the end of a stop that has taken so long: one of millions of keys takes seconds, and many who stop
 *  a member kill it after ten. Without it the next start reads more, that is all. */
export const IMAGE_AT_STOP_WITHIN_MS = 3000;

/** Two images are begun this far apart at least, however small they are: a sync of the store comes with each. */
export const IMAGE_REST_MS_MIN = 10_000;
