// Owns the waits and bounds of the planner, each with its reason.

/** A change was made: look again as soon as its effect can be seen. */
export const REQUEUE_AFTER_ACT_MS = 1_000;
/** Waiting for a Pod, an election, a learner. */
export const REQUEUE_WAITING_MS = 3_000;
/** etcd's membership has no watch; the status must not be older than 30 s, and one missed look must not make it so. */
export const REQUEUE_STEADY_MS = 10_000;

/** From being recorded to the first answer: pulling an image and binding a volume take minutes, not more than ten. */
export const JOIN_DEADLINE_MS = 600_000;
/** From the first answer to the vote: 8 GiB over a slow network. */
export const SYNC_DEADLINE_MS = 3_600_000;
/** After learners that failed, the next waits 1, 2, 4 ... minutes, at most half an hour. */
export const JOIN_BACKOFF_MS_MIN = 60_000;
export const JOIN_BACKOFF_MS_MAX = 1_800_000;

/** Entries behind the leader with which a member still counts as caught up: etcd's own catch-up margin. */
export const CAUGHT_UP_ENTRIES = 5_000;

/** Between two tries to grow volumes: a storage class is seldom changed, and each try is a request that is refused. */
export const GROWTH_RETRY_MS = 300_000;

export const HOUR_MS = 3_600_000;
/** Times of replacements that are kept: more than maxPerHour can be. */
export const REPLACEMENTS_KEPT = 60;

/** Published sizes and lags follow the real ones in steps, so that a busy cluster does not make a busy API server. */
export const STEADY_RATIO = 0.25;
export const DB_SIZE_STEP_BYTES = 16_777_216;
export const LAG_STEP_ENTRIES = 1_000;

/** Attempts at a name that is not taken; a cluster has a dozen names of 14 million. */
export const NAME_ATTEMPTS = 32;
